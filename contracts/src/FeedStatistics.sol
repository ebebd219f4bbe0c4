// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {OptionMath} from "./derivatives/OptionMath.sol";
import {IFeedStatistics} from "./interfaces/IFeedStatistics.sol";
import {IPriceFeeds} from "./interfaces/IPriceFeeds.sol";
import {FeedWalk} from "./libraries/FeedWalk.sol";

/// @title Moving average and realized volatility from the hub's history
/// @notice Nothing is stored and nobody has to keep it: every answer is computed from the ring.
contract FeedStatistics is IFeedStatistics {
    using FeedWalk for FeedWalk.Walk;

    uint256 private constant ONE = 1 << 96;
    uint256 private constant YEAR = 365 days;
    uint256 private constant DECAY_SECONDS_MAX = 30 days;
    uint256 private constant STEPS_MAX = 4096;
    /// @dev Below this weight, 2^-20, the values that are left count as one.
    uint256 private constant WEIGHT_MIN = 1 << 76;

    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;

    /// @param hub The hub whose history is read
    constructor(IPriceFeeds hub) {
        HUB = hub;
    }

    /// @inheritdoc IFeedStatistics
    function movingAverage(uint256 feed, uint256 decaySeconds) external view returns (int256) {
        if (decaySeconds == 0 || decaySeconds > DECAY_SECONDS_MAX) {
            revert DecayOutOfRange(decaySeconds, DECAY_SECONDS_MAX);
        }
        uint256 step = OptionMath.expSmall(-int256(ONE / decaySeconds));
        FeedWalk.Walk memory walk = FeedWalk.begin(HUB, feed);
        uint256 weight = ONE;
        int256 sum;
        uint256 until = block.timestamp;
        // |value| < 2^63 and the weights add up to 2^96: the sum stays below 2^159.
        unchecked {
            while (weight > WEIGHT_MIN) {
                // Observation times may lie a little ahead of the block's.
                uint256 held = until > walk.time ? until - walk.time : 0;
                uint256 left = weight * _power(step, held) >> 96;
                sum += walk.value * int256(weight - left);
                weight = left;
                until -= held;
                if (!walk.back()) break;
            }
            sum += walk.value * int256(weight);
        }
        // An arithmetic shift rounds down, for negative values too.
        return sum >> 96;
    }

    /// @inheritdoc IFeedStatistics
    function realizedVolatility(uint256 feed, uint256 end, uint256 steps, uint256 stepSeconds)
        external
        view
        returns (uint256)
    {
        if (steps == 0 || steps > STEPS_MAX) revert StepsOutOfRange(steps, STEPS_MAX);
        if (stepSeconds == 0 || stepSeconds > end / steps) {
            revert StepsOutOfRange(stepSeconds, end / steps);
        }
        if (end > block.timestamp) revert IPriceFeeds.WindowInFuture(end, block.timestamp);
        FeedWalk.Walk memory walk = FeedWalk.begin(HUB, feed);
        uint256 later = _valueAt(walk, end);
        uint256 variance;
        for (uint256 step = 1; step <= steps; step++) {
            uint256 earlier = _valueAt(walk, end - step * stepSeconds);
            int256 change = OptionMath.lnRatio(later, earlier);
            // |change| < 2^102, so that a square in Q96 is below 2^108.
            variance += uint256(change * change) >> 96;
            later = earlier;
        }
        // At most 2^108 × 2^25 × 2^12; the root of a number in Q192 has 96 bits behind the point.
        uint256 yearly = variance * YEAR / (steps * stepSeconds);
        return OptionMath.squareRoot(yearly << 96) * 1e18 >> 96;
    }

    /// @dev The value that held at a time, for times that go back.
    function _valueAt(FeedWalk.Walk memory walk, uint256 time) private view returns (uint256) {
        while (walk.time > time) {
            if (!walk.back()) revert IPriceFeeds.WindowBeforeHistory(time, walk.time);
        }
        if (walk.value <= 0) revert ValueNotPositive(walk.value);
        return uint256(walk.value);
    }

    /// @dev x^n in Q96 for x up to one, rounded down.
    function _power(uint256 x, uint256 n) private pure returns (uint256 result) {
        result = ONE;
        unchecked {
            for (; n != 0 && result != 0; n >>= 1) {
                if (n & 1 == 1) result = result * x >> 96;
                x = x * x >> 96;
            }
        }
    }
}

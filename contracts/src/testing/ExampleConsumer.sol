// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "../interfaces/AggregatorV3Interface.sol";

/// @title A protocol that needs a price
/// @notice What a careful reader of a Chainlink feed does, here on a Parallax feed: it takes the
/// answer only while it is fresh and positive. The local network reads its prices through this
/// contract.
contract ExampleConsumer {
    /// @notice The answer is older than this contract accepts.
    error AnswerStale(uint256 ageSeconds, uint256 limitSeconds);
    /// @notice A price must be positive.
    error AnswerNotPositive(int256 given);

    AggregatorV3Interface public immutable FEED;
    uint256 public immutable AGE_SECONDS_MAX;

    /// @param feed The facade of one feed
    /// @param ageSecondsMax Oldest answer that is used
    constructor(AggregatorV3Interface feed, uint256 ageSecondsMax) {
        FEED = feed;
        AGE_SECONDS_MAX = ageSecondsMax;
    }

    /// @notice The price in the feed's decimals, and when it was observed.
    function price() external view returns (uint256 value, uint256 updatedAt) {
        int256 answer;
        (, answer,, updatedAt,) = FEED.latestRoundData();
        // Observation times may lie a little ahead of the block's.
        uint256 ageSeconds = updatedAt < block.timestamp ? block.timestamp - updatedAt : 0;
        if (ageSeconds > AGE_SECONDS_MAX) revert AnswerStale(ageSeconds, AGE_SECONDS_MAX);
        if (answer <= 0) revert AnswerNotPositive(answer);
        return (uint256(answer), updatedAt);
    }
}

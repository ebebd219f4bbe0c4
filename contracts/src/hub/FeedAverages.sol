// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {FeedStore} from "./FeedStore.sol";

/// @title Exact averages over time from the cumulative sums of the history
/// @notice A value holds from its observation until the next one. The sums are kept modulo 2^64;
/// their difference is exact while |average| × window stays below 2^63.
abstract contract FeedAverages is FeedStore {
    using FeedWord for uint256;

    uint256 private constant EXACT = 1 << 63;

    /// @inheritdoc IPriceFeeds
    function average(uint256 feed, uint256 from, uint256 to) external view returns (int256) {
        if (from >= to) revert WindowEmpty(from, to);
        if (to > block.timestamp) revert WindowInFuture(to, block.timestamp);
        if (feed >= _FLAGSHIP_FEEDS) revert HistoryNotKept(feed);
        uint256 word = _filled(feed);
        (uint256 sumFrom, uint256 first) = _sumAt(feed, word, from);
        (uint256 sumTo, uint256 last) = _sumAt(feed, word, to);
        uint256 largest = first > last ? first : last;
        // No average over the window may reach 2^63: twice the larger of its ends is allowed for.
        uint256 limit = largest == 0 ? type(uint32).max : (EXACT - 1) / (2 * largest);
        if (to - from > limit) revert WindowTooLong(to - from, limit);
        int256 window = int256(to - from);
        int256 difference;
        unchecked {
            difference = int64(uint64(sumTo - sumFrom));
        }
        int256 quotient = difference / window;
        // Floor, like every median of the protocol: negative values exist.
        return difference % window < 0 ? quotient - 1 : quotient;
    }

    /// @dev The sum at a time, modulo 2^64, and the magnitude of the value that held then.
    function _sumAt(uint256 feed, uint256 word, uint256 time)
        private
        view
        returns (uint256 sum, uint256 magnitude)
    {
        if (time >= word.time()) return (word.sumAfter(time), _magnitude(word.value()));
        uint256 high = word.sequence();
        uint256 low = _oldest(feed, high);
        (int256 value, uint256 since, uint256 sumSince) = _observed(feed, low, word);
        if (time < since) revert WindowBeforeHistory(time, since);
        // The value with the number `low` was observed by then, that with `high` later.
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            (int256 value_, uint256 since_, uint256 sum_) = _observed(feed, middle, word);
            if (since_ > time) high = middle;
            else (low, value, since, sumSince) = (middle, value_, since_, sum_);
        }
        unchecked {
            // Wraps around by design.
            return (sumSince + uint256(value) * (time - since), _magnitude(value));
        }
    }

    function _oldest(uint256 feed, uint256 newest) private view returns (uint256) {
        uint256 kept = feed < _HISTORY_FEEDS ? HISTORY : 1;
        return newest > kept ? newest - kept + 1 : 1;
    }

    /// @dev A value by its number, when it was observed, and the sum then; of the newest, the word.
    function _observed(uint256 feed, uint256 sequence, uint256 word)
        private
        view
        returns (int256 value, uint256 time, uint256 sum)
    {
        if (sequence == word.sequence()) return (word.value(), word.time(), word.sum());
        uint256 pair;
        assembly {
            pair := sload(add(_history.slot, or(shl(12, feed), and(shr(1, sequence), 0xfff))))
        }
        value = int256(pair) >> 192;
        time = (pair >> 96) & 0xffffffff;
        sum = pair & 0xffffffffffffffff;
        if (sequence & 1 == 0) return (value, time, sum);
        uint256 timeOdd = (pair >> 64) & 0xffffffff;
        unchecked {
            // Wraps around by design.
            sum += uint256(value) * (timeOdd - time);
        }
        return (int64(uint64(pair >> 128)), timeOdd, sum);
    }

    function _magnitude(int256 value) private pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";

/// @title Walking back through the history of a feed
/// @notice From the newest value to the oldest that is kept; pairs are fetched by the dozen.
library FeedWalk {
    /// @dev Values kept, as the hub says it (8,192), and pairs of one call.
    uint256 private constant HISTORY = 8192;
    uint256 private constant CHUNK = 12;

    /// @param value In the feed's decimals, and when it was observed
    /// @param sequence Its number
    struct Walk {
        IPriceFeeds hub;
        uint256 feed;
        int256 value;
        uint256 time;
        uint256 sequence;
        uint256 oldest;
        uint256 chunkFirst;
        uint256[] chunk;
    }

    /// @notice Begins at the newest value; reverts with FeedEmpty before the first.
    function begin(IPriceFeeds hub, uint256 feed) internal view returns (Walk memory walk) {
        if (feed >= hub.historyFeeds()) revert IPriceFeeds.HistoryNotKept(feed);
        IPriceFeeds.Feed memory newest = hub.latest(feed);
        uint256 sequence = newest.sequence;
        if (sequence == 0) revert IPriceFeeds.FeedEmpty(feed);
        walk.hub = hub;
        walk.feed = feed;
        walk.value = newest.value;
        walk.time = newest.time;
        walk.sequence = sequence;
        walk.oldest = sequence > HISTORY ? sequence - HISTORY + 1 : 1;
        walk.chunkFirst = type(uint256).max;
    }

    /// @notice Steps to the value before; false at the oldest.
    function back(Walk memory walk) internal view returns (bool) {
        if (walk.sequence == walk.oldest) return false;
        uint256 sequence = --walk.sequence;
        uint256 place = sequence >> 1;
        if (place < walk.chunkFirst) {
            uint256 first = place < CHUNK ? 0 : place - CHUNK + 1;
            walk.chunk = walk.hub.history(walk.feed, first, place - first + 1);
            walk.chunkFirst = first;
        }
        uint256 pair = walk.chunk[place - walk.chunkFirst];
        // The odd value and its time stand 64 and 32 bits below those of the even one.
        uint256 isOdd = sequence & 1;
        walk.value = int256(pair << 64 * isOdd) >> 192;
        walk.time = (pair >> (96 - 32 * isOdd)) & 0xffffffff;
        return true;
    }
}

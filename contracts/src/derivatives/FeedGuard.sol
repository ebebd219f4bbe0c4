// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {SequencerUptime} from "../libraries/SequencerUptime.sol";

/// @title Reads a feed of the hub and refuses what must not be traded on
/// @notice The guard's limits are the consumer's; each has its own error. On a layer-2 chain the
/// hub's sequencer must be up for the hub's grace.
library FeedGuard {
    /// @notice What a consumer accepts.
    /// @param ageSecondsMax longest time since the observation; 0 is a value of this second, and
    ///     not the feed's heartbeat as in guards of the hub
    /// @param spreadBpsMax largest spread relative to the value, 1/10,000; ignored where a value
    ///     may be zero (`readSigned`)
    /// @param observersMin fewest members whose observation held a value
    struct Guard {
        uint32 ageSecondsMax;
        uint16 spreadBpsMax;
        uint8 observersMin;
    }

    /// @notice The committee could not form a value, or never did.
    error FeedHalted(uint256 feed, uint256 status);
    /// @notice The value is older than the consumer accepts.
    error FeedStale(uint256 feed, uint256 age, uint256 limit);
    /// @notice The observations lie too far apart.
    error FeedWide(uint256 feed, uint256 spread, uint256 limit);
    /// @notice Too few members observed a value.
    error FeedThin(uint256 feed, uint256 observers, uint256 limit);
    /// @notice The value must be positive.
    error FeedNotPositive(uint256 feed, int256 value);

    /// Status of a feed whose latest report held a value (protocol §6.3).
    uint256 internal constant STATUS_OK = 1;
    uint256 internal constant BPS = 10_000;

    /// @notice Reads a feed that must be positive.
    /// @return value in the feed's decimals, from 1
    /// @return spread in the feed's decimals
    function read(IPriceFeeds hub, uint256 feed, Guard memory guard)
        internal
        view
        returns (uint256 value, uint256 spread)
    {
        IPriceFeeds.Feed memory latest = _fresh(hub, feed, guard);
        if (latest.value <= 0) revert FeedNotPositive(feed, latest.value);
        value = uint256(int256(latest.value));
        spread = latest.spread;
        uint256 limit = value * guard.spreadBpsMax / BPS;
        if (spread > limit) revert FeedWide(feed, spread, limit);
    }

    /// @notice Reads a feed that may be zero or negative, such as a rate.
    /// @return value in the feed's decimals
    function readSigned(IPriceFeeds hub, uint256 feed, Guard memory guard)
        internal
        view
        returns (int256 value)
    {
        return _fresh(hub, feed, guard).value;
    }

    function _fresh(IPriceFeeds hub, uint256 feed, Guard memory guard)
        private
        view
        returns (IPriceFeeds.Feed memory latest)
    {
        (address uptimeFeed, uint256 graceSeconds) = hub.sequencer();
        SequencerUptime.check(uptimeFeed, graceSeconds);
        latest = hub.latest(feed);
        if (latest.status != STATUS_OK) revert FeedHalted(feed, latest.status);
        // A report may be some seconds ahead of the block's time; its age is then zero.
        uint256 age = block.timestamp > latest.time ? block.timestamp - latest.time : 0;
        if (age > guard.ageSecondsMax) revert FeedStale(feed, age, guard.ageSecondsMax);
        if (latest.observers < guard.observersMin) {
            revert FeedThin(feed, latest.observers, guard.observersMin);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {SequencerUptime} from "../libraries/SequencerUptime.sol";
import {FeedStore} from "./FeedStore.sol";

/// @title Reading a value only when it may be used
abstract contract FeedGuards is FeedStore {
    using FeedWord for uint256;

    uint256 private constant BPS = 10_000;
    /// @dev A value is due at its heartbeat and may then take this long to be delivered.
    uint256 private constant DELIVERY_SECONDS = 60;

    address private immutable _SEQUENCER;
    uint256 private immutable _SEQUENCER_GRACE;

    constructor(address sequencer_, uint256 sequencerGraceSeconds) {
        if (sequencerGraceSeconds > 1 days) {
            revert ParameterOutOfRange(sequencerGraceSeconds, 1 days);
        }
        _SEQUENCER = sequencer_;
        _SEQUENCER_GRACE = sequencerGraceSeconds;
    }

    /// @inheritdoc IPriceFeeds
    function price_CQcm(uint256 feed, Guard calldata guard)
        external
        view
        returns (int256, uint256)
    {
        return _guarded(feed, guard, _word(feed));
    }

    /// @inheritdoc IPriceFeeds
    function priceOnce(uint256 feed, Guard calldata guard) external returns (int256, uint256) {
        uint256 word = _word(feed);
        uint256 first;
        assembly {
            first := tload(feed)
            if iszero(first) { tstore(feed, word) }
        }
        if (first != 0 && first != word) revert PriceChangedInTransaction(feed);
        return _guarded(feed, guard, word);
    }

    /// @inheritdoc IPriceFeeds
    function sequencer() external view returns (address uptimeFeed, uint256 graceSeconds) {
        return (_SEQUENCER, _SEQUENCER_GRACE);
    }

    /// @dev Ends the call with the value and its time if they pass. The limits are read as they
    /// stand in calldata: one beyond its type is a wider limit than the type can say, which harms
    /// nobody else.
    function _guarded(uint256 feed, Guard calldata guard, uint256 word)
        private
        view
        returns (int256 value, uint256 time)
    {
        uint256 ageMax;
        uint256 spreadMax;
        uint256 observersMin;
        assembly {
            ageMax := calldataload(guard)
            spreadMax := calldataload(add(guard, 0x20))
            observersMin := calldataload(add(guard, 0x40))
            value := sar(192, word)
            time := and(shr(128, word), 0xffffffff)
        }
        uint256 status = word.status();
        if (status != FeedWord.STATUS_OK) revert FeedHalted(feed, status);
        unchecked {
            if (ageMax == 0) ageMax = word.heartbeatSeconds() + DELIVERY_SECONDS;
            // Observation times may lie a little ahead of the block's.
            if (block.timestamp > time && block.timestamp - time > ageMax) {
                revert FeedStale(feed, block.timestamp - time, ageMax);
            }
            if (spreadMax != 0) {
                // A spread has 81 bits, a value 64, a limit 256 or wraps around, which only a limit
                // beyond its type can do.
                uint256 limit = uint256(value < 0 ? -value : value) * spreadMax / BPS;
                if (word.spread() > limit) revert FeedWide(feed, word.spread(), limit);
            }
        }
        if (word.observers() < observersMin) {
            revert FeedThin(feed, word.observers(), observersMin);
        }
        SequencerUptime.check(_SEQUENCER, _SEQUENCER_GRACE);
        assembly {
            mstore(0x00, value)
            mstore(0x20, time)
            return(0x00, 0x40)
        }
    }
}

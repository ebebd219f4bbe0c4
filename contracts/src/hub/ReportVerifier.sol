// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {Frost} from "../libraries/Frost.sol";
import {Report} from "../libraries/Report.sol";
import {CommitteeKeys} from "./CommitteeKeys.sol";

/// @title Verification of a certified report
abstract contract ReportVerifier is IPriceFeeds, CommitteeKeys {
    uint256 private constant ROUND_LIMIT = 1 << 30;
    uint256 private constant FLAG_CLOCK = 4;
    uint256 internal constant FLAG_PREVIOUS = 8;
    uint256 private constant FLAGS_MAX = 15;
    uint256 private constant CLOCK_BYTES = 10;
    /// @dev Flags that leave the usual way, and the bits of a round that must be zero.
    uint256 private constant UNUSUAL =
        0xc00000000000fc00000000000000000000000000000000000000000000000000;

    /// @dev Reads the header: who is said to have signed, for which round and time, and whether
    /// that time is acceptable now. Whether it is true, `_checkSignature` says.
    /// @param future How far the report may lie ahead of the block's time, in seconds
    /// @param span How far apart the oldest and the newest acceptable time lie, in seconds
    /// @return cursor Where the first feed stands
    /// @return key Slot of the key
    /// @return round Below 2^30
    /// @return timeMs The report's time, within the window of its round
    /// @return shared What its stored words have in common: epoch parity, time and round
    function _open(uint256 future, uint256 span)
        internal
        view
        returns (uint256 cursor, uint256 key, uint256 round, uint256 timeMs, uint256 shared)
    {
        uint256 window = _FIRST_WINDOW_MS;
        uint256 roundMs = _FIRST_ROUND_MS;
        uint256 isUnusual;
        timeMs = _FIRST_OPENING_MS;
        key = _FIRST_KEYS;
        cursor = Report.ENTRIES;
        assembly {
            let header := calldataload(4)
            let offset := and(shr(208, header), 0xffff)
            round := shr(224, header)
            key := or(key, byte(6, header))
            timeMs := add(timeMs, add(mul(round, roundMs), offset))
            // The limit minus the time wraps around for a time beyond it.
            let time := div(timeMs, 1000)
            let left := sub(add(timestamp(), future), time)
            isUnusual := or(or(gt(offset, window), gt(left, span)), and(header, UNUSUAL))
            shared := or(or(shl(161, and(key, 2)), shl(128, time)), shl(98, round))
        }
        if (isUnusual != 0) (cursor, key, timeMs, shared) = _openUnusual(future, span);
    }

    /// @dev The same for a committee whose clock is not that of the first, which sends its own
    /// before the feeds, and for the one that was in office before; or finds out what is wrong.
    function _openUnusual(uint256 future, uint256 span)
        private
        view
        returns (uint256 cursor, uint256 key, uint256 timeMs, uint256 shared)
    {
        uint256 header;
        uint256 clock;
        assembly {
            header := calldataload(4)
            clock := shr(176, calldataload(120))
        }
        uint256 flags = (header >> 200) & 0xff;
        if (flags > FLAGS_MAX) revert FlagsUnknown(flags);
        uint256 round = header >> 224;
        if (round >= ROUND_LIMIT) revert RoundOutOfRange(round, ROUND_LIMIT - 1);
        cursor = Report.ENTRIES + CLOCK_BYTES;
        if (flags & FLAG_CLOCK == 0) (cursor, clock) = (Report.ENTRIES, _firstClock());
        (timeMs, shared) = _timed(clock, future, span);
        key = _keysOf(clock) | flags & 3;
        if (flags & FLAG_PREVIOUS != 0) {
            key = _previousOf(key);
            _checkPrevious(cursor, shared, flags);
        }
    }

    /// @dev Whether this function takes this report of the previous committee.
    function _checkPrevious(uint256 cursor, uint256 shared, uint256 flags) internal view virtual;

    /// @dev The report's time by a clock, if it is one of its round and acceptable now.
    function _timed(uint256 clock, uint256 future, uint256 span)
        private
        view
        returns (uint256 timeMs, uint256 shared)
    {
        uint256 header;
        assembly {
            header := calldataload(4)
        }
        uint256 round = header >> 224;
        uint256 offset = (header >> 208) & 0xffff;
        if (offset > clock & 0xffff) revert TimeOutsideRound(offset, clock & 0xffff);
        timeMs = (clock >> 32) + round * ((clock >> 16) & 0xffff) + offset;
        uint256 limit = block.timestamp + future;
        if (timeMs / 1000 > limit) revert ReportFromFuture(timeMs / 1000, limit);
        if (timeMs / 1000 + span < limit) revert ReportTooOld(timeMs / 1000, limit - span);
        uint256 parity = (header >> 201) & 1;
        shared = parity << 162 | (timeMs / 1000) << 128 | round << 98;
    }

    /// @dev Checks that the committee signed the report whose feeds have this root. What is wrong
    /// is found out when something is: without a key the recovery fails like any other.
    function _checkSignature(uint256 keyAt, uint256 round, uint256 timeMs, uint256 root)
        internal
        view
        returns (uint256 isValid)
    {
        uint256 key;
        assembly {
            key := sload(keyAt)
        }
        uint256 message = Report.message(round, timeMs, root);
        return Frost.verify(key, keyAt, message, Report.SIGNATURE, Report.MEMORY);
    }

    function _revertSignature(uint256 keyAt) internal view {
        uint256 key;
        uint256 x;
        uint256 y;
        uint256 z;
        assembly {
            // The pointer to free memory, which the check wrote over.
            mstore(0x40, 0x80)
            key := sload(keyAt)
            x := calldataload(24)
            y := calldataload(56)
            z := calldataload(88)
        }
        if (key == 0) revert KeyUnknown(keyAt & 3, (keyAt >> 8) & (2 ** 80 - 1));
        if (z == 0 || z >= Frost.N) revert ScalarOutOfRange(z);
        if (x >= Frost.P || y >= Frost.P || x | y == 0) revert PointOutOfRange(x, y);
        revert SignatureInvalid();
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Frost} from "../libraries/Frost.sol";
import {Report} from "../libraries/Report.sol";
import {CommitteeKeys} from "./CommitteeKeys.sol";

/// @title Verification of a certified report
abstract contract ReportVerifier is CommitteeKeys {
    uint256 private constant ROUND_LIMIT = 1 << 30;
    uint256 private constant FLAG_CLOCK = 4;
    uint256 private constant FLAGS_MAX = 7;
    /// @dev Flags that leave the usual way, and the bits of a round that must be zero.
    uint256 private constant UNUSUAL = uint256(0xfc) << 248 | uint256(3) << 246;

    /// @dev Reads the header: who is said to have signed, for which round and time. Whether it is
    /// true, `_checkSignature` says.
    /// @return end Where the siblings end
    /// @return key Slot of the key
    /// @return round Below 2^30
    /// @return timeMs The report's time, within the window of its round
    function _open()
        internal
        view
        returns (uint256 end, uint256 key, uint256 round, uint256 timeMs)
    {
        unchecked {
            uint256 header;
            uint256 offset;
            uint256 window = _FIRST_WINDOW_MS;
            uint256 roundMs = _FIRST_ROUND_MS;
            timeMs = _FIRST_OPENING_MS;
            key = _FIRST_KEYS;
            assembly {
                header := calldataload(4)
                end := calldatasize()
                round := and(shr(216, header), 0xffffffff)
                offset := and(shr(200, header), 0xffff)
                key := or(key, shr(248, header))
            }
            if (header & UNUSUAL != 0) (end, key, timeMs, roundMs, window) = _sentClock(header, end);
            if (offset > window) revert TimeOutsideRound(offset, window);
            timeMs += round * roundMs + offset;
        }
    }

    /// @dev A committee whose clock is not that of the first sends its own in the last ten bytes.
    function _sentClock(uint256 header, uint256 length)
        private
        pure
        returns (uint256 end, uint256 keys, uint256 openingMs, uint256 roundMs, uint256 window)
    {
        unchecked {
            uint256 round = (header >> 216) & 0xffffffff;
            if (round >= ROUND_LIMIT) revert RoundOutOfRange(round, ROUND_LIMIT - 1);
            uint256 flags = header >> 248;
            if (flags > FLAGS_MAX) revert FlagsUnknown(flags);
            end = length - Report.CLOCK_BYTES;
            uint256 clock;
            assembly {
                clock := shr(176, calldataload(end))
            }
            return (end, _keysOf(clock) | flags & 3, clock >> 32, (clock >> 16) & 0xffff, clock & 0xffff);
        }
    }

    /// @dev Checks that the committee signed the report whose feeds have this root. What is wrong is
    /// found out when something is: without a key the recovery fails like any other.
    function _checkSignature(uint256 keyAt, uint256 round, uint256 timeMs, uint256 root)
        internal
        view
    {
        uint256 key;
        assembly {
            key := sload(keyAt)
        }
        uint256 message = Report.message(round, timeMs, root);
        if (!Frost.verify(key, keyAt, message, Report.SIGNATURE, Report.MEMORY)) {
            _revertSignature(keyAt, key);
        }
    }

    function _revertSignature(uint256 keyAt, uint256 key) private pure {
        uint256 x;
        uint256 y;
        uint256 z;
        assembly {
            // The pointer to free memory, which the check wrote over.
            mstore(0x40, 0x80)
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

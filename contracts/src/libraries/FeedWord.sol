// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The stored word of a feed
/// @notice The upper 96 bits are those that the committee signed (protocol §7); the contract fills
/// the lower 160:
/// ```
/// bits 255..192  value      int64, in the feed's decimals
/// bits 191..168  spread     6-bit exponent, 18-bit mantissa
/// bits 167..163  observers  0..31
/// bit  162       parity of the epoch whose committee signed it
/// bits 161..160  status     0 none, 1 ok, 2 unavailable
/// bits 159..128  time       seconds, when the value was observed
/// bits 127..98   round      of the latest report
/// bits 97..68    sequence   values stored so far
/// bits 67..64    heartbeat  code, see heartbeatOf
/// bits 63..0     sum        of value × seconds until `time`, modulo 2^64
/// ```
/// A pair of the history holds two consecutive values, the even sequence first:
/// ```
/// bits 255..192  value of the even   bits 127..96  time of the even
/// bits 191..128  value of the odd    bits 95..64   time of the odd
/// bits 63..0     sum at the time of the even
/// ```
library FeedWord {
    uint256 internal constant STATUS_OK = 1;
    uint256 internal constant STATUS_UNAVAILABLE = 2;

    /// @dev Seconds by code, 17 bits each from the lowest: none, 5, 10, 20, 30, 60, 120, 300, 600,
    /// 1200, 1800, 3600, 14400, 43200, 86400.
    uint256 private constant HEARTBEATS =
        (5 << 17) | (10 << 34) | (20 << 51) | (30 << 68) | (60 << 85)
        | (120 << 102) | (300 << 119) | (600 << 136) | (1200 << 153) | (1800 << 170) | (3600 << 187)
        | (14400 << 204) | (43200 << 221) | (86400 << 238);

    function value(uint256 word) internal pure returns (int64) {
        return int64(int256(word) >> 192);
    }

    function spread(uint256 word) internal pure returns (uint256) {
        uint256 code = (word >> 168) & 0xffffff;
        return (code & 0x3ffff) << (code >> 18);
    }

    function observers(uint256 word) internal pure returns (uint8) {
        return uint8((word >> 163) & 31);
    }

    function epochParity(uint256 word) internal pure returns (uint256) {
        return (word >> 162) & 1;
    }

    function status(uint256 word) internal pure returns (uint8) {
        return uint8((word >> 160) & 3);
    }

    function time(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 128);
    }

    function round(uint256 word) internal pure returns (uint32) {
        return uint32((word >> 98) & 0x3fffffff);
    }

    function sequence(uint256 word) internal pure returns (uint32) {
        return uint32((word >> 68) & 0x3fffffff);
    }

    function sum(uint256 word) internal pure returns (uint64) {
        return uint64(word);
    }

    function heartbeatSeconds(uint256 word) internal pure returns (uint32) {
        return uint32((HEARTBEATS >> (17 * ((word >> 64) & 15))) & 0x1ffff);
    }

    /// @return code 0 when no code stands for that many seconds
    function heartbeatCode(uint256 givenSeconds) internal pure returns (uint256 code) {
        for (code = 14; code != 0; code--) {
            if ((HEARTBEATS >> (17 * code)) & 0x1ffff == givenSeconds) return code;
        }
    }

    function withHeartbeat(uint256 word, uint256 code) internal pure returns (uint256) {
        return (word & ~(uint256(15) << 64)) | (code << 64);
    }

    /// @dev Sums wrap around by design: differences modulo 2^64 are exact.
    function sumAfter(uint256 word, uint256 time_) internal pure returns (uint64) {
        unchecked {
            return uint64(word + uint256(int256(word) >> 192) * (time_ - time(word)));
        }
    }
}

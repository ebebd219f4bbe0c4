// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The stored word of four long-tail feeds
/// @notice The upper 200 bits are those that the committee signed, four lanes of 50 bits, the first
/// feed in the highest; the contract fills the lower 56:
/// ```
/// bits 255..56  lanes      four times 50 bits, see below
/// bits 55..14   time       milliseconds, when the values were observed
/// bit  13       parity of the epoch whose committee signed them
/// bits 12..9    heartbeat  code of the shortest among the four, see FeedWord.heartbeatSeconds
/// bits 8..0     zero
/// ```
/// A lane:
/// ```
/// bits 49..21   mantissa   29 bits, two's complement
/// bits 20..15   exponent   value = mantissa × 2^exponent, rounded down
/// bits 14..7    spread     5-bit exponent e, 3-bit mantissa m, in units of 2^exponent, rounded up:
///                          m when e is 0, otherwise (8 + m) × 2^(e − 1)
/// bits 6..2     observers  0..31
/// bits 1..0     status     0 none, 1 ok, 2 unavailable
/// ```
/// A value has 28 significant bits: it lies less than 2^-27 of itself below what was observed. A
/// word is always stored whole, so each of its feeds is as fresh as the one that is due first.
library LongTailWord {
    uint256 private constant HEARTBEAT_MASK = 0x1e00;

    /// @notice What the words of one report have in common.
    function shared(uint256 givenMs, uint256 parity) internal pure returns (uint256) {
        return givenMs << 14 | parity << 13;
    }

    function timeMs(uint256 word) internal pure returns (uint256) {
        return (word >> 14) & 0x3ffffffffff;
    }

    function epochParity(uint256 word) internal pure returns (uint256) {
        return (word >> 13) & 1;
    }

    function heartbeatCode(uint256 word) internal pure returns (uint256) {
        return (word >> 9) & 15;
    }

    function withHeartbeat(uint256 word, uint256 code) internal pure returns (uint256) {
        return (word & ~HEARTBEAT_MASK) | code << 9;
    }

    /// @notice One lane in the form of FeedWord: everything that reads words reads this one. Round,
    /// sequence and sum are zero; a long-tail feed has none.
    /// @param lane 0 to 3
    function expand(uint256 word, uint256 lane) internal pure returns (uint256 expanded) {
        assembly ("memory-safe") {
            let bits := shl(mul(lane, 50), word)
            let exponent := and(shr(221, bits), 63)
            // A signed word has exponents up to 35, so that the value fits 64 bits.
            let value := shl(exponent, sar(227, bits))
            let e := and(shr(216, bits), 31)
            let isLarge := gt(e, 0)
            let mantissa := or(and(shr(213, bits), 7), shl(3, isLarge))
            // A mantissa of four bits may be shifted by 14 more and still fits its 18.
            let up := add(exponent, sub(e, isLarge))
            let within := up
            if gt(up, 14) { within := 14 }
            let spread := or(shl(18, sub(up, within)), shl(within, mantissa))
            let observers := and(shr(208, bits), 31)
            let status := and(shr(206, bits), 3)
            let parity := and(shr(13, word), 1)
            let time := and(div(and(shr(14, word), 0x3ffffffffff), 1000), 0xffffffff)
            expanded := or(shl(192, value), shl(168, and(spread, 0xffffff)))
            expanded := or(expanded, or(shl(163, observers), shl(162, parity)))
            expanded := or(expanded, or(shl(160, status), shl(128, time)))
            expanded := or(expanded, shl(64, and(shr(9, word), 15)))
        }
    }
}

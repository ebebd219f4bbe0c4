// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fields} from "./Fields.sol";

/// @title The canonical bytes of committee parameters (protocol §3)
/// @notice ```
/// "parallax.committee.1" ‖ version u8 ‖ network (length u8 before it) ‖ members u8 ‖
/// 33 bytes of each identity key ‖ f u8 ‖ keygenAttempt u32 ‖ feeds u16 ‖ each feed ‖
/// genesisMs u64 ‖ roundMs u32 ‖ 32 bytes ‖ probeEvery u32 ‖ 4 bytes
/// ```
/// A feed: name (length u8 before it) ‖ decimals u8 ‖ kind u8, plus 128 for a long-tail feed ‖
/// 11 bytes ‖ valueMin i128 ‖ valueMax i128, and behind them, of the five kinds that are about
/// another feed: that feed's name (length u8 before it) ‖ 16 bytes.
library CommitteeBytes {
    using Fields for bytes;

    /// @notice The bytes are no parameters of a committee.
    error ParametersMalformed();

    /// @notice What of the parameters decides over messages and their time.
    /// @param digest Names the committee
    /// @param members How many, 2 to 31
    /// @param keysAt Where the identity keys stand
    /// @param feeds How many, 1 to 1024
    /// @param feedsAt Where the feeds stand
    /// @param genesisMs Opening of round 0, in milliseconds of Unix time
    /// @param roundMs Distance between two rounds, in milliseconds
    /// @param probeEvery Every so many rounds excluded members may come back
    struct Facts {
        bytes32 digest;
        uint256 members;
        uint256 keysAt;
        uint256 feeds;
        uint256 feedsAt;
        uint256 genesisMs;
        uint256 roundMs;
        uint256 probeEvery;
    }

    /// @dev Most feeds of a committee, and of a hub.
    uint256 internal constant FEEDS_MAX = 1024;
    uint256 private constant KEY_BYTES = 33;
    /// @dev Length of the name, decimals, kind, deviation, heartbeat and minimum of sources.
    uint256 private constant FEED_HEAD_BYTES = 14;
    uint256 private constant BOUNDS_BYTES = 32;
    uint256 private constant TAIL_BYTES = 52;
    /// @dev Places of `forward` to `realized-volatility` among the kinds (committee/params.ts).
    uint256 private constant DERIVED_FIRST = 2;
    uint256 private constant DERIVED_LAST = 6;
    uint256 private constant KIND_MASK = 0x7f;
    /// @dev Length of a name, and two durations.
    uint256 private constant DERIVATION_BYTES = 17;

    /// @notice Reads parameters of exactly the canonical length.
    function read(bytes calldata given) internal pure returns (Facts memory facts) {
        if (given.length < 22 || bytes20(given[0:20]) != "parallax.committee.1") {
            revert ParametersMalformed();
        }
        facts.digest = keccak256(given);
        uint256 offset = 22 + given.u8(21);
        facts.members = given.u8(offset);
        facts.keysAt = offset + 1;
        offset += 1 + KEY_BYTES * facts.members + 5;
        facts.feeds = given.u16(offset);
        facts.feedsAt = offset + 2;
        offset += 2;
        if (facts.members < 2 || facts.members > 31) revert ParametersMalformed();
        if (facts.feeds == 0 || facts.feeds > FEEDS_MAX) revert ParametersMalformed();
        for (uint256 feed = 0; feed < facts.feeds; feed++) {
            offset = afterFeed(given, offset);
        }
        if (offset + TAIL_BYTES != given.length) revert ParametersMalformed();
        facts.genesisMs = given.u64(offset);
        facts.roundMs = given.u32(offset + 8);
        facts.probeEvery = given.u32(offset + 44);
        if (facts.probeEvery == 0) revert ParametersMalformed();
    }

    /// @notice The compressed identity key of a member.
    function keyOf(bytes calldata given, Facts memory facts, uint256 member)
        internal
        pure
        returns (uint256 prefix, uint256 x)
    {
        uint256 offset = facts.keysAt + KEY_BYTES * member;
        return (given.u8(offset), uint256(given.word(offset + 1)));
    }

    /// @notice Where the next feed stands.
    function afterFeed(bytes calldata given, uint256 offset) internal pure returns (uint256 end) {
        uint256 name = given.u8(offset);
        // Above the kind, bit 7 says that the feed is long-tail.
        uint256 kind = given.u8(offset + name + 2) & KIND_MASK;
        end = offset + FEED_HEAD_BYTES + name + BOUNDS_BYTES;
        if (kind >= DERIVED_FIRST && kind <= DERIVED_LAST) {
            end += DERIVATION_BYTES + given.u8(end);
        }
    }

    /// @notice What a member may observe of the feed that stands there, in the feed's decimals.
    function boundsOf(bytes calldata given, uint256 offset)
        internal
        pure
        returns (int256 valueMin, int256 valueMax)
    {
        offset += FEED_HEAD_BYTES + given.u8(offset);
        return (given.i128(offset), given.i128(offset + 16));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommitteeBytes} from "./CommitteeBytes.sol";
import {Fields} from "./Fields.sol";

/// @title Signed messages of members, in the bytes that travel (protocol §5)
/// @notice ```
/// tag u8 ‖ version u8 ‖ committeeDigest ‖ round u64 ‖ sender u8 ‖ body ‖ signature (64 bytes)
/// ```
/// What is read here is what a node reads: anything that is not canonical is refused.
library MemberMessage {
    using Fields for bytes;

    /// @notice The bytes are no canonical message of a member.
    /// @param offset Where the field that cannot be stands
    error MessageMalformed(uint256 offset);
    /// @notice The message is of another committee.
    error CommitteeDiffers(bytes32 given, bytes32 expected);

    /// @notice What of a message decides whether it conflicts with another.
    /// @param kind OBSERVATION to SHARE
    /// @param place Rank of a proposal, slot of a share, otherwise 0
    /// @param reportDigest Of a share, otherwise 0
    /// @param digest What the sender signed; covers everything but the signature
    struct Claim {
        uint256 kind;
        uint256 round;
        uint256 sender;
        uint256 place;
        bytes32 reportDigest;
        bytes32 digest;
        bytes32 r;
        bytes32 s;
    }

    uint256 internal constant OBSERVATION = 1;
    uint256 internal constant LATE = 2;
    uint256 internal constant PROPOSAL = 3;
    uint256 internal constant SHARE = 4;

    uint256 private constant VERSION = 1;
    uint256 private constant HEAD_BYTES = 43;
    uint256 private constant SIGNATURE_BYTES = 64;
    uint256 private constant LATE_BYTES = HEAD_BYTES + 4 + SIGNATURE_BYTES;
    uint256 private constant SHARE_BYTES = HEAD_BYTES + 1 + 32 + 8 + 64 + SIGNATURE_BYTES;
    /// @dev timestampMs, pair, basis and members vouched for.
    uint256 private constant OBSERVATION_HEAD_BYTES = 8 + 8 + 9 + 4;
    /// @dev Source commitment and three pairs of nonce commitments.
    uint256 private constant COMMITMENTS_BYTES = 32 + 3 * 66;
    /// @dev Rank, basis, three sets and a digest.
    uint256 private constant PROPOSAL_HEAD_BYTES = 1 + 9 + 12 + 32;
    /// @dev Evidence in a proposal: prefix, accused, round and two lengths.
    uint256 private constant EVIDENCE_FRAME_BYTES = 34 + 9 + 8;
    uint256 private constant ATTACHED_MAX = 2;
    /// @dev Rounds and times are integers that a double can hold.
    uint256 private constant INTEGER_MAX = 2 ** 53 - 1;
    uint256 private constant SLOT_MAX = 2;

    /// @notice Reads a message of the committee whose parameters these are.
    function read(
        bytes calldata given,
        bytes calldata parameters,
        CommitteeBytes.Facts memory facts
    ) internal pure returns (Claim memory claim) {
        if (given.length < HEAD_BYTES + SIGNATURE_BYTES) revert MessageMalformed(given.length);
        claim.kind = given.u8(0);
        if (given.u8(1) != VERSION) revert MessageMalformed(1);
        bytes32 committee = given.word(2);
        if (committee != facts.digest) revert CommitteeDiffers(committee, facts.digest);
        claim.round = _integer(given, 34);
        claim.sender = given.u8(42);
        if (claim.sender >= facts.members) revert MessageMalformed(42);
        uint256 end = _body(claim, given, parameters, facts);
        if (end + SIGNATURE_BYTES != given.length) revert MessageMalformed(end);
        claim.digest = keccak256(abi.encodePacked("parallax.message.1", given[0:end]));
        claim.r = given.word(end);
        claim.s = given.word(end + 32);
    }

    /// @dev Checks the body by its kind and gives where it ends.
    function _body(
        Claim memory claim,
        bytes calldata given,
        bytes calldata parameters,
        CommitteeBytes.Facts memory facts
    ) private pure returns (uint256) {
        if (claim.kind == OBSERVATION) return _observation(given, parameters, facts);
        if (claim.kind == LATE) {
            if (given.length != LATE_BYTES) revert MessageMalformed(given.length);
            _set(given, HEAD_BYTES, facts.members);
            return HEAD_BYTES + 4;
        }
        if (claim.kind == PROPOSAL) {
            claim.place = given.u8(HEAD_BYTES);
            if (claim.place > 1) revert MessageMalformed(HEAD_BYTES);
            return _proposal(given, facts);
        }
        if (claim.kind != SHARE) revert MessageMalformed(0);
        if (given.length != SHARE_BYTES) revert MessageMalformed(given.length);
        claim.place = _slot(given, HEAD_BYTES);
        claim.reportDigest = given.word(HEAD_BYTES + 1);
        _set(given, HEAD_BYTES + 33, facts.members);
        _set(given, HEAD_BYTES + 37, facts.members);
        return SHARE_BYTES - SIGNATURE_BYTES;
    }

    /// @dev Head ‖ presence bitmap ‖ values ‖ commitments.
    function _observation(
        bytes calldata given,
        bytes calldata parameters,
        CommitteeBytes.Facts memory facts
    ) private pure returns (uint256) {
        uint256 present = HEAD_BYTES + OBSERVATION_HEAD_BYTES;
        uint256 offset = present + (facts.feeds + 7) / 8;
        if (given.length < offset + COMMITMENTS_BYTES + SIGNATURE_BYTES) {
            revert MessageMalformed(given.length);
        }
        _observationHead(given, facts);
        if (facts.feeds % 8 != 0 && given.u8(offset - 1) >> (facts.feeds % 8) != 0) {
            revert MessageMalformed(offset - 1);
        }
        uint256 feedAt = facts.feedsAt;
        for (uint256 feed = 0; feed < facts.feeds; feed++) {
            if ((given.u8(present + feed / 8) >> (feed % 8)) & 1 == 1) {
                if (given.length < offset + 16 + SIGNATURE_BYTES) revert MessageMalformed(offset);
                int256 value = given.i128(offset);
                (int256 valueMin, int256 valueMax) = CommitteeBytes.boundsOf(parameters, feedAt);
                if (value < valueMin || value > valueMax) revert MessageMalformed(offset);
                offset += 16;
            }
            feedAt = CommitteeBytes.afterFeed(parameters, feedAt);
        }
        return offset + COMMITMENTS_BYTES;
    }

    /// @dev timestampMs ‖ pair ‖ basis ‖ members vouched for: in a probe round, and none that is
    /// expected (protocol §4.5).
    function _observationHead(bytes calldata given, CommitteeBytes.Facts memory facts)
        private
        pure
    {
        _integer(given, HEAD_BYTES);
        uint256 expected = _set(given, HEAD_BYTES + 8, facts.members);
        uint256 signing = _set(given, HEAD_BYTES + 12, facts.members);
        if (signing & ~expected != 0) revert MessageMalformed(HEAD_BYTES + 12);
        _integer(given, HEAD_BYTES + 16);
        _slot(given, HEAD_BYTES + 24);
        uint256 vouched = _set(given, HEAD_BYTES + 25, facts.members);
        bool isProbe = given.u64(34) % facts.probeEvery == 0;
        if (vouched & expected != 0 || (vouched != 0 && !isProbe)) {
            revert MessageMalformed(HEAD_BYTES + 25);
        }
    }

    /// @dev rank ‖ basis ‖ three sets ‖ reportDigest ‖ digests ‖ late notices ‖ evidence. What is
    /// attached is not judged: that the sender signed two such bodies is enough.
    function _proposal(bytes calldata given, CommitteeBytes.Facts memory facts)
        private
        pure
        returns (uint256 offset)
    {
        offset = HEAD_BYTES + PROPOSAL_HEAD_BYTES;
        _demand(given, offset);
        _integer(given, HEAD_BYTES + 1);
        _slot(given, HEAD_BYTES + 9);
        uint256 observers = _set(given, HEAD_BYTES + 10, facts.members);
        uint256 signing = _set(given, HEAD_BYTES + 14, facts.members);
        _set(given, HEAD_BYTES + 18, facts.members);
        for (uint256 named = observers | signing; named != 0; named &= named - 1) {
            offset += 32;
        }
        _demand(given, offset + 1);
        uint256 lates = given.u8(offset);
        if (lates > facts.members) revert MessageMalformed(offset);
        offset += 1 + lates * LATE_BYTES;
        _demand(given, offset + 1);
        uint256 attached = given.u8(offset);
        if (attached > facts.members) revert MessageMalformed(offset);
        offset += 1;
        for (; attached != 0; attached--) {
            _demand(given, offset + 4);
            offset += 4 + given.u32(offset);
        }
        _demand(given, offset);
        if (offset + SIGNATURE_BYTES > _proposalBytesMax(facts)) revert MessageMalformed(offset);
    }

    /// @dev The longest proposal that a node of this committee takes.
    function _proposalBytesMax(CommitteeBytes.Facts memory facts) private pure returns (uint256) {
        uint256 observation = HEAD_BYTES + OBSERVATION_HEAD_BYTES + (facts.feeds + 7) / 8
            + 16 * facts.feeds + COMMITMENTS_BYTES + SIGNATURE_BYTES;
        uint256 evidence = ATTACHED_MAX * (4 + EVIDENCE_FRAME_BYTES + 2 * observation);
        uint256 lists = facts.members * (32 + LATE_BYTES) + evidence;
        return HEAD_BYTES + PROPOSAL_HEAD_BYTES + 2 + lists + SIGNATURE_BYTES;
    }

    /// @dev That a body which ends there leaves room for its signature.
    function _demand(bytes calldata given, uint256 end) private pure {
        if (given.length < end + SIGNATURE_BYTES) revert MessageMalformed(given.length);
    }

    /// @dev A set of members, of which none is beyond the committee.
    function _set(bytes calldata given, uint256 offset, uint256 members)
        private
        pure
        returns (uint256 set)
    {
        set = given.u32(offset);
        if (set >> members != 0) revert MessageMalformed(offset);
    }

    function _slot(bytes calldata given, uint256 offset) private pure returns (uint256 slot) {
        slot = given.u8(offset);
        if (slot > SLOT_MAX) revert MessageMalformed(offset);
    }

    function _integer(bytes calldata given, uint256 offset) private pure returns (uint256 value) {
        value = given.u64(offset);
        if (value > INTEGER_MAX) revert MessageMalformed(offset);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceRegistry} from "./interfaces/IEvidenceRegistry.sol";
import {CommitteeBytes} from "./libraries/CommitteeBytes.sol";
import {IdentityKey} from "./libraries/IdentityKey.sol";
import {MemberMessage} from "./libraries/MemberMessage.sol";

/// @title Who signed what an honest member never signs (protocol §9.1)
/// @notice Has no owner and calls nobody.
contract EvidenceRegistry is IEvidenceRegistry {
    mapping(bytes32 committee => address[]) private _identities;
    mapping(bytes32 committee => mapping(uint256 member => Conviction)) private _convictions;
    mapping(address identity => uint256) private _counts;

    /// @inheritdoc IEvidenceRegistry
    function registerCommittee(bytes calldata parameters, uint256[] calldata ordinates)
        external
        returns (bytes32 committee)
    {
        CommitteeBytes.Facts memory facts = CommitteeBytes.read(parameters);
        committee = facts.digest;
        if (_identities[committee].length != 0) revert CommitteeKnown(committee);
        if (ordinates.length != facts.members) {
            revert OrdinatesMismatch(ordinates.length, facts.members);
        }
        address[] memory identities = new address[](facts.members);
        for (uint256 member = 0; member < identities.length; member++) {
            (uint256 prefix, uint256 x) = CommitteeBytes.keyOf(parameters, facts, member);
            address identity = IdentityKey.addressOf(prefix, x, ordinates[member]);
            if (identity == address(0)) revert OrdinateInvalid(member);
            identities[member] = identity;
        }
        _identities[committee] = identities;
        emit CommitteeRegistered(committee, identities);
    }

    /// @inheritdoc IEvidenceRegistry
    function convict(bytes calldata parameters, bytes calldata first, bytes calldata second)
        external
        returns (uint256 member)
    {
        bytes32 committee;
        Conviction memory conviction;
        (committee, member, conviction) = judge(parameters, first, second);
        Conviction storage held = _convictions[committee][member];
        if (held.convictedAt != 0 && !_isSooner(conviction, held)) {
            revert AlreadyConvicted(committee, member);
        }
        conviction.times += held.times;
        _convictions[committee][member] = conviction;
        _counts[conviction.identity]++;
        emit MemberConvicted(
            committee,
            member,
            conviction.identity,
            conviction.round,
            conviction.kind,
            conviction.reporter
        );
    }

    /// @inheritdoc IEvidenceRegistry
    function convictionOf(bytes32 committee, uint256 member)
        external
        view
        returns (Conviction memory)
    {
        return _convictions[committee][member];
    }

    /// @inheritdoc IEvidenceRegistry
    function convictionsOf(address identity) external view returns (uint256) {
        return _counts[identity];
    }

    /// @inheritdoc IEvidenceRegistry
    function identitiesOf(bytes32 committee) external view returns (address[] memory) {
        return _identities[committee];
    }

    /// @inheritdoc IEvidenceRegistry
    function judge(bytes calldata parameters, bytes calldata first, bytes calldata second)
        public
        view
        returns (bytes32 committee, uint256 member, Conviction memory conviction)
    {
        CommitteeBytes.Facts memory facts = CommitteeBytes.read(parameters);
        MemberMessage.Claim memory one = MemberMessage.read(first, parameters, facts);
        MemberMessage.Claim memory two = MemberMessage.read(second, parameters, facts);
        Kind kind = _conflictOf(one, two);
        address identity = identityOf(facts.digest, one.sender);
        if (!IdentityKey.signed(identity, one.digest, one.r, one.s)) revert NotSigned(0);
        if (!IdentityKey.signed(identity, two.digest, two.r, two.s)) revert NotSigned(1);
        conviction = Conviction({
            identity: identity,
            convictedAt: uint48(block.timestamp),
            kind: kind,
            times: 1,
            reporter: msg.sender,
            round: uint64(one.round),
            openedMs: _openedMs(facts, one.round)
        });
        return (facts.digest, one.sender, conviction);
    }

    /// @inheritdoc IEvidenceRegistry
    function identityOf(bytes32 committee, uint256 member) public view returns (address) {
        uint256 size = _identities[committee].length;
        if (size == 0) revert CommitteeUnknown(committee);
        if (member >= size) revert MemberUnknown(member, size - 1);
        return _identities[committee][member];
    }

    /// @dev Whether less time passed from the opening of its round to the conviction.
    function _isSooner(Conviction memory one, Conviction storage other)
        private
        view
        returns (bool)
    {
        uint256 otherMs = uint256(other.convictedAt) * 1000;
        return one.openedMs + otherMs > other.openedMs + uint256(one.convictedAt) * 1000;
    }

    /// @dev A round that lies beyond every clock opens at the end of time.
    function _openedMs(CommitteeBytes.Facts memory facts, uint256 round)
        private
        pure
        returns (uint64)
    {
        // Below 2^64 + 2^53 × 2^32: no overflow.
        uint256 openedMs = facts.genesisMs + round * facts.roundMs;
        return openedMs > type(uint64).max ? type(uint64).max : uint64(openedMs);
    }

    /// @dev What an honest member never makes both of; reverts when it may have.
    function _conflictOf(MemberMessage.Claim memory one, MemberMessage.Claim memory two)
        private
        pure
        returns (Kind)
    {
        if (one.sender != two.sender) revert SendersDiffer(one.sender, two.sender);
        if (one.round != two.round) revert RoundsDiffer(one.round, two.round);
        if (one.kind != two.kind) revert TypesDiffer(one.kind, two.kind);
        if (one.digest == two.digest) revert ContentsEqual();
        if (one.kind == MemberMessage.OBSERVATION) return Kind.TWO_OBSERVATIONS;
        if (one.kind == MemberMessage.LATE) return Kind.TWO_LATE_NOTICES;
        // Of two reports the slots do not matter: the graver fault names the kind.
        if (one.reportDigest != two.reportDigest) return Kind.TWO_REPORT_DIGESTS;
        if (one.place != two.place) revert NoConflict();
        bool isShare = one.kind == MemberMessage.SHARE;
        return isShare ? Kind.TWO_SHARES_IN_ONE_SLOT : Kind.TWO_PROPOSALS_OF_ONE_RANK;
    }
}

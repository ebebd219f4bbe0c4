// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IEvidenceRegistry
} from "../../../contracts/src/evidence/interfaces/IEvidenceRegistry.sol";
import {MemberMessage} from "../../../contracts/src/evidence/libraries/MemberMessage.sol";
import {CommitteeBytes} from "../../../contracts/src/evidence/libraries/CommitteeBytes.sol";
import {EvidenceFixture} from "./EvidenceFixture.sol";

/// @title Evidence convicts its sender, and nobody else ever (protocol §9.1, §12 S6)
contract EvidenceRegistryTest is EvidenceFixture {
    function setUp() public {
        _setUpRegistry();
    }

    /// @dev The message of one kind that an honest member makes in a round: what it says follows
    /// from the round and from what was kept, so asked twice it says the same. Kinds 5 and 6 are
    /// the second rank and slot; every share of a round is of one report.
    function _honest(bytes32 group, uint64 round, uint8 sender, uint256 kind, uint256 life)
        private
        pure
        returns (bytes memory)
    {
        uint256 chance = uint256(keccak256(abi.encode(group, round, sender, kind, life)));
        bytes32 report = keccak256(abi.encode(group, round, sender, life));
        if (kind == 0) return _observation(group, round, sender, chance);
        if (kind == 1) return _late(group, round, sender, chance);
        if (kind < 4) return _proposal(group, round, sender, uint8(kind - 2), chance);
        return _share(group, round, sender, uint8(kind - 4), report, chance);
    }

    /// @notice Any two messages of honest members, however near in round, kind, sender, committee.
    function testFuzz_judge_givenHonestMessages_convictsNobody(uint256 chance, uint256 life)
        public
        view
    {
        bytes[2] memory messages;
        for (uint256 which = 0; which < 2; which++) {
            uint256 drawn = chance >> (128 * which);
            uint8 sender = uint8((drawn >> 16) % 3);
            bytes32 group = (drawn >> 24) % 8 == 0 ? otherCommittee : committee;
            uint64 round = uint64(40 + (drawn >> 8) % 2);
            bytes memory body = _honest(group, round, sender, drawn % 7, life);
            messages[which] = _signed(body, sender);
        }
        assertHolds("nobody", !_convicts(parameters, messages[0], messages[1]));
        assertHolds("nobody", !_convicts(otherParameters, messages[0], messages[1]));
    }

    /// @notice A message and what others can make of it without the key.
    function testFuzz_judge_givenAChangedMessage_convictsNobody(
        uint256 chance,
        uint256 place,
        bytes32 change
    ) public view {
        uint8 sender = uint8(chance % 3);
        bytes memory body = _honest(committee, 40, sender, (chance >> 8) % 7, chance);
        bytes memory honest = _signed(body, sender);
        bytes memory changed = bytes.concat(honest);
        uint256 form = place % 5;
        if (form == 0) changed[(place >> 8) % honest.length] ^= bytes1(uint8(uint256(change) | 1));
        if (form == 1) changed = _malleated(honest);
        if (form == 2) changed = abi.encodePacked(honest, change);
        if (form == 3) changed = _cut(honest, (place >> 8) % honest.length);
        if (form == 4) changed = _resigned(honest, change, bytes32(place));
        assertHolds("nobody", !_convicts(parameters, honest, changed));
        assertHolds("nobody", !_convicts(parameters, changed, honest));
    }

    /// @notice Two messages that name one member, of which another member signed the second.
    function testFuzz_judge_givenAnotherHand_convictsNobody(uint256 one, uint256 two, uint8 liar)
        public
        view
    {
        bytes memory first = _signed(_observation(committee, 40, 2, one), 2);
        bytes memory body = _observation(committee, 40, 2, two);
        uint256 other = liar % 2;
        assertHolds("nobody", !_convicts(parameters, first, _signed(body, other)));
        assertHolds("nobody", !_convicts(parameters, _signed(body, other), first));
    }

    /// @notice Two different messages in one place convict, in either order, by the right name.
    function testFuzz_judge_givenTwoInOnePlace_convicts(
        uint8 kind,
        uint64 round,
        uint8 sender,
        uint256 one,
        uint256 two
    ) public view {
        round = uint64(round % (2 ** 53));
        sender %= uint8(MEMBERS);
        bytes memory first = _one(kind % 5, round, sender, one);
        bytes memory second = _one(kind % 5, round, sender, two);
        VM.assume(keccak256(first) != keccak256(second));
        first = _signed(first, sender);
        second = _signed(second, sender);
        (bytes32 named, uint256 member, IEvidenceRegistry.Conviction memory found) =
            registry.judge(parameters, first, second);
        assertHolds("committee", named == committee);
        assertEqual("member", member, sender);
        assertEqual("round", found.round, round);
        assertEqual("kind", uint256(found.kind), kind % 5);
        (, uint256 again,) = registry.judge(parameters, second, first);
        assertEqual("either order", again, sender);
    }

    function _one(uint256 kind, uint64 round, uint8 sender, uint256 chance)
        private
        view
        returns (bytes memory)
    {
        if (kind == 0) return _observation(committee, round, sender, chance);
        if (kind == 1) return _late(committee, round, sender, chance);
        if (kind == 2) return _proposal(committee, round, sender, uint8(round & 1), chance);
        bytes32 report = kind == 3 ? bytes32(uint256(1)) : bytes32(chance);
        uint8 slot = kind == 3 ? uint8(round % 3) : uint8(chance % 3);
        return _share(committee, round, sender, slot, report, chance);
    }

    /// @dev The other form of the signature: the same r, s above half of the order.
    function _malleated(bytes memory message) private pure returns (bytes memory changed) {
        changed = bytes.concat(message);
        uint256 place = message.length;
        assembly {
            let slot := add(changed, place)
            mstore(slot, sub(ORDER, mload(slot)))
        }
    }

    function _resigned(bytes memory message, bytes32 r, bytes32 s)
        private
        pure
        returns (bytes memory)
    {
        bytes memory body = _cut(message, message.length - 64);
        body[36] ^= 0x01;
        return abi.encodePacked(body, r, s);
    }

    function _cut(bytes memory message, uint256 length) private pure returns (bytes memory cut) {
        cut = bytes.concat(message);
        assembly {
            mstore(cut, length)
        }
    }

    function test_judge_givenInnocence_namesIt() public view {
        bytes memory one = _signed(_observation(committee, 40, 2, 1), 2);
        bytes memory other = _signed(_observation(committee, 40, 1, 2), 1);
        _expect(one, one, IEvidenceRegistry.ContentsEqual.selector);
        _expect(one, other, IEvidenceRegistry.SendersDiffer.selector);
        bytes memory later = _signed(_observation(committee, 41, 2, 2), 2);
        _expect(one, later, IEvidenceRegistry.RoundsDiffer.selector);
        bytes memory late = _signed(_late(committee, 40, 2, 2), 2);
        _expect(one, late, IEvidenceRegistry.TypesDiffer.selector);
        bytes memory foreign = _signed(_observation(otherCommittee, 40, 2, 2), 2);
        _expect(one, foreign, MemberMessage.CommitteeDiffers.selector);
        bytes memory rank0 = _signed(_proposal(committee, 40, 2, 0, 1), 2);
        bytes memory rank1 = _signed(_proposal(committee, 40, 2, 1, 2), 2);
        _expect(rank0, rank1, IEvidenceRegistry.NoConflict.selector);
        bytes memory slot0 = _signed(_share(committee, 40, 2, 0, bytes32("same"), 1), 2);
        bytes memory slot1 = _signed(_share(committee, 40, 2, 1, bytes32("same"), 2), 2);
        _expect(slot0, slot1, IEvidenceRegistry.NoConflict.selector);
        bytes memory another = _observation(committee, 40, 2, 2);
        _expect(one, _signed(another, 1), IEvidenceRegistry.NotSigned.selector);
        bytes memory unsigned = abi.encodePacked(another, bytes32(0), bytes32(0));
        _expect(one, unsigned, IEvidenceRegistry.NotSigned.selector);
        _expect(one, _malleated(_signed(another, 2)), IEvidenceRegistry.NotSigned.selector);
    }

    /// @notice A word for a member is canonical in a probe round, for one that is not expected.
    function test_judge_givenAWordForAMember_takesItOnlyWhereNodesDo() public view {
        bytes memory other = _signed(_observation(committee, 40, 2, 1), 2);
        assertHolds("in a probe round", _convicts(parameters, other, _vouching(40, 0)));
        bytes4 malformed = MemberMessage.MessageMalformed.selector;
        _expect(other, _vouching(40, 15 << 8), malformed);
        _expect(_signed(_observation(committee, 41, 2, 1), 2), _vouching(41, 0), malformed);
    }

    /// @dev An observation of member 2 that vouches for member 3.
    function _vouching(uint64 round, uint256 chance) private view returns (bytes memory) {
        bytes memory body = _observation(committee, round, 2, chance);
        body[71] = 0x08;
        return _signed(body, 2);
    }

    function _expect(bytes memory first, bytes memory second, bytes4 selector) private view {
        assertHolds("refused by its name", _refusal(first, second) == selector);
    }

    function test_convict_marksTheMemberOnce() public {
        bytes memory first = _signed(_late(committee, 40, 2, 1), 2);
        bytes memory second = _signed(_late(committee, 40, 2, 3), 2);
        VM.warp(1_770_000_000);
        VM.prank(address(0x77));
        registry.convict(parameters, first, second);
        IEvidenceRegistry.Conviction memory found = registry.convictionOf(committee, 2);
        assertHolds("who", found.identity == _identity(2) && found.reporter == address(0x77));
        assertEqual("when", found.convictedAt, 1_770_000_000);
        assertEqual("opened", found.openedMs, GENESIS_MS + 40 * ROUND_MS);
        assertEqual("count", registry.convictionsOf(_identity(2)), 1);
        VM.expectRevert(
            abi.encodeWithSelector(IEvidenceRegistry.AlreadyConvicted.selector, committee, 2)
        );
        registry.convict(parameters, second, first);
        assertEqual("nobody else", registry.convictionOf(committee, 1).convictedAt, 0);
    }

    /// @notice Who convicts itself of an old round keeps nobody from convicting it of a new one.
    function testFuzz_convict_givenEvidenceThatCameSooner_takesItsPlace(
        uint256 earlier,
        uint256 later,
        uint256 between
    ) public {
        earlier = bound(earlier, 0, 1_000_000);
        later = bound(later, 0, 1_000_000);
        between = bound(between, 0, 10_000_000);
        VM.warp(1_770_000_000);
        registry.convict(parameters, _twice(earlier, 1), _twice(earlier, 3));
        VM.warp(block.timestamp + between);
        // Sooner: its round is later by more than the time that passed since.
        bool isSooner = later * ROUND_MS > earlier * ROUND_MS + between * 1000;
        if (!isSooner) {
            VM.expectRevert(
                abi.encodeWithSelector(IEvidenceRegistry.AlreadyConvicted.selector, committee, 2)
            );
        }
        registry.convict(parameters, _twice(later, 1), _twice(later, 3));
        IEvidenceRegistry.Conviction memory found = registry.convictionOf(committee, 2);
        assertEqual("round", found.round, isSooner ? later : earlier);
        assertEqual("times", found.times, isSooner ? 2 : 1);
        assertEqual("count", registry.convictionsOf(_identity(2)), found.times);
    }

    /// @dev A late notice of member 2.
    function _twice(uint256 round, uint8 silent) private returns (bytes memory) {
        return _signed(_late(committee, uint64(round), 2, silent), 2);
    }

    function test_registerCommittee_refusesWhatIsNotSo() public {
        uint256[] memory ordinates = _ordinates();
        VM.expectRevert(
            abi.encodeWithSelector(IEvidenceRegistry.CommitteeKnown.selector, committee)
        );
        registry.registerCommittee(parameters, ordinates);
        bytes memory third = _parameters(2);
        ordinates[1] = ordinates[0];
        VM.expectRevert(abi.encodeWithSelector(IEvidenceRegistry.OrdinateInvalid.selector, 1));
        registry.registerCommittee(third, ordinates);
        VM.expectRevert(
            abi.encodeWithSelector(IEvidenceRegistry.OrdinatesMismatch.selector, 3, MEMBERS)
        );
        registry.registerCommittee(third, new uint256[](3));
        VM.expectRevert(abi.encodeWithSelector(CommitteeBytes.ParametersMalformed.selector));
        registry.registerCommittee(abi.encodePacked(third, uint8(0)), ordinates);
        VM.expectRevert(
            abi.encodeWithSelector(IEvidenceRegistry.CommitteeUnknown.selector, bytes32("none"))
        );
        registry.identityOf("none", 0);
        VM.expectRevert(abi.encodeWithSelector(IEvidenceRegistry.MemberUnknown.selector, 4, 3));
        registry.identityOf(committee, 4);
    }

    /// @notice No other ordinate makes another address of a member's key.
    function testFuzz_registerCommittee_givenAnotherOrdinate_isRefused(uint256 y, uint8 member)
        public
    {
        uint256[] memory ordinates = _ordinates();
        VM.assume(ordinates[member % MEMBERS] != y);
        ordinates[member % MEMBERS] = y;
        bytes memory third = _parameters(2);
        VM.expectRevert(
            abi.encodeWithSelector(IEvidenceRegistry.OrdinateInvalid.selector, member % MEMBERS)
        );
        registry.registerCommittee(third, ordinates);
    }
}

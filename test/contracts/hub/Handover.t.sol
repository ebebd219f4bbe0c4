// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title From one committee to the next
contract HandoverTest is HubFixture {
    ICommittees.HandoverSource internal constant SIGNED = ICommittees.HandoverSource.COMMITTEE;
    ICommittees.HandoverSource internal constant PROPOSED = ICommittees.HandoverSource.OWNER;

    function setUp() public {
        _setUpHub();
        _deliver(_words(1000));
    }

    /// @dev The other key of the box, in office a minute from now, with the clock of the first.
    function _next() private view returns (ICommittees.Committee memory next) {
        next = TestCommittee.committee();
        next.digest = keccak256("the next");
        next.publicKeyParity = 1;
        next.activeFromMs = uint48((block.timestamp + 60) * 1000);
    }

    function _announce(ICommittees.Committee memory next) private {
        bytes32 message = hub.handoverMessage(2, next);
        hub.handOver(next, TestCommittee.signature(message));
    }

    function _refuseAnnounced(ICommittees.Committee memory next, bytes4 selector) private {
        bytes memory signature = TestCommittee.signature(hub.handoverMessage(2, next));
        _expectRefusal(abi.encodeCall(hub.handOver, (next, signature)), selector);
    }

    function _succeed() private returns (ICommittees.Committee memory next) {
        next = _next();
        _announce(next);
        VM.warp(block.timestamp + 60);
        hub.activate(SIGNED);
    }

    function _reportBy(ICommittees.Committee memory by, uint256 number, int64 value)
        private
        view
        returns (bytes memory)
    {
        uint256 round = (block.timestamp * 1000 - by.genesisMs) / by.roundMs;
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(value);
        return TestCommittee.report(by, number, uint32(round), words);
    }

    /// @dev With the flag of the committee that was in office before.
    function _byPrevious(bytes memory report) private pure returns (bytes memory) {
        report[6] |= 0x08;
        return _update(report);
    }

    function test_handOver_givenTheSignature_bringsTheNextIntoOffice() public {
        ICommittees.Committee memory next = _succeed();
        assertEqual("epoch", hub.epoch(), 2);
        assertHolds("digest", hub.committee(2).digest == next.digest);
        _send(_update(_reportBy(next, 2, 77)));
        assertHolds("its reports count", hub.latest(0).value == 77);
        VM.warp(block.timestamp + 10);
        bytes memory late = _update(_reportBy(TestCommittee.committee(), 1, 78));
        _expectRefusal(late, IPriceFeeds.KeyUnknown.selector);
    }

    function _expectRefusal(bytes memory data, bytes4 selector) private {
        assertHolds("refused by its name", _refusal(data) == selector);
    }

    function test_activate_beforeItsTime_isRefused() public {
        _announce(_next());
        uint256 readyAt = block.timestamp + 60;
        VM.warp(readyAt - 1);
        VM.expectRevert(
            abi.encodeWithSelector(ICommittees.HandoverTooEarly.selector, readyAt - 1, readyAt)
        );
        hub.activate(SIGNED);
        VM.warp(readyAt);
        hub.activate(SIGNED);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.HandoverMissing.selector, 3));
        hub.activate(SIGNED);
    }

    /// @dev Blocks have whole seconds: one that begins within a second waits for its end.
    function test_activate_ofOneThatBeginsWithinASecond_waitsForItsEnd() public {
        ICommittees.Committee memory next = _next();
        next.activeFromMs += 1;
        _announce(next);
        uint256 readyAt = block.timestamp + 61;
        VM.warp(readyAt - 1);
        VM.expectRevert(
            abi.encodeWithSelector(ICommittees.HandoverTooEarly.selector, readyAt - 1, readyAt)
        );
        hub.activate(SIGNED);
        VM.warp(readyAt);
        hub.activate(SIGNED);
    }

    function testFuzz_handOver_givenAnotherContent_isRefused(uint8 field, uint32 change) public {
        VM.assume(change != 0);
        ICommittees.Committee memory next = _next();
        bytes memory signature = TestCommittee.signature(hub.handoverMessage(2, next));
        field %= 6;
        if (field == 0) next.digest ^= bytes32(uint256(change));
        else if (field == 1) next.activeFromMs += change % 1e9 + 1;
        else if (field == 2) next.genesisMs -= change;
        else if (field == 3) next.roundMs += uint16(change % 1000 + 1);
        else if (field == 4) next.includeMs += uint16(change % 100 + 1);
        else next.skewMs += uint16(change % 100 + 1);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        hub.handOver(next, signature);
    }

    function test_handOver_signedForAnotherEpochOrByAnother_isRefused() public {
        ICommittees.Committee memory next = _next();
        bytes memory forThree = TestCommittee.signature(hub.handoverMessage(3, next));
        bytes memory byNext = TestCommittee.signature(1, hub.handoverMessage(2, next));
        VM.expectRevert(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        hub.handOver(next, forThree);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        hub.handOver(next, byNext);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.LengthMismatch.selector, 97, 96));
        hub.handOver(next, abi.encodePacked(byNext, uint8(0)));
    }

    /// @dev The same for the owner, in office as soon as its delay allows.
    function _proposed() private view returns (ICommittees.Committee memory next) {
        next = _next();
        next.activeFromMs = uint48((block.timestamp + OWNER_DELAY) * 1000);
    }

    function _propose(ICommittees.Committee memory next) private {
        VM.prank(OWNER);
        hub.proposeCommittee(next);
    }

    function test_owner_proposesBehindTheDelay() public {
        ICommittees.Committee memory next = _proposed();
        VM.expectRevert(abi.encodeWithSelector(ICommittees.NotOwner.selector, address(this)));
        hub.proposeCommittee(next);
        _propose(next);
        uint256 readyAt = block.timestamp + OWNER_DELAY;
        assertEqual("ready", hub.handover(PROPOSED).readyAt, readyAt);
        VM.warp(readyAt);
        hub.activate(PROPOSED);
        assertEqual("epoch", hub.epoch(), 2);
    }

    function test_owner_proposesNoneThatBeginsBeforeTheDelayIsOver() public {
        ICommittees.Committee memory next = _proposed();
        uint256 limitMs = next.activeFromMs;
        next.activeFromMs--;
        VM.expectRevert(
            abi.encodeWithSelector(ICommittees.ActiveFromTooEarly.selector, limitMs - 1, limitMs)
        );
        _propose(next);
        // Thirty days ahead are counted from the end of the delay.
        next.activeFromMs = uint48(limitMs + 30 days * 1000);
        _propose(next);
        next.activeFromMs++;
        VM.expectRevert(
            abi.encodeWithSelector(
                ICommittees.ActiveFromTooLate.selector, next.activeFromMs, next.activeFromMs - 1
            )
        );
        _propose(next);
    }

    function test_owner_sProposalIsVoidTwoWeeksAfterItsTime() public {
        _propose(_proposed());
        uint256 limit = block.timestamp + OWNER_DELAY + 14 days;
        VM.warp(limit + 1);
        VM.expectRevert(
            abi.encodeWithSelector(ICommittees.HandoverTooLate.selector, limit + 1, limit)
        );
        hub.activate(PROPOSED);
        VM.warp(limit);
        hub.activate(PROPOSED);
        assertEqual("in its last second", hub.epoch(), 2);
    }

    /// @dev What the committee agreed to has no such end.
    function test_activate_ofASignedOne_waitsForEver() public {
        _announce(_next());
        VM.warp(block.timestamp + 365 days);
        hub.activate(SIGNED);
        assertEqual("epoch", hub.epoch(), 2);
    }

    function test_owner_withdrawsAndIsOutrunByTheCommittee() public {
        _propose(_proposed());
        VM.expectRevert(abi.encodeWithSelector(ICommittees.NotOwner.selector, address(this)));
        hub.withdrawProposal();
        VM.prank(OWNER);
        hub.withdrawProposal();
        VM.warp(block.timestamp + OWNER_DELAY);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.HandoverMissing.selector, 2));
        hub.activate(PROPOSED);

        _propose(_proposed());
        _succeed();
        VM.warp(block.timestamp + OWNER_DELAY);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.HandoverMissing.selector, 3));
        hub.activate(PROPOSED);
    }

    function test_ownership_changesInTwoSteps() public {
        VM.prank(OWNER);
        hub.offerOwnership(address(0x77));
        VM.expectRevert(abi.encodeWithSelector(ICommittees.NotOwner.selector, address(this)));
        hub.takeOwnership();
        VM.prank(address(0x77));
        hub.takeOwnership();
        (address current, address offeredTo) = hub.owner();
        assertHolds("taken", current == address(0x77) && offeredTo == address(0));
        VM.expectRevert(abi.encodeWithSelector(ICommittees.NotOwner.selector, OWNER));
        VM.prank(OWNER);
        hub.offerOwnership(OWNER);
    }

    function test_takeOwnership_voidsWhatTheOwnerBeforeProposed() public {
        _propose(_proposed());
        VM.prank(OWNER);
        hub.offerOwnership(address(0x77));
        assertEqual("stands until it is taken", hub.handover(PROPOSED).epoch, 2);
        VM.prank(address(0x77));
        hub.takeOwnership();
        assertEqual("void", hub.handover(PROPOSED).epoch, 0);
        VM.warp(block.timestamp + OWNER_DELAY);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.HandoverMissing.selector, 2));
        hub.activate(PROPOSED);
    }

    function test_updateByPrevious_duringTheOverlap_onlyUntilTheNextReports() public {
        ICommittees.Committee memory next = _succeed();
        ICommittees.Committee memory first = TestCommittee.committee();
        VM.warp(block.timestamp + 10);
        _send(_byPrevious(_reportBy(first, 1, 55)));
        assertHolds("taken", hub.latest(0).value == 55);
        VM.warp(block.timestamp + 10);
        _send(_update(_reportBy(next, 2, 66)));
        VM.warp(block.timestamp + 10);
        bytes memory late = _byPrevious(_reportBy(first, 1, 57));
        _expectRefusal(late, ICommittees.CommitteeSuperseded.selector);
        assertHolds("the next one's stands", hub.latest(0).value == 66);
    }

    function test_updateByPrevious_afterTheOverlap_isRefused() public {
        ICommittees.Committee memory first = TestCommittee.committee();
        _expectRefusal(_byPrevious(_reportBy(first, 1, 1)), ICommittees.CommitteeExpired.selector);
        _succeed();
        VM.warp(block.timestamp + 1 hours);
        _send(_byPrevious(_reportBy(first, 1, 55)));
        VM.warp(block.timestamp + 1);
        _expectRefusal(_byPrevious(_reportBy(first, 1, 56)), ICommittees.CommitteeExpired.selector);
    }

    function test_pull_takesReportsOfThePreviousOnlyWhereAskedFor() public {
        ICommittees.Committee memory next = _succeed();
        bytes memory report = _reportBy(TestCommittee.committee(), 1, 55);
        bytes memory unmarked = abi.encodePacked(report);
        report[6] |= 0x08;
        bytes memory plain = abi.encodePacked(IPriceFeeds.pull_mfwu.selector, report);
        _expectRefusal(plain, IPriceFeeds.FlagsUnknown.selector);
        bytes4 entry = IPriceFeeds.pullByPrevious.selector;
        _expectRefusal(abi.encodePacked(entry, unmarked), IPriceFeeds.FlagsUnknown.selector);
        _send(abi.encodePacked(entry, report));
        // What its successor has reported already may still be read where the previous is asked.
        VM.warp(block.timestamp + 1);
        _send(_update(_reportBy(next, 2, 66)));
        _send(abi.encodePacked(entry, report));
    }

    function test_activate_takesTheKeyBeforeThePreviousAway() public {
        ICommittees.Committee memory next = _succeed();
        bytes memory report = _byPrevious(_reportBy(TestCommittee.committee(), 1, 55));
        ICommittees.Committee memory third = next;
        third.publicKeyParity = 0;
        third.activeFromMs = uint48((block.timestamp + 5) * 1000);
        hub.handOver(third, TestCommittee.signature(1, hub.handoverMessage(3, third)));
        VM.warp(block.timestamp + 5);
        hub.activate(SIGNED);
        _expectRefusal(report, IPriceFeeds.KeyUnknown.selector);
    }

    function testFuzz_updateByPrevious_givenAnyBitFlipped_isRefused(uint256 chance) public {
        _succeed();
        bytes memory data = _byPrevious(_reportBy(TestCommittee.committee(), 1, 55));
        uint256 bit = bound(chance, 32, data.length * 8 - 1);
        data[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        bytes32 before = _stored();
        _refusal(data);
        assertHolds("storage is unchanged", _stored() == before);
    }

    function test_handOver_givenAnotherClock_roundsMustRise() public {
        ICommittees.Committee memory next = _next();
        next.roundMs = 1000;
        _refuseAnnounced(next, ICommittees.RoundsNotRising.selector);
        // The same number of rounds as of now, an hour of the old ones, and one more.
        uint256 rounds = (uint256(next.activeFromMs) + 3_600_000 - next.genesisMs) / 500 + 1;
        next.genesisMs = uint48(next.activeFromMs - (rounds - 1) * 1000);
        _refuseAnnounced(next, ICommittees.RoundsNotRising.selector);
        next.genesisMs -= 1000;
        _announce(next);
        VM.warp(block.timestamp + 60);
        hub.activate(SIGNED);
        bytes memory report = _reportBy(next, 2, 99);
        _send(_update(report));
        assertHolds("by its own clock", hub.latest(0).value == 99);
        VM.warp(block.timestamp + 10);
        report = _reportBy(next, 2, 100);
        // Without its clock the key is not found; with another clock neither.
        report[6] ^= 0x04;
        _refusal(_update(report));
        report[6] ^= 0x04;
        report[121] ^= 0x01;
        _refusal(_update(report));
    }

    /// @dev The committee in office did not agree to go: it reports until the activation.
    function test_activate_ofTheOwner_givenASlowerClock_roundsMustRiseFromThatMoment() public {
        ICommittees.Committee memory next = _proposed();
        next.roundMs = 1000;
        // So many rounds as those before will have counted an hour and ten seconds after its time.
        uint256 untilMs = next.activeFromMs + 3_610_000;
        uint256 rounds = (untilMs - next.genesisMs) / 500 + 1;
        next.genesisMs = uint48(next.activeFromMs - rounds * 1000);
        _propose(next);
        VM.warp(block.timestamp + OWNER_DELAY + 30);
        bytes memory late = abi.encodeCall(hub.activate, (PROPOSED));
        _expectRefusal(late, ICommittees.RoundsNotRising.selector);
        VM.warp(block.timestamp - 10);
        _deliver(_words(2000));
        hub.activate(PROPOSED);
        VM.warp(block.timestamp + 1);
        _send(_update(_reportBy(next, 2, 66)));
        assertHolds("at once", hub.latest(0).value == 66);
    }

    function test_handOver_givenRoundsThatWouldRunOut_isRefused() public {
        ICommittees.Committee memory next = _next();
        next.roundMs = 256;
        next.genesisMs = uint48(next.activeFromMs - (1 << 29) * 256);
        _refuseAnnounced(next, ICommittees.RoundsTooFar.selector);
        next.genesisMs += 1;
        _announce(next);
    }

    function test_handOver_givenKeysAndTimesThatCannotBe_isRefused() public {
        ICommittees.Committee memory next = _next();
        next.publicKeyX = 5;
        _refuseAnnounced(next, ICommittees.PublicKeyInvalid.selector);
        next = _next();
        next.activeFromMs = TestCommittee.committee().activeFromMs - 1;
        _refuseAnnounced(next, ICommittees.ActiveFromTooEarly.selector);
        next.activeFromMs = uint48((block.timestamp + 31 days) * 1000);
        _refuseAnnounced(next, ICommittees.ActiveFromTooLate.selector);
        next = _next();
        next.genesisMs = next.activeFromMs + 1;
        _refuseAnnounced(next, ICommittees.GenesisInvalid.selector);
        next.genesisMs = next.skewMs - 1;
        _refuseAnnounced(next, ICommittees.GenesisInvalid.selector);
        next = _next();
        next.includeMs = next.roundMs - 2 * next.skewMs;
        _refuseAnnounced(next, ICommittees.ClockInvalid.selector);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Settlement} from "../../../contracts/src/Settlement.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {ISettlement} from "../../../contracts/src/interfaces/ISettlement.sol";
import {PullReader} from "../../../contracts/src/libraries/PullReader.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title The price at an expiry is the same whoever brings it, and stays
contract SettlementTest is HubFixture {
    uint256 internal constant EXPIRY = START + 3600;
    Settlement internal settlement;
    uint32 internal first;

    function setUp() public {
        _setUpHub();
        settlement = Settlement(deploy("Settlement", abi.encode(hub)));
        first = TestCommittee.roundAt(EXPIRY);
        VM.warp(EXPIRY);
    }

    function _settle(uint32 round, int64 value) private {
        settlement.settle(0, EXPIRY, TestCommittee.report(round, value));
    }

    function _price() private view returns (int256 value, bool isFinal) {
        return settlement.settlementPrice(0, EXPIRY);
    }

    function test_settle_givenTheRoundItself_isFinalAtOnce() public {
        _settle(first, 42);
        (int256 value, bool isFinal) = _price();
        assertHolds("final", value == 42 && isFinal);
        VM.warp(EXPIRY + 100);
        bytes memory later = TestCommittee.report(first + 1, 43);
        VM.expectRevert(
            abi.encodeWithSelector(ISettlement.RoundNotEarlier.selector, first + 1, first)
        );
        settlement.settle(0, EXPIRY, later);
    }

    function testFuzz_settle_givenRoundsInAnyOrder_endsInTheEarliest(uint16[5] memory offsets)
        public
    {
        uint256 earliest = type(uint256).max;
        VM.warp(EXPIRY + 600);
        for (uint256 i = 0; i < offsets.length; i++) {
            uint32 offset = 1 + offsets[i] % 1200;
            bytes memory report = TestCommittee.report(first + offset, int64(uint64(offset)));
            (bool done,) =
                address(settlement).call(abi.encodeCall(settlement.settle, (0, EXPIRY, report)));
            assertHolds("taken when earlier", done == (offset < earliest));
            if (offset < earliest) earliest = offset;
        }
        (int256 value, bool isFinal) = _price();
        assertHolds("not final yet", !isFinal);
        VM.warp(EXPIRY + 601);
        (value, isFinal) = _price();
        assertHolds("the earliest, for ever", isFinal && uint256(value) == earliest);
    }

    function test_settle_outsideItsTime_isRefused() public {
        bytes memory report = TestCommittee.report(first, 42);
        VM.warp(EXPIRY - 1);
        VM.expectRevert(
            abi.encodeWithSelector(ISettlement.ExpiryNotReached.selector, EXPIRY - 1, EXPIRY)
        );
        settlement.settle(0, EXPIRY, report);
        bytes memory second = TestCommittee.report(first + 1, 43);
        VM.warp(EXPIRY + 601);
        _expectClosed();
        settlement.settle(0, EXPIRY, second);
        (, bool isFinal) = _price();
        assertHolds("without a price never final", !isFinal);
    }

    function _expectClosed() private {
        VM.expectRevert(
            abi.encodeWithSelector(
                ISettlement.SettlementClosed.selector, block.timestamp, EXPIRY + 600
            )
        );
    }

    function test_settle_givenTheRoundItselfAfterTheWindow_isTakenWhereNothingStands() public {
        bytes memory report = TestCommittee.report(first, 42);
        VM.warp(EXPIRY + 20 days);
        (, bool isFinal) = _price();
        assertHolds("nothing yet", !isFinal);
        settlement.settle(0, EXPIRY, report);
        int256 value;
        (value, isFinal) = _price();
        assertHolds("final at once", value == 42 && isFinal);
        _expectClosed();
        settlement.settle(0, EXPIRY, report);
    }

    function test_settle_givenTheRoundItselfAfterTheWindow_changesNoPrice() public {
        bytes memory exact = TestCommittee.report(first, 42);
        _settle(first + 1, 43);
        VM.warp(EXPIRY + 601);
        (int256 value, bool isFinal) = _price();
        assertHolds("final", value == 43 && isFinal);
        _expectClosed();
        settlement.settle(0, EXPIRY, exact);
        (value, isFinal) = _price();
        assertHolds("and stays", value == 43 && isFinal);
    }

    /// @notice Markets that settle on several feeds, or at several expiries, share the contract.
    function test_settle_ofSeveralFeedsAndExpiries_keepsThemApart() public {
        uint256 second = EXPIRY + 60;
        uint32 later = TestCommittee.roundAt(second);
        settlement.settle(1, EXPIRY, TestCommittee.report(first, _words(100)));
        (int256 value, bool isFinal) = settlement.settlementPrice(1, EXPIRY);
        assertHolds("its own word", value == 101 && isFinal);
        (value, isFinal) = _price();
        assertHolds("the first feed has none", value == 0 && !isFinal);
        (value, isFinal) = settlement.settlementPrice(1, second);
        assertHolds("nor the later expiry", value == 0 && !isFinal);
        VM.warp(second);
        // Of the second expiry the exact one, of the first one that may still be lowered.
        bytes memory report = TestCommittee.report(later, _words(200));
        settlement.settle(0, EXPIRY, report);
        settlement.settle(0, second, report);
        settlement.settle(1, second, report);
        (value, isFinal) = _price();
        assertHolds("one round", value == 200 && !isFinal);
        (value, isFinal) = settlement.settlementPrice(0, second);
        assertHolds("two expiries", value == 200 && isFinal);
        (value, isFinal) = settlement.settlementPrice(1, EXPIRY);
        assertHolds("what was final stays", value == 101 && isFinal);
    }

    function test_settlementRound_beforeTheFirstCommittee_isNobodys() public {
        uint256 begins = TestCommittee.GENESIS_MS / 1000;
        (uint256 round, uint256 epoch) = settlement.settlementRound(begins);
        assertHolds("from its beginning", round == 0 && epoch == 1);
        VM.expectRevert(abi.encodeWithSelector(ISettlement.CommitteeGone.selector, 0));
        settlement.settlementRound(begins - 1);
    }

    function test_settlementRound_afterTwoHandovers_isOfNobodyHeard() public {
        ICommittees.Committee memory third = _handOverAfterTheExpiry();
        third.publicKeyParity = 0;
        third.activeFromMs += 60_000;
        hub.handOver(third, TestCommittee.signature(1, hub.handoverMessage(3, third)));
        VM.warp(EXPIRY + 120);
        hub.activate(ICommittees.HandoverSource.COMMITTEE);
        VM.expectRevert(abi.encodeWithSelector(ISettlement.CommitteeGone.selector, 1));
        settlement.settlementRound(EXPIRY);
        (, uint256 epoch) = settlement.settlementRound(EXPIRY + 60);
        assertEqual("the one between", epoch, 2);
        (, epoch) = settlement.settlementRound(EXPIRY + 120);
        assertEqual("the third", epoch, 3);
    }

    /// @notice By a clock whose rounds do not open at whole seconds it is the first that opens
    /// after the expiry, never the one before.
    function testFuzz_settlementRound_opensAtTheExpiryOrAfterIt(uint16 offsetMs, uint32 after_)
        public
    {
        ICommittees.Committee memory next = TestCommittee.committee();
        next.publicKeyParity = 1;
        next.activeFromMs = uint48((EXPIRY + 60) * 1000);
        // An hour and a round more than those before, and not on their grid.
        next.genesisMs = uint48(TestCommittee.GENESIS_MS - 3_601_000 + offsetMs % 500);
        hub.handOver(next, TestCommittee.signature(hub.handoverMessage(2, next)));
        VM.warp(EXPIRY + 60);
        hub.activate(ICommittees.HandoverSource.COMMITTEE);
        uint256 expiry = EXPIRY + 60 + after_;
        (uint256 round,) = settlement.settlementRound(expiry);
        uint256 opensMs = next.genesisMs + round * next.roundMs;
        assertHolds("not before it", opensMs >= expiry * 1000);
        assertHolds("nor a round later", opensMs < expiry * 1000 + next.roundMs);
    }

    function test_settle_givenARoundOutside_isRefused() public {
        VM.warp(EXPIRY + 600);
        bytes4 outside = ISettlement.RoundOutsideSettlement.selector;
        uint256 last = uint256(first) + 1200;
        bytes memory early = TestCommittee.report(first - 1, 42);
        VM.expectRevert(abi.encodeWithSelector(outside, first - 1, first, last));
        settlement.settle(0, EXPIRY, early);
        bytes memory late = TestCommittee.report(first + 1201, 42);
        VM.expectRevert(abi.encodeWithSelector(outside, first + 1201, first, last));
        settlement.settle(0, EXPIRY, late);
    }

    function test_settle_givenNoUsableValue_isRefused() public {
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(0, 0, 2, 2);
        bytes memory halted = TestCommittee.report(first, words);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, 0, 2));
        settlement.settle(0, EXPIRY, halted);
        bytes memory other = TestCommittee.report(first, 1);
        VM.expectRevert(abi.encodeWithSelector(PullReader.FeedAbsent.selector, 3));
        settlement.settle(3, EXPIRY, other);
        other[125] ^= 0x01;
        VM.expectRevert(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        settlement.settle(0, EXPIRY, other);
    }

    /// @dev A minute after it.
    function _handOverAfterTheExpiry() private returns (ICommittees.Committee memory next) {
        next = TestCommittee.committee();
        next.publicKeyParity = 1;
        next.activeFromMs = uint48((EXPIRY + 60) * 1000);
        hub.handOver(next, TestCommittee.signature(hub.handoverMessage(2, next)));
        VM.warp(EXPIRY + 60);
        hub.activate(ICommittees.HandoverSource.COMMITTEE);
    }

    function test_settle_givenAHandoverAfterTheExpiry_hearsTheOneBefore() public {
        ICommittees.Committee memory next = _handOverAfterTheExpiry();
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(66);
        bytes memory byNext = TestCommittee.report(next, 2, first, words);
        uint256 clock = (TestCommittee.GENESIS_MS - 5) << 32 | 500 << 16 | 130;
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.KeyUnknown.selector, 1, clock));
        settlement.settle(0, EXPIRY, byNext);
        _settle(first, 42);
        (int256 value, bool isFinal) = _price();
        assertHolds("the committee of the expiry", value == 42 && isFinal);
    }

    function test_settle_afterTheWindow_hearsTheOneBeforeForItsHour() public {
        _handOverAfterTheExpiry();
        bytes memory report = TestCommittee.report(first, 42);
        uint256 ends = EXPIRY + 60 + 1 hours;
        VM.warp(ends + 1);
        VM.expectRevert(
            abi.encodeWithSelector(ICommittees.CommitteeExpired.selector, ends + 1, ends)
        );
        settlement.settle(0, EXPIRY, report);
        VM.warp(ends);
        settlement.settle(0, EXPIRY, report);
        (int256 value, bool isFinal) = _price();
        assertHolds("in its last second", value == 42 && isFinal);
    }
}

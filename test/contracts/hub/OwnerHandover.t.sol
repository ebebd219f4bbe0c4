// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {FeedStatistics} from "../../../contracts/src/FeedStatistics.sol";
import {Settlement} from "../../../contracts/src/Settlement.sol";
import {PythAdapter} from "../../../contracts/src/adapters/PythAdapter.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {PythErrors} from "../../../contracts/src/interfaces/IPyth.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title The cheat codes that read events
interface LogVm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function recordLogs() external;

    function getRecordedLogs() external returns (Log[] memory);
}

/// @title What a committee that the owner names decides over, and what stays with the one before
/// @notice The one before did not agree to go: until the activation it reports, and from then on it
/// is whoever the owner wanted out.
contract OwnerHandoverTest is HubFixture {
    ICommittees.HandoverSource internal constant SIGNED = ICommittees.HandoverSource.COMMITTEE;
    ICommittees.HandoverSource internal constant PROPOSED = ICommittees.HandoverSource.OWNER;
    LogVm internal constant LOGS = LogVm(address(VM));
    bytes32 internal constant ID = keccak256("an id");

    /// @dev When the owner's committee may begin, and a moment between that and its activation.
    uint256 internal constant READY = START + OWNER_DELAY;
    uint256 internal constant EXPIRY = READY + 3 days;
    uint256 internal constant ACTIVATED = READY + 13 days;

    Settlement internal settlement;
    ICommittees.Committee internal next;

    function setUp() public {
        _setUpHub();
        settlement = Settlement(deploy("Settlement", abi.encode(hub)));
        _deliver(_words(1000));
        next = TestCommittee.committee();
        next.digest = keccak256("the owner's");
        next.publicKeyParity = 1;
        next.activeFromMs = uint48(READY * 1000);
        VM.prank(OWNER);
        hub.proposeCommittee(next);
    }

    function _activate(uint256 time) private {
        VM.warp(time);
        hub.activate(PROPOSED);
    }

    function _reportBy(ICommittees.Committee memory by, uint256 number, uint256 time, int64 base)
        private
        pure
        returns (bytes memory)
    {
        uint256 round = (time * 1000 - by.genesisMs + by.roundMs - 1) / by.roundMs;
        return TestCommittee.report(by, number, uint32(round), _words(base));
    }

    function _byBefore(uint256 time, int64 base) private pure returns (bytes memory) {
        return _reportBy(TestCommittee.committee(), 1, time, base);
    }

    function test_activate_late_beginsThen() public {
        _activate(ACTIVATED);
        assertEqual("in milliseconds", hub.committee(2).activeFromMs, ACTIVATED * 1000);
        assertHolds("otherwise as proposed", hub.committee(2).digest == next.digest);
    }

    /// @notice Nobody settled an expiry at which the committee before was in office and reported.
    function test_settle_ofAnExpiryBeforeTheActivation_staysWithTheOneBefore() public {
        bytes memory chosen = _reportBy(next, 2, EXPIRY, 99_000);
        bytes memory said = _byBefore(EXPIRY, 42);
        _activate(ACTIVATED);
        (, uint256 number) = settlement.settlementRound(EXPIRY);
        assertEqual("whose", number, 1);
        (bool done,) = address(settlement).call(
            abi.encodeCall(settlement.settle, (0, EXPIRY, chosen))
        );
        assertHolds("the owner's committee is not asked", !done);
        settlement.settle(0, EXPIRY, said);
        (int256 value, bool isFinal) = settlement.settlementPrice(0, EXPIRY);
        assertHolds("what was said then", value == 42 && isFinal);
        (, number) = settlement.settlementRound(ACTIVATED - 1);
        assertEqual("to the last second", number, 1);
        (, number) = settlement.settlementRound(ACTIVATED);
        assertEqual("from the activation on", number, 2);
    }

    /// @notice The same of the first price at or after a second, which has one answer, ever.
    function test_parseUnique_ofASecondBeforeTheActivation_hasNoOtherAnswer() public {
        PythAdapter.Entry[] memory entries = new PythAdapter.Entry[](1);
        entries[0] = PythAdapter.Entry(ID, 0);
        address statistics = deploy("FeedStatistics", abi.encode(hub));
        PythAdapter pyth = PythAdapter(
            deploy("PythAdapter", abi.encode(hub, FeedStatistics(statistics), 3600, entries))
        );
        bytes[] memory updates = new bytes[](1);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = ID;
        VM.warp(EXPIRY);
        updates[0] = _byBefore(EXPIRY, 42);
        pyth.parsePriceFeedUpdatesUnique(updates, ids, uint64(EXPIRY), uint64(EXPIRY));
        updates[0] = _reportBy(next, 2, EXPIRY, 99_000);
        _activate(ACTIVATED);
        VM.expectRevert(
            abi.encodeWithSelector(PythErrors.PriceFeedNotFoundWithinRange.selector)
        );
        pyth.parsePriceFeedUpdatesUnique(updates, ids, uint64(EXPIRY), uint64(EXPIRY));
    }

    /// @notice By reports ahead of the block it would keep its successor's out for the whole hour:
    /// their times are older, and the whole delivery ends with that.
    function test_update_byTheOneThatTheOwnerReplaced_isRefused() public {
        bytes memory ahead = _byBefore(ACTIVATED + FUTURE_MAX, 99_000);
        ahead[6] |= 0x08;
        _activate(ACTIVATED);
        bytes4 refusal = _refusal(_update(ahead));
        assertHolds("by its name", refusal == ICommittees.CommitteeExpired.selector);
        _send(_update(_reportBy(next, 2, ACTIVATED, 66)));
        assertHolds("its successor reports at once", hub.latest(0).value == 66);
        // What was certified before can still be shown, where the one before is asked for.
        bytes memory past = _byBefore(ACTIVATED - 1, 42);
        past[6] |= 0x08;
        _send(abi.encodePacked(IPriceFeeds.pullByPrevious.selector, past));
    }

    /// @notice After a hand-over that was signed it is heard as always.
    function test_update_afterASignedHandoverThatFollows_isTaken() public {
        _activate(ACTIVATED);
        _send(_update(_reportBy(next, 2, ACTIVATED, 66)));
        ICommittees.Committee memory third = TestCommittee.committee();
        third.activeFromMs = uint48((ACTIVATED + 60) * 1000);
        hub.handOver(third, TestCommittee.signature(1, hub.handoverMessage(3, third)));
        VM.warp(ACTIVATED + 60);
        hub.activate(SIGNED);
        bytes memory late = _reportBy(next, 2, ACTIVATED + 60, 55);
        late[6] |= 0x08;
        _send(_update(late));
        assertHolds("taken", hub.latest(0).value == 55);
    }

    /// @notice A proposal that another committee outran is void already: nothing is taken back.
    function test_withdrawProposal_ofOneThatWasOutrun_saysNothing() public {
        ICommittees.Committee memory signed = next;
        signed.activeFromMs = uint48((START + 60) * 1000);
        hub.handOver(signed, TestCommittee.signature(hub.handoverMessage(2, signed)));
        VM.warp(START + 60);
        hub.activate(SIGNED);
        LOGS.recordLogs();
        VM.prank(OWNER);
        hub.withdrawProposal();
        assertEqual("events", LOGS.getRecordedLogs().length, 0);
        assertEqual("and it is gone", hub.handover(PROPOSED).epoch, 0);
    }
}

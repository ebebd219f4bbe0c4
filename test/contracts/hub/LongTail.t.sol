// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {PullReader} from "../../../contracts/src/libraries/PullReader.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {LongTailFixture} from "./LongTailFixture.sol";

/// @title A consumer whose user brings a report of a long-tail feed along
contract LongTailConsumer {
    function read(IPriceFeeds hub, uint256 feed, bytes calldata report)
        external
        returns (int256 value, uint256 time)
    {
        return PullReader.updateAndRead(hub, feed, IPriceFeeds.Guard(0, 0, 3), report);
    }
}

/// @title Long-tail feeds: four in a word
contract LongTailTest is LongTailFixture {
    function setUp() public {
        _setUpLongTail();
    }

    function test_update_storesTheChosenWordsOnly() public {
        _deliver(_lanes(100), 0x05);
        assertHolds("first word", hub.latest(FLAGSHIPS).value == 100);
        assertHolds("its last lane", hub.latest(FLAGSHIPS + 3).value == 103);
        assertEqual("second word", hub.latest(FLAGSHIPS + 4).status, 0);
        assertHolds("third word", hub.latest(FLAGSHIPS + 11).value == 111);
    }

    function testFuzz_latest_givenAnyLane_isWhatWasSigned(int32 mantissa, uint8 exponent) public {
        // 29 bits with the sign.
        mantissa = (mantissa << 3) >> 3;
        exponent = uint8(bound(exponent, 0, 35));
        bytes25[] memory words = new bytes25[](1);
        uint256 other = TestCommittee.lane(7, 1, 1);
        uint256 signed = TestCommittee.lane(mantissa, exponent, 1);
        words[0] = TestCommittee.laneWord([other, signed, other, other]);
        _deliver(words, 1);
        IPriceFeeds.Feed memory feed = hub.latest(FLAGSHIPS + 1);
        assertHolds("value", feed.value == int256(mantissa) * int256(1 << exponent));
        assertEqual("time", feed.time, block.timestamp);
        assertEqual("observers", feed.observers, 4);
        assertHolds("beside it", hub.latest(FLAGSHIPS + 2).value == 14);
    }

    function test_update_givenNothingNewer_isRefused() public {
        bytes memory first = _signed(_lanes(100), 0x07);
        _send(_update(first));
        uint256 given = block.timestamp * 1000;
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.LongTailNotNewer.selector, given, given)
        );
        _send(_update(first));
    }

    function test_updateAndRead_readsWhatCame_alsoAfterAnother() public {
        LongTailConsumer consumer = new LongTailConsumer();
        bytes memory report = _signed(_lanes(100), 0x02);
        (int256 value, uint256 time) = consumer.read(hub, FLAGSHIPS + 5, report);
        assertHolds("brought", value == 105 && time == block.timestamp);
        // The same again, and one that another delivery has overtaken.
        (value,) = consumer.read(hub, FLAGSHIPS + 5, report);
        assertHolds("again", value == 105);
        VM.warp(block.timestamp + 1);
        _deliver(_lanes(200), 0x02);
        (value, time) = consumer.read(hub, FLAGSHIPS + 5, report);
        assertHolds("the newer", value == 205 && time == block.timestamp);
    }

    function test_updateAndRead_givenAChangedWord_isRefused() public {
        LongTailConsumer consumer = new LongTailConsumer();
        bytes memory report = _signed(_lanes(100), 0x02);
        report[report.length - 3] ^= 0x01;
        VM.expectRevert(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        consumer.read(hub, FLAGSHIPS + 5, report);
    }

    function test_pull_givenAPage_isRefused() public {
        bytes memory report = _signed(_lanes(100), 0x02);
        (bool done,) =
            address(hub).staticcall(bytes.concat(IPriceFeeds.pull_mfwu.selector, report));
        assertHolds("refused", !done);
    }

    function test_update_givenAPartDeliveredBefore_storesTheRest() public {
        bytes25[] memory words = _lanes(100);
        _deliver(words, 0x01);
        _deliver(words, 0x07);
        assertHolds("the rest", hub.latest(FLAGSHIPS + 8).value == 108);
    }

    function test_price_isGuardedLikeAnyOther() public {
        IPriceFeeds.Guard memory guard = IPriceFeeds.Guard(0, 0, 3);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, FLAGSHIPS, 0)
        );
        hub.price_CQcm(FLAGSHIPS, guard);
        _deliver(_lanes(100), 0x07);
        (int256 value,) = hub.price_CQcm(FLAGSHIPS + 5, guard);
        assertHolds("value", value == 105);
        guard.observersMin = 5;
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.FeedThin.selector, FLAGSHIPS + 5, 4, 5)
        );
        hub.price_CQcm(FLAGSHIPS + 5, guard);
        guard.observersMin = 0;
        // The heartbeat is the shortest of the four: 60 s, and a minute for delivery.
        VM.warp(block.timestamp + 120);
        hub.price_CQcm(FLAGSHIPS + 5, guard);
        VM.warp(block.timestamp + 1);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, FLAGSHIPS + 5, 121, 120)
        );
        hub.price_CQcm(FLAGSHIPS + 5, guard);
    }

    function test_chainlinksForm_givesTheLatestUnderItsTime() public {
        uint256 feed = FLAGSHIPS + 6;
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedEmpty.selector, feed));
        hub.latestRoundData_5d7w(feed);
        _deliver(_lanes(100), 0x07);
        (uint80 id, int256 answer,, uint256 updatedAt,) = hub.latestRoundData_5d7w(feed);
        assertHolds("answer", answer == 106 && updatedAt == block.timestamp);
        assertEqual("id", id, feed << 64 | block.timestamp * 1000);
        (, answer,,,) = hub.getRoundData(feed, id);
        assertHolds("the same", answer == 106);
        uint256 newest = uint64(id);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.SequenceTooOld.selector, newest - 1, newest)
        );
        hub.getRoundData(feed, id - 1);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.HistoryNotKept.selector, feed));
        hub.average(feed, block.timestamp - 10, block.timestamp);
    }

    function test_read_givenAnUnavailableLane_haltsThatFeedAlone() public {
        bytes25[] memory words = new bytes25[](1);
        uint256 good = TestCommittee.lane(7, 0, 1);
        words[0] = TestCommittee.laneWord([good, TestCommittee.lane(0, 0, 2), good, good]);
        _deliver(words, 1);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, FLAGSHIPS + 1, 2)
        );
        hub.latestRoundData_5d7w(FLAGSHIPS + 1);
        (, int256 answer,,,) = hub.latestRoundData_5d7w(FLAGSHIPS);
        assertHolds("its neighbour", answer == 7);
    }

    function test_updateByPrevious_givenWordsOfItsSuccessor_isRefused() public {
        ICommittees.Committee memory next = TestCommittee.committee();
        next.publicKeyParity = 1;
        next.activeFromMs = uint48((block.timestamp + 60) * 1000);
        hub.handOver(next, TestCommittee.signature(hub.handoverMessage(2, next)));
        VM.warp(block.timestamp + 60);
        hub.activate(ICommittees.HandoverSource.COMMITTEE);
        bytes memory late = _signed(_lanes(100), 0x07);
        late[6] |= 0x08;
        _send(_update(late));
        VM.warp(block.timestamp + 1);
        uint32 round = TestCommittee.roundAt(block.timestamp);
        _send(_update(TestCommittee.report(next, 2, round, _lanes(200), 0x02)));
        VM.warp(block.timestamp + 1);
        late = _signed(_lanes(300), 0x05);
        late[6] |= 0x08;
        _send(_update(late));
        VM.warp(block.timestamp + 1);
        late = _signed(_lanes(400), 0x07);
        late[6] |= 0x08;
        _expectRefused(late, ICommittees.CommitteeSuperseded.selector);
        assertHolds("its successor's", hub.latest(FLAGSHIPS + 4).value == 204);
        assertHolds("beside it", hub.latest(FLAGSHIPS).value == 300);
    }

    function testFuzz_update_givenAnyBitFlipped_isRefused(uint256 chance) public {
        _deliver(_lanes(100), 0x07);
        VM.warp(block.timestamp + 10);
        bytes memory data = _update(_signed(_lanes(200), 0x07));
        uint256 bit = bound(chance, 32, data.length * 8 - 1);
        // Which words to store is for the sender to say.
        VM.assume(bit / 8 < data.length - 2);
        data[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        bytes32 before = _storedTail();
        assertHolds("refused by a name", _refusal(data) != 0);
        assertHolds("storage is unchanged", _storedTail() == before);
    }

    function test_update_givenAPageThatIsNone_isRefused() public {
        bytes memory data = _signed(_lanes(100), 0x08);
        _expectRefused(data, IPriceFeeds.ProofMalformed.selector);
        data = _signed(_lanes(100), 0x00);
        _expectRefused(data, IPriceFeeds.ProofMalformed.selector);
        data = _signed(_lanes(100), 0x07);
        // Another page, a page of fewer words, and one beyond the last.
        data[117] = 0x12;
        _expectRefused(data, ICommittees.SignatureInvalid.selector);
        data[117] = 0x01;
        _expectRefused(data, IPriceFeeds.ProofMalformed.selector);
        (data[116], data[117]) = (0x05, 0x02);
        _expectRefused(data, IPriceFeeds.FeedOutOfRange.selector);
        data = abi.encodePacked(_signed(_lanes(100), 0x07), uint8(0));
        _expectRefused(data, ICommittees.LengthMismatch.selector);
    }

    function _expectRefused(bytes memory report, bytes4 selector) private {
        assertHolds("refused by its name", _refusal(_update(report)) == selector);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AggregatorFacade} from "../../../contracts/src/adapters/AggregatorFacade.sol";
import {AggregatorInterface} from "../../../contracts/src/interfaces/AggregatorInterface.sol";
import {AggregatorV3Interface} from "../../../contracts/src/interfaces/AggregatorV3Interface.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {FeedWord} from "../../../contracts/src/libraries/FeedWord.sol";
import {PullReader} from "../../../contracts/src/libraries/PullReader.sol";
import {PullConsumer} from "../../../contracts/src/testing/PullConsumer.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title A sequencer whose state the test sets
contract FakeSequencer {
    int256 internal _isDown;
    uint256 internal _since;

    function set(int256 isDown, uint256 since) external {
        (_isDown, _since) = (isDown, since);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _isDown, _since, _since, 1);
    }
}

/// @title What readers get, and what they are refused
contract ReadsTest is HubFixture {
    using FeedWord for uint256;

    FakeSequencer internal uptime = new FakeSequencer();
    PullConsumer internal consumer;

    function setUp() public {
        consumer = PullConsumer(deploy("PullConsumer", ""));
        _setUpHub();
        uptime.set(0, START - 7200);
    }

    function _sequencer() internal view override returns (address) {
        return address(uptime);
    }

    function _words1(bytes12 only) private pure returns (bytes12[] memory words) {
        words = new bytes12[](1);
        words[0] = only;
    }

    /// @dev The chosen feeds by ascending index.
    function _chosen(uint8 bits) private pure returns (uint256[] memory feeds) {
        uint256 count;
        feeds = new uint256[](FEED_COUNT);
        for (uint256 feed = 0; feed < FEED_COUNT; feed++) {
            if ((bits >> feed) & 1 == 1) feeds[count++] = feed;
        }
        assembly {
            mstore(feeds, count)
        }
    }

    function testFuzz_readMany_givesEachFeedItsValue(int64 base, uint8 bits) public {
        base /= 2;
        bytes memory report =
            TestCommittee.report(TestCommittee.roundAt(block.timestamp), _words(base));
        uint256[] memory feeds = _chosen(bits);
        (int256[] memory values,) = consumer.readMany(hub, feeds, 60, report);
        for (uint256 i = 0; i < feeds.length; i++) {
            assertHolds("value", values[i] == base + int256(feeds[i]));
        }
    }

    function test_readMany_givenWhatTheReportDoesNotSay_reverts() public {
        bytes memory report =
            TestCommittee.report(TestCommittee.roundAt(block.timestamp), _words(7));
        uint256[] memory feeds = _chosen(0x06);
        (feeds[0], feeds[1]) = (2, 1);
        _expect(abi.encodeWithSelector(PullReader.FeedAbsent.selector, 1));
        consumer.readMany(hub, feeds, 60, report);
        (feeds[0], feeds[1]) = (2, FEED_COUNT);
        _expect(abi.encodeWithSelector(PullReader.FeedAbsent.selector, FEED_COUNT));
        consumer.readMany(hub, feeds, 60, report);
        VM.warp(block.timestamp + 61);
        feeds = _chosen(0x06);
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 1, 61, 60));
        consumer.readMany(hub, feeds, 60, report);
    }

    function _expect(bytes memory error) private {
        VM.expectRevert(error);
    }

    function _facade(uint16 feed) private returns (address) {
        return deploy("AggregatorFacade", abi.encode(hub, feed));
    }

    function testFuzz_latest_givenAnyWord_isWhatWasSigned(
        int64 value,
        uint24 spreadCode,
        uint8 observers
    ) public {
        observers &= 31;
        _deliver(_words1(TestCommittee.word(value, spreadCode, observers, 1)));
        IPriceFeeds.Feed memory feed = hub.latest(0);
        assertHolds("value", feed.value == value);
        assertEqual("spread", feed.spread, uint256(spreadCode & 0x3ffff) << (spreadCode >> 18));
        assertEqual("observers", feed.observers, observers);
        assertEqual("time", feed.time, block.timestamp);
        assertEqual("sequence", feed.sequence, 1);
        assertEqual("heartbeat", feed.heartbeatSeconds, 60);
    }

    function testFuzz_history_givenAnyValues_keepsEachWithItsTime(int64[] memory values) public {
        // Longer ones say the same again, and a million of them take an hour.
        if (values.length > 8) {
            assembly {
                mstore(values, 8)
            }
        }
        uint256[] memory times = new uint256[](values.length);
        for (uint256 i = 0; i < values.length; i++) {
            VM.warp(block.timestamp + 1 + uint64(values[i]) % 50);
            times[i] = block.timestamp;
            _deliver(values[i]);
        }
        AggregatorV3Interface facade = AggregatorV3Interface(_facade(0));
        for (uint256 i = 0; i < values.length; i++) {
            uint80 id = uint80(i + 1);
            (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 in_) =
                facade.getRoundData(id);
            assertHolds("answer", answer == values[i]);
            assertHolds("numbers", roundId == id && in_ == id);
            assertHolds("times", startedAt == times[i] && updatedAt == times[i]);
        }
    }

    function test_facade_answersBothInterfaces() public {
        _deliver(_words(1000));
        VM.warp(START + 10);
        _deliver(_words(2000));
        AggregatorV3Interface v3 = AggregatorV3Interface(_facade(3));
        AggregatorInterface v2 = AggregatorInterface(address(v3));
        uint80 first = uint80((3 << 64) | 1);
        (uint80 roundId, int256 answer,, uint256 updatedAt,) = v3.latestRoundData();
        assertHolds("latest", roundId == first + 1 && answer == 2003 && updatedAt == START + 10);
        assertEqual("decimals", v3.decimals(), 8);
        assertHolds("name", keccak256(bytes(v3.description())) == keccak256("FEED/USD"));
        assertEqual("version", v3.version(), 1);
        assertHolds("V2", v2.latestAnswer() == 2003 && v2.latestTimestamp() == START + 10);
        assertHolds("V2 rounds", v2.latestRound() == first + 1 && v2.getAnswer(first) == 1003);
        assertEqual("V2 time", v2.getTimestamp(first), START);
    }

    function test_getRoundData_givenNumbersOfNoValue_reverts() public {
        _deliver(_words(1));
        _expect(abi.encodeWithSelector(IPriceFeeds.SequenceUnknown.selector, 2, 1));
        hub.getRoundData(0, 2);
        _expect(abi.encodeWithSelector(IPriceFeeds.SequenceUnknown.selector, 0, 1));
        hub.getRoundData(0, 0);
        _expect(abi.encodeWithSelector(IPriceFeeds.SequenceUnknown.selector, 1 << 64 | 1, 1));
        hub.getRoundData(0, uint80(1 << 64 | 1));
        VM.warp(START + 10);
        _deliver(_words(2));
        _expect(abi.encodeWithSelector(IPriceFeeds.SequenceTooOld.selector, 1, 2));
        hub.getRoundData(7, uint80(7 << 64 | 1));
    }

    function test_facade_givenAValueBelowZero_saysIt() public {
        address facade = _facade(0);
        _deliver(-26_500);
        (, int256 answer,,,) = AggregatorV3Interface(facade).latestRoundData();
        assertHolds("round data", answer == -26_500);
        assertHolds("answer", AggregatorInterface(facade).latestAnswer() == -26_500);
        (int256 guarded,) = hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        assertHolds("guarded", guarded == -26_500);
    }

    function test_latestRoundData_givenNoValue_reverts() public {
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedEmpty.selector, 0));
        hub.latestRoundData_5d7w(0);
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedOutOfRange.selector, 1024, 1023));
        hub.latestRoundData_5d7w(1024);
    }

    function test_price_givenAnUnavailableFeed_reverts() public {
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, 0, 0));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        _deliver(100);
        VM.warp(START + 10);
        _deliver(_words1(TestCommittee.word(0, 0, 2, 2)));
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, 0, 2));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        (, int256 answer,, uint256 updatedAt,) = hub.latestRoundData_5d7w(0);
        assertHolds("the last value ages", answer == 100 && updatedAt == START);
    }

    function test_price_givenAnAge_isGivenToTheSecond() public {
        _deliver(100);
        VM.warp(START + 120);
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        VM.warp(START + 121);
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 0, 121, 120));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        (int256 value, uint256 time) = hub.price_CQcm(0, IPriceFeeds.Guard(121, 0, 0));
        assertHolds("a longer age of one's own", value == 100 && time == START);
    }

    function testFuzz_price_givenASpread_isRefusedBeyondTheLimit(int64 value, uint16 bps) public {
        VM.assume(value > type(int64).min && bps > 0);
        uint256 magnitude = uint256(int256(value < 0 ? -value : value));
        uint256 limit = magnitude * bps / 10_000;
        VM.assume(limit < 0x3ffff);
        _deliver(_words1(TestCommittee.word(value, uint24(limit), 4, 1)));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, bps, 0));
        VM.warp(START + 1);
        _deliver(_words1(TestCommittee.word(value, uint24(limit + 1), 4, 1)));
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedWide.selector, 0, limit + 1, limit));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, bps, 0));
    }

    function test_price_givenFewObservers_reverts() public {
        _deliver(100);
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 4));
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedThin.selector, 0, 4, 5));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 5));
    }

    function test_price_givenASequencerThatWasDown_waits() public {
        _deliver(100);
        uptime.set(1, START - 10);
        _expect(abi.encodeWithSelector(IPriceFeeds.SequencerDown.selector));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        uptime.set(0, 0);
        _expect(abi.encodeWithSelector(IPriceFeeds.SequencerDown.selector));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        uptime.set(0, START - 3600);
        _expect(abi.encodeWithSelector(IPriceFeeds.SequencerGrace.selector, 3600, 3600));
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
        uptime.set(0, START - 3601);
        hub.price_CQcm(0, IPriceFeeds.Guard(0, 0, 0));
    }

    function test_priceOnce_givenAnUpdateInBetween_reverts() public {
        _deliver(100);
        hub.priceOnce(0, IPriceFeeds.Guard(0, 0, 0));
        hub.priceOnce(0, IPriceFeeds.Guard(0, 0, 0));
        VM.warp(START + 1);
        _deliver(101);
        _expect(abi.encodeWithSelector(IPriceFeeds.PriceChangedInTransaction.selector, 0));
        hub.priceOnce(0, IPriceFeeds.Guard(0, 0, 0));
    }

    function testFuzz_pull_givenAReport_givesWhatAnUpdateWouldStore(int64 base) public {
        base = base / 2;
        uint32 round = TestCommittee.roundAt(block.timestamp);
        bytes memory report = TestCommittee.report(round, _words(base));
        uint256[] memory words = consumer.words(hub, report);
        _send(_update(report));
        assertEqual("all of them", words.length, FEED_COUNT);
        for (uint256 feed = 0; feed < FEED_COUNT; feed++) {
            IPriceFeeds.Feed memory stored = hub.latest(feed);
            uint256 word = words[feed];
            assertEqual("feed", word & 0xffff, feed);
            assertHolds("value", word.value() == stored.value);
            assertHolds("time", word.time() == stored.time && word.round() == stored.round);
            assertHolds("status", word.status() == 1 && word.observers() == stored.observers);
        }
    }

    function test_pull_givenAnAge_isReadToTheSecond() public {
        bytes memory report = TestCommittee.report(TestCommittee.roundAt(START), 42);
        VM.warp(START + 500);
        (int256 value, uint256 time) = consumer.read(hub, 0, 500, report);
        assertHolds("older than a latest value may be", value == 42 && time == START);
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 0, 500, 499));
        consumer.read(hub, 0, 499, report);
        _expect(abi.encodeWithSelector(PullReader.FeedAbsent.selector, 1));
        consumer.read(hub, 1, 500, report);
        assertEqual("nothing is stored", hub.latest(0).sequence, 0);
    }

    function test_pull_givenAFeedThatIsUnavailable_isHalted() public {
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(0, 0, 1, 2);
        bytes memory report = TestCommittee.report(TestCommittee.roundAt(START), words);
        _expect(abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, 0, 2));
        consumer.read(hub, 0, 500, report);
    }

    function test_pull_givenAPathWithoutItsEnd_isRefused() public {
        bytes memory report = TestCommittee.report(TestCommittee.roundAt(START), 42);
        // No steps again, in a second form; a byte behind it must not make up for it.
        for (uint256 spare = 0; spare < 3; spare++) {
            bytes memory second = abi.encodePacked(report, uint24(2), new bytes(spare));
            _expect(abi.encodeWithSelector(IPriceFeeds.ProofMalformed.selector));
            consumer.read(hub, 0, 500, second);
            (bool done, bytes memory reason) =
                address(hub).call(bytes.concat(IPriceFeeds.update_WNFio.selector, second));
            bool isNamed = bytes4(reason) == IPriceFeeds.ProofMalformed.selector;
            assertHolds("delivered", !done && isNamed);
        }
    }

    function test_pull_givenAForgedReport_reverts() public {
        bytes memory report = TestCommittee.report(TestCommittee.roundAt(START), 42);
        report[125] ^= 0x01;
        _expect(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        consumer.read(hub, 0, 500, report);
    }

    function test_updateAndRead_givenANewerValue_readsThat() public {
        uint32 round = TestCommittee.roundAt(START);
        bytes memory report = TestCommittee.report(round, 42);
        (int256 value,) = consumer.updateAndRead(hub, 0, report);
        assertHolds("delivered", value == 42);
        VM.warp(START + 1);
        _deliver(43);
        (value,) = consumer.updateAndRead(hub, 0, report);
        assertHolds("newer", value == 43);
        report = TestCommittee.report(round + 4, 44);
        report[125] ^= 0x01;
        _expect(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        consumer.updateAndRead(hub, 0, report);
    }
}

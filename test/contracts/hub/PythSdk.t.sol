// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters} from "../../../contracts/src/PriceFeeds.sol";
import {PythReports} from "../../../contracts/src/adapters/PythReports.sol";
import {PythAdapter} from "../../../contracts/src/adapters/PythAdapter.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {IPyth, PythErrors} from "../../../contracts/src/interfaces/IPyth.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestHub} from "../../../contracts/src/testing/TestHub.sol";
import {HubFixture} from "./HubFixture.sol";
import {SdkConsumer, SdkPyth, SdkStructs} from "./PythSdk.sol";

/// @title A consumer that was compiled against the signatures of Pyth's SDK
contract PythSdkTest is HubFixture {
    bytes32 internal constant BTC = keccak256("BTC/USD");
    bytes32 internal constant ETH = keccak256("ETH/USD");
    /// @dev A second at which a round opens, and it closes within the second.
    uint64 internal constant SECOND = uint64(START) + 100;
    SdkConsumer internal consumer;
    SdkPyth internal pyth;

    function setUp() public {
        _setUpHub();
        PythAdapter.Entry[] memory entries = new PythAdapter.Entry[](3);
        entries[0] = PythAdapter.Entry(BTC, 0);
        entries[1] = PythAdapter.Entry(ETH, 1);
        // Without history.
        entries[2] = PythAdapter.Entry(keccak256("none"), 7);
        address statistics = deploy("FeedStatistics", abi.encode(hub));
        pyth = SdkPyth(deploy("PythAdapter", abi.encode(hub, statistics, 3600, entries)));
        consumer = new SdkConsumer(pyth);
        VM.warp(SECOND + 10);
    }

    /// @dev The report of a round, of which there are two in a second.
    function _report(uint256 halves, int64 value) private pure returns (bytes memory) {
        return TestCommittee.report(TestCommittee.roundAt(SECOND) + uint32(halves), _words(value));
    }

    /// @dev The same, in which the first feed is unavailable.
    function _halted(uint256 halves) private pure returns (bytes memory) {
        bytes12[] memory words = _words(666);
        words[0] = TestCommittee.word(0, 0, 0, 2);
        return TestCommittee.report(TestCommittee.roundAt(SECOND) + uint32(halves), words);
    }

    function _data(bytes memory one) private pure returns (bytes[] memory data) {
        data = new bytes[](1);
        data[0] = one;
    }

    function _data(bytes memory one, bytes memory two)
        private
        pure
        returns (bytes[] memory data)
    {
        data = new bytes[](2);
        (data[0], data[1]) = (one, two);
    }

    function _ids() private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = BTC;
    }

    function _unique(bytes[] memory data, uint64 from, uint64 to) private returns (int64) {
        return pyth.parsePriceFeedUpdatesUnique(data, _ids(), from, to)[0].price.price;
    }

    /// @dev That these reports prove no first price in the range.
    function _unproven(bytes[] memory data, uint64 from, uint64 to) private {
        VM.expectRevert(
            abi.encodeWithSelector(PythErrors.PriceFeedNotFoundWithinRange.selector)
        );
        pyth.parsePriceFeedUpdatesUnique(data, _ids(), from, to);
    }

    function test_sdk_hasTheSelectorsOfTheAdapter() public pure {
        assertHolds("IPyth", type(SdkPyth).interfaceId == type(IPyth).interfaceId);
        bytes4 config = bytes4(
            keccak256(
                "parsePriceFeedUpdatesWithConfig(bytes[],bytes32[],uint64,uint64,bool,bool,bool)"
            )
        );
        assertHolds("config", IPyth.parsePriceFeedUpdatesWithConfig.selector == config);
    }

    function test_query_givesPriceAndAverage() public {
        assertHolds("none yet", !pyth.priceFeedExists(BTC) && !pyth.priceFeedExists(bytes32(0)));
        _deliver(1e12);
        assertHolds("there", pyth.priceFeedExists(BTC) && !pyth.priceFeedExists(ETH));
        VM.warp(block.timestamp + 100_000);
        _deliver(_words(2e12));
        VM.warp(block.timestamp + 3600);
        SdkStructs.PriceFeed memory feed = pyth.queryPriceFeed(BTC);
        assertHolds("id", feed.id == BTC && feed.price.price == 2e12 && feed.price.expo == -8);
        assertHolds("average", feed.emaPrice.price / 1e6 == 1_632_120);
        // A feed that keeps no history has a price and no average.
        assertHolds("exists", pyth.priceFeedExists(keccak256("none")));
        assertHolds("price", pyth.getPriceUnsafe(keccak256("none")).price == 2e12 + 7);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.HistoryNotKept.selector, 7));
        pyth.queryPriceFeed(keccak256("none"));
    }

    function test_getPrice_isValidForTheHeartbeatAndAMinute() public {
        _deliver(1e12);
        assertEqual("valid", pyth.getValidTimePeriod(), 120);
        VM.warp(block.timestamp + 120);
        assertHolds("price", consumer.validPrice(BTC) == 1e12 && pyth.getEmaPrice(BTC).price > 0);
        VM.warp(block.timestamp + 1);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.StalePrice.selector));
        pyth.getPrice(BTC);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.StalePrice.selector));
        pyth.getEmaPrice(BTC);
    }

    function test_averagesOfUpdates_areRefusedByName() public {
        VM.expectRevert(abi.encodeWithSelector(PythReports.AverageNotSigned.selector));
        pyth.getTwapUpdateFee(_data(""));
        VM.expectRevert(abi.encodeWithSelector(PythReports.AverageNotSigned.selector));
        pyth.parseTwapPriceFeedUpdates(_data("", ""), _ids());
    }

    function test_unique_givenTheRoundThatOpens_isThatPrice() public {
        assertHolds("first", _unique(_data(_report(0, 100)), SECOND, SECOND) == 100);
        // The next round has the same second, and is not the first.
        _unproven(_data(_report(1, 200)), SECOND, SECOND);
        assertHolds("either", _anyOf(_report(1, 200)) == 200);
        bytes[] memory both = _data(_report(1, 200), _report(0, 100));
        assertHolds("order", _unique(both, SECOND, SECOND) == 100);
        // Of the next second it is not, although the range holds it.
        _unproven(_data(_report(2, 300)), SECOND, SECOND + 9);
    }

    function _anyOf(bytes memory report) private returns (int64) {
        return pyth.parsePriceFeedUpdates(_data(report), _ids(), SECOND, SECOND)[0].price.price;
    }

    function test_unique_givenAFeedThatWasUnavailable_needsTheReportThatSaysIt() public {
        _unproven(_data(_halted(0)), SECOND, SECOND);
        assertHolds("next", _unique(_data(_halted(0), _report(1, 200)), SECOND, SECOND) == 200);
        // A round between them that nobody brings may have had a price.
        _unproven(_data(_halted(0), _report(2, 300)), SECOND, SECOND + 9);
        // Nor does the report of a feed's absence say anything that begins later.
        _unproven(_data(_halted(1), _report(2, 300)), SECOND, SECOND + 9);
    }

    /// @dev Rounds that open 50 ms before the second and may close after it: only the report of
    /// that round says that it was not in the second yet.
    function test_unique_givenARoundOpenOverTheSecond_needsItsReport() public {
        ICommittees.Committee memory by = TestCommittee.committee();
        by.genesisMs += 450;
        by.activeFromMs = by.genesisMs;
        SdkPyth other = _otherPyth(by);
        bytes memory before = _reportBy(by, SECOND, 100);
        bytes memory first = _reportBy(by, SECOND + 1, 200);
        bytes memory second = TestCommittee.report(
            by, 1, _roundBefore(by, SECOND + 1) + 1, _words(300)
        );
        _unprovenBy(other, _data(second));
        bytes[] memory data = _data(first, second);
        int64 price =
            other.parsePriceFeedUpdatesUnique(data, _ids(), SECOND + 1, SECOND + 1)[0].price.price;
        assertHolds("proven", price == 300);
        // That of an older round says nothing about the one between.
        _unprovenBy(other, _data(before, second));
    }

    function _otherPyth(ICommittees.Committee memory by) private returns (SdkPyth) {
        IPriceFeeds.FeedConfig[] memory feeds = new IPriceFeeds.FeedConfig[](1);
        feeds[0] = IPriceFeeds.FeedConfig("BTC/USD", 8, 60);
        Parameters memory parameters = TestHub.parameters(feeds);
        parameters.committee = by;
        address made = deploy("PriceFeeds", abi.encode(parameters));
        PythAdapter.Entry[] memory entries = new PythAdapter.Entry[](1);
        entries[0] = PythAdapter.Entry(BTC, 0);
        return SdkPyth(deploy("PythAdapter", abi.encode(made, address(0), 3600, entries)));
    }

    /// @dev The round that opens 50 ms before a second.
    function _roundBefore(ICommittees.Committee memory by, uint256 second)
        private
        pure
        returns (uint32)
    {
        return uint32((second * 1000 - by.genesisMs) / by.roundMs);
    }

    function _reportBy(ICommittees.Committee memory by, uint256 second, int64 value)
        private
        pure
        returns (bytes memory)
    {
        return TestCommittee.report(by, 1, _roundBefore(by, second), _words(value));
    }

    function _unprovenBy(SdkPyth other, bytes[] memory data) private {
        VM.expectRevert(
            abi.encodeWithSelector(PythErrors.PriceFeedNotFoundWithinRange.selector)
        );
        other.parsePriceFeedUpdatesUnique(data, _ids(), SECOND + 1, SECOND + 1);
    }

    /// @dev Of any rounds in any order with any feed missing: only the first price ever comes out.
    function testFuzz_unique_isTheFirstOrNothing(uint256 chance, uint8 from) public {
        uint256 begins = bound(from, 1, 4);
        bytes[] memory data = new bytes[](5);
        for (uint256 i = 0; i < 5; i++) {
            uint256 halves = (chance >> (4 * i)) & 15;
            data[i] = _isHalted(chance, halves)
                ? _halted(halves)
                : _report(halves, int64(uint64(halves + 1)));
        }
        uint256 first = 2 * begins;
        while (_isHalted(chance, first)) first++;
        uint64 second = SECOND + uint64(begins);
        try pyth.parsePriceFeedUpdatesUnique(data, _ids(), second, SECOND + 30) returns (
            SdkStructs.PriceFeed[] memory feeds
        ) {
            assertEqual("first", uint64(feeds[0].price.price), first + 1);
        } catch (bytes memory reason) {
            assertHolds("name", bytes4(reason) == PythErrors.PriceFeedNotFoundWithinRange.selector);
        }
    }

    /// @dev Whether a round has no price of the first feed, the same whoever asks.
    function _isHalted(uint256 chance, uint256 halves) private pure returns (bool) {
        return halves < 24 && (chance >> (32 + halves)) & 1 == 1;
    }

    /// @dev Times of two committees may cross: what the one before said cannot be ruled out.
    function test_unique_afterAHandOver_waitsForTheClocksToPart() public {
        ICommittees.Committee memory next = TestCommittee.committee();
        next.activeFromMs = uint48(uint256(SECOND) * 1000);
        hub.handOver(next, TestCommittee.signature(hub.handoverMessage(2, next)));
        hub.activate(ICommittees.HandoverSource.COMMITTEE);
        VM.warp(SECOND + 70);
        bytes[] memory data = _data(_reportOfNext(next, 65));
        _unproven(data, SECOND + 65, SECOND + 65);
        data = _data(_reportOfNext(next, 66));
        assertHolds("apart", _unique(data, SECOND + 66, SECOND + 66) == 100);
    }

    function _reportOfNext(ICommittees.Committee memory next, uint256 later)
        private
        pure
        returns (bytes memory)
    {
        uint32 round = TestCommittee.roundAt(SECOND + later);
        return TestCommittee.report(next, 2, round, _words(100));
    }

    function test_config_storesWhatIsFreshAndSaysTheRounds() public {
        bytes[] memory data = _data(_report(0, 100), _report(1, 200));
        (SdkStructs.PriceFeed[] memory feeds, uint64[] memory slots) =
            pyth.parsePriceFeedUpdatesWithConfig(data, _ids(), SECOND, SECOND, true, false, true);
        assertHolds("price", feeds[0].price.price == 100 && hub.latest(0).value == 200);
        assertEqual("round", slots[0], TestCommittee.roundAt(SECOND));
        // Older than a latest value may be: given, and not stored.
        VM.warp(SECOND + REPORT_AGE_MAX + 9);
        (feeds,) = pyth.parsePriceFeedUpdatesWithConfig(
            _data(_report(2, 300)), _ids(), SECOND, SECOND + 9, false, false, true
        );
        assertHolds("given", feeds[0].price.price == 300 && hub.latest(0).value == 200);
    }

    function test_config_givenMoreThanWasAskedFor_isRefusedWhereThatMatters() public {
        bytes[] memory data = _data(_report(0, 100));
        pyth.parsePriceFeedUpdatesWithConfig(data, _ids(), SECOND, SECOND, true, false, false);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.InvalidArgument.selector));
        pyth.parsePriceFeedUpdatesWithConfig(data, _ids(), SECOND, SECOND, true, true, false);
        data = _data(TestCommittee.report(TestCommittee.roundAt(SECOND), 7));
        pyth.parsePriceFeedUpdatesWithConfig(data, _ids(), SECOND, SECOND, true, true, false);
        assertEqual("nothing stored", hub.latest(0).time, 0);
    }

    function test_parse_givenEther_isRefused() public {
        bytes[] memory data = _data(_report(0, 100));
        VM.expectRevert(abi.encodeWithSelector(PythReports.FeeNotTaken.selector, 1));
        pyth.parsePriceFeedUpdatesUnique{value: 1}(data, _ids(), SECOND, SECOND);
        VM.expectRevert(abi.encodeWithSelector(PythReports.FeeNotTaken.selector, 1));
        pyth.parsePriceFeedUpdatesWithConfig{value: 1}(
            data, _ids(), SECOND, SECOND, false, false, false
        );
    }

    function test_consumer_settlesAtTheFirstPriceWhoeverBringsIt() public {
        bytes[] memory data = _data(_report(0, 100));
        assertHolds("price", consumer.settle(BTC, SECOND, data) == 100);
        data = _data(_report(1, 90));
        VM.expectRevert(
            abi.encodeWithSelector(PythErrors.PriceFeedNotFoundWithinRange.selector)
        );
        consumer.settle(BTC, SECOND, data);
    }
}

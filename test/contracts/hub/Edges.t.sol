// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters, PriceFeeds} from "../../../contracts/src/PriceFeeds.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IEIP2362} from "../../../contracts/src/interfaces/IEIP2362.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {AggregatorV3Interface} from
    "../../../contracts/src/interfaces/AggregatorV3Interface.sol";
import {AggregatorInterface} from "../../../contracts/src/interfaces/AggregatorInterface.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestHub} from "../../../contracts/src/testing/TestHub.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title An uptime feed that says what it is told
contract UptimeFeed {
    int256 internal isDown;
    uint256 internal since = 1;

    function set(int256 isDown_, uint256 since_) external {
        (isDown, since) = (isDown_, since_);
    }

    function latestRoundData()
        external
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        return (1, isDown, since, since, 1);
    }
}

/// @title What happens at the edges of time and of the ring
contract EdgesTest is HubFixture {
    IPriceFeeds.Guard internal any = IPriceFeeds.Guard(type(uint32).max, 0, 0);
    UptimeFeed internal uptime;

    function setUp() public {
        uptime = new UptimeFeed();
        _setUpHub();
    }

    function _sequencer() internal view override returns (address) {
        return address(uptime);
    }

    function _deliverHalf(uint256 half, int64 value) private {
        uint32 round = TestCommittee.roundAt(block.timestamp) + uint32(half);
        _send(_update(TestCommittee.report(round, value)));
    }

    function _value(uint80 sequence) private view returns (int256 value, uint256 time) {
        (, value,, time,) = hub.getRoundData(0, sequence);
    }

    /// @dev Two rounds of one second, in one block: both are numbered, the later one holds.
    function test_update_givenTwoRoundsOfOneSecond_keepsBothAndHoldsTheLater() public {
        _deliver(50);
        VM.warp(START + 10);
        _deliverHalf(0, 100);
        _deliverHalf(1, 200);
        VM.warp(START + 20);
        (int256 one, uint256 timeOne) = _value(2);
        (int256 two, uint256 timeTwo) = _value(3);
        assertHolds("values", one == 100 && two == 200);
        assertHolds("times", timeOne == START + 10 && timeTwo == START + 10);
        assertHolds("at", hub.average(0, START + 10, START + 11) == 200);
        assertHolds("before", hub.average(0, START + 9, START + 10) == 50);
        assertHolds("across", hub.average(0, START + 8, START + 12) == 125);
    }

    /// @dev The price at a past second, as the guide says it is read.
    function testFuzz_average_ofOneSecond_isTheLastValueUntilThen(uint256 chance, uint256 at)
        public
    {
        uint256[5] memory times;
        uint256 now_ = START;
        for (uint256 i = 0; i < 5; i++) {
            times[i] = now_;
            VM.warp(now_);
            _deliver(int64(uint64(chance >> (32 * i) & 0xffffff)) - 0x7fffff);
            now_ += 1 + (chance >> (8 * i)) % 5;
        }
        VM.warp(now_ + 5);
        at = bound(at, START, now_ + 4);
        uint80 last = 0;
        while (last < 5 && times[last] <= at) last++;
        (int256 value,) = _value(last);
        assertHolds("value", hub.average(0, at, at + 1) == value);
    }

    /// @dev A value observed ahead of the block is there, and holds from its own time on.
    function test_average_givenAValueAheadOfTheBlock_leavesItOut() public {
        _deliver(100);
        VM.warp(START + 10);
        _deliverHalf(2 * FUTURE_MAX, 200);
        assertHolds("latest", hub.latest(0).value == 200);
        assertHolds("average", hub.average(0, START + 9, START + 10) == 100);
        (int256 value,) = hub.price_CQcm(0, any);
        assertHolds("price", value == 200);
    }

    /// @dev Consumers subtract `updatedAt` from the block's time: it lies never after it.
    function test_facade_ofAValueAheadOfTheBlock_hasTheBlocksTime() public {
        _deliverHalf(2 * FUTURE_MAX, 100);
        _deliverHalf(2 * FUTURE_MAX + 1, 200);
        address facade = deploy("AggregatorFacade", abi.encode(hub, 0));
        AggregatorV3Interface third = AggregatorV3Interface(facade);
        AggregatorInterface second = AggregatorInterface(facade);
        for (uint256 now_ = START; now_ <= START + 3; now_++) {
            VM.warp(now_);
            uint256 time = now_ < START + FUTURE_MAX ? now_ : START + FUTURE_MAX;
            (uint80 id,, uint256 startedAt, uint256 updatedAt,) = hub.latestRoundData_5d7w(0);
            assertHolds("hub", startedAt == time && updatedAt == time);
            (,, startedAt, updatedAt,) = third.latestRoundData();
            assertHolds("facade", startedAt == time && updatedAt == time);
            assertEqual("by its first form", second.latestTimestamp(), time);
            for (uint80 round = id - 1; round <= id; round++) {
                (,, startedAt, updatedAt,) = hub.getRoundData(0, round);
                assertHolds("a round of the hub", startedAt == time && updatedAt == time);
                (,, startedAt, updatedAt,) = third.getRoundData(round);
                assertHolds("a round", startedAt == time && updatedAt == time);
                assertEqual("a round by its first form", second.getTimestamp(round), time);
            }
        }
    }

    function test_valueFor_ofAValueAheadOfTheBlock_hasTheBlocksTime() public {
        IEIP2362 values = IEIP2362(deploy("ValueByIdAdapter", abi.encode(hub, new uint256[](1))));
        _deliverHalf(2 * FUTURE_MAX, 100);
        (int256 value, uint256 time, uint256 status) = values.valueFor(
            keccak256("Price-FEED/USD-8")
        );
        assertHolds("of the block", value == 100 && time == START && status == 200);
    }

    /// @dev Rounds of a hub end at 2^30: its first committee begins in their first half.
    function test_constructor_givenRoundsThatWouldRunOut_isRefused() public {
        ICommittees.Committee memory first = TestCommittee.committee();
        first.activeFromMs = uint48(first.genesisMs + (uint256(1) << 29) * first.roundMs);
        Parameters memory parameters = _parameters(first);
        VM.expectRevert(
            abi.encodeWithSelector(
                ICommittees.RoundsTooFar.selector, uint256(1) << 29, (uint256(1) << 29) - 1
            )
        );
        deploy("PriceFeeds", abi.encode(parameters));
        parameters.committee.activeFromMs--;
        deploy("PriceFeeds", abi.encode(parameters));
    }

    function test_ring_atItsWrap_forgetsTheOldestAlone() public {
        address facade = deploy("AggregatorFacade", abi.encode(hub, 0));
        AggregatorV3Interface third = AggregatorV3Interface(facade);
        for (uint256 i = 1; i <= 8192; i++) {
            VM.warp(START + i);
            _deliver(int64(uint64(i)));
        }
        for (uint256 i = 8193; i <= 8194; i++) {
            (int256 oldest, uint256 since) = _value(uint80(i - 8192));
            assertHolds("oldest", oldest == int256(i - 8192) && since == START + i - 8192);
            assertHolds("its second", hub.average(0, since, since + 1) == oldest);
            VM.warp(START + i);
            _deliver(int64(uint64(i)));
            VM.expectRevert(
                abi.encodeWithSelector(
                    IPriceFeeds.SequenceTooOld.selector, i - 8192, i - 8191
                )
            );
            hub.getRoundData(0, uint80(i - 8192));
            // A facade's rounds are answered on a way of their own.
            VM.expectRevert(
                abi.encodeWithSelector(
                    IPriceFeeds.SequenceTooOld.selector, i - 8192, i - 8191
                )
            );
            third.getRoundData(uint80(i - 8192));
            (, int256 kept,,,) = third.getRoundData(uint80(i - 8191));
            assertHolds("by the facade", kept == int256(i - 8191));
            VM.warp(START + i + 1);
            VM.expectRevert(
                abi.encodeWithSelector(
                    IPriceFeeds.WindowBeforeHistory.selector, since, since + 1
                )
            );
            hub.average(0, since, since + 1);
            (oldest,) = _value(uint80(i - 8191));
            assertHolds("next", oldest == int256(i - 8191));
        }
        // The mean of everything that is kept, 3 to 8194, each for a second: 4098.5, rounded down.
        assertHolds("all", hub.average(0, START + 3, START + 8195) == 4098);
    }

    /// @dev In 2106 seconds no longer fit 32 bits: nothing that is stored then reads as fresh.
    function test_update_inTheYear2106_endsInRefusals() public {
        ICommittees.Committee memory slow = TestCommittee.committee();
        slow.roundMs = 60_000;
        PriceFeeds other = PriceFeeds(deploy("PriceFeeds", abi.encode(_parameters(slow))));
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(100);
        uint256 end = 1 << 32;
        VM.warp(end - end % 60 - 60);
        assertHolds("the last minutes", _sent(other, slow, words));
        other.price_CQcm(0, any);
        VM.warp(end - end % 60 + 60);
        // Its time is before that of the value that stands there.
        assertHolds("refused", !_sent(other, slow, words));
        words = new bytes12[](3);
        words[0] = TestCommittee.word(0, 0, 0, 2);
        (words[1], words[2]) = (TestCommittee.word(0, 0, 0, 2), TestCommittee.word(100));
        assertHolds("the first of a feed", _sent(other, slow, words));
        // One that is unavailable has a status that is none; a value is as old as the epoch.
        for (uint256 feed = 0; feed < 2; feed++) {
            VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, feed, 3));
            other.price_CQcm(feed, any);
        }
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 2, end, any.ageSecondsMax)
        );
        other.price_CQcm(2, any);
    }

    function _sent(
        PriceFeeds other,
        ICommittees.Committee memory by,
        bytes12[] memory words
    ) private returns (bool done) {
        uint32 round = uint32((block.timestamp * 1000 - by.genesisMs) / by.roundMs);
        (done,) = address(other).call(_update(TestCommittee.report(by, 1, round, words)));
    }

    function _parameters(ICommittees.Committee memory by)
        private
        pure
        returns (Parameters memory parameters)
    {
        parameters = TestHub.parameters(new IPriceFeeds.FeedConfig[](0));
        parameters.committee = by;
    }

    function test_price_atTheEdgesOfTheGrace() public {
        _deliver(100);
        VM.warp(START + 10_000);
        uptime.set(0, block.timestamp - 3600);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.SequencerGrace.selector, 3600, 3600)
        );
        hub.price_CQcm(0, any);
        uptime.set(0, block.timestamp - 3601);
        hub.price_CQcm(0, any);
        uptime.set(0, block.timestamp + 1);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.SequencerGrace.selector, 0, 3600));
        hub.price_CQcm(0, any);
        // Never written, and an answer that is neither up nor down.
        uptime.set(0, 0);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.SequencerDown.selector));
        hub.price_CQcm(0, any);
        uptime.set(-1, 1);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.SequencerDown.selector));
        hub.price_CQcm(0, any);
    }

    /// @dev A read that was refused gave no price, so it binds nobody; one that was given does.
    function test_priceOnce_afterARefusedRead_givesTheOneThatIsRead() public {
        IPriceFeeds.Guard memory thin = IPriceFeeds.Guard(60, 0, 5);
        _deliver(100);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedThin.selector, 0, 4, 5));
        hub.priceOnce(0, thin);
        VM.warp(START + 1);
        _deliver(200);
        (int256 value,) = hub.priceOnce(0, any);
        assertHolds("value", value == 200);
        VM.warp(START + 2);
        _deliver(200);
        // The same number observed again is another observation.
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.PriceChangedInTransaction.selector, 0)
        );
        hub.priceOnce(0, any);
    }

    /// @dev A feed that came with a later committee has values and no decimals: none are made up.
    function test_facade_ofAFeedThatTheHubDoesNotName_hasNoDecimals() public {
        bytes12[] memory words = new bytes12[](FEED_COUNT + 1);
        for (uint256 feed = 0; feed <= FEED_COUNT; feed++) words[feed] = TestCommittee.word(5);
        _deliver(words);
        address facade = deploy("AggregatorFacade", abi.encode(hub, FEED_COUNT));
        (, int256 answer,,,) = AggregatorV3Interface(facade).latestRoundData();
        assertHolds("value", answer == 5);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedUnnamed.selector, FEED_COUNT));
        AggregatorV3Interface(facade).decimals();
        // Nor for consumers and adapters that ask the hub when they are deployed.
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedUnnamed.selector, FEED_COUNT));
        hub.feedConfig(FEED_COUNT);
    }

    function test_values_ofAFeedThatIsUnavailable_keepTheirTime() public {
        uint256[] memory feeds = new uint256[](1);
        IEIP2362 values = IEIP2362(deploy("ValueByIdAdapter", abi.encode(hub, feeds)));
        bytes32 id = keccak256("Price-FEED/USD-8");
        (int256 value, uint256 time, uint256 status) = values.valueFor(id);
        assertHolds("none yet", value == 0 && time == 0 && status == 404);
        _deliver(100);
        VM.warp(START + 1);
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(0, 0, 0, 2);
        _deliver(words);
        (value, time, status) = values.valueFor(id);
        assertHolds("the last", value == 100 && time == START && status == 404);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {QuoteAdapter} from "../../../contracts/src/adapters/QuoteAdapter.sol";
import {ValueByIdAdapter} from "../../../contracts/src/adapters/ValueByIdAdapter.sol";
import {IERC7726} from "../../../contracts/src/interfaces/IERC7726.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title Averages against a sum over every second, and the adapters as their users call them
contract AveragesTest is HubFixture {
    address private constant COIN = address(0xc01);
    address private constant DOLLAR = address(840);

    function setUp() public {
        _setUpHub();
    }

    /// hardhat-config: fuzz.runs = 300
    function testFuzz_average_givenAnyWindow_isTheMeanOfItsSeconds(
        int32[13] calldata values,
        uint256 chance
    ) public {
        int256[] memory seconds_ = new int256[](13 * 8);
        uint256 end = 0;
        for (uint256 i = 0; i < values.length; i++) {
            _deliver(values[i]);
            uint256 holds = 1 + uint256(keccak256(abi.encode(chance, i))) % 7;
            for (uint256 each = 0; each < holds; each++) {
                seconds_[end++] = values[i];
            }
            VM.warp(START + end);
        }
        uint256 from = chance % end;
        uint256 to = from + 1 + (chance >> 128) % (end - from);
        int256 sum = 0;
        for (uint256 at = from; at < to; at++) {
            sum += seconds_[at];
        }
        int256 window = int256(to - from);
        int256 mean = sum / window - (sum % window < 0 ? int256(1) : int256(0));
        assertHolds("mean", hub.average(0, START + from, START + to) == mean);
    }

    function test_average_givenAWindowThatIsNone_reverts() public {
        _deliver(5);
        VM.warp(START + 10);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.WindowEmpty.selector, START, START));
        hub.average(0, START, START);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.WindowInFuture.selector, START + 11, START + 10)
        );
        hub.average(0, START, START + 11);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedEmpty.selector, 1));
        hub.average(1, START, START + 1);
        _deliver(6);
        VM.warp(START + 20);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.WindowBeforeHistory.selector, START - 1, START)
        );
        hub.average(0, START - 1, START + 20);
    }

    function test_average_givenSumsThatCannotTell_reverts() public {
        int64 value = type(int64).max / 40;
        _deliver(value);
        VM.warp(START + 20);
        assertHolds("the limit", hub.average(0, START, START + 20) == value);
        VM.warp(START + 21);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.WindowTooLong.selector, 21, 20));
        hub.average(0, START, START + 21);
    }

    function test_valueFor_givenAnId_answersAsTheProposalSays() public {
        uint256[] memory feeds = new uint256[](1);
        ValueByIdAdapter adapter =
            ValueByIdAdapter(deploy("ValueByIdAdapter", abi.encode(hub, feeds)));
        bytes32 id = keccak256("Price-FEED/USD-8");
        (,, uint256 status) = adapter.valueFor(id);
        assertEqual("no value yet", status, 404);
        (,, status) = adapter.valueFor(keccak256("Price-OTHER/USD-8"));
        assertEqual("unknown", status, 400);
        _deliver(1234);
        (int256 value, uint256 time, uint256 found) = adapter.valueFor(id);
        assertHolds("value", value == 1234 && time == START && found == 200);
    }

    function test_getQuote_givenAPair_convertsBothWaysUnderTheGuard() public {
        QuoteAdapter.Pair[] memory pairs = new QuoteAdapter.Pair[](1);
        pairs[0] = QuoteAdapter.Pair(COIN, DOLLAR, 0, 18, 6);
        IPriceFeeds.Guard memory guard = IPriceFeeds.Guard(30, 0, 4);
        QuoteAdapter adapter =
            QuoteAdapter(deploy("QuoteAdapter", abi.encode(hub, guard, pairs)));
        _deliver(2_000e8);
        assertEqual("of coins", adapter.getQuote(3e18, COIN, DOLLAR), 6_000e6);
        assertEqual("of dollars", adapter.getQuote(1_000e6, DOLLAR, COIN), 5e17);
        assertEqual("rounded down", adapter.getQuote(1, COIN, DOLLAR), 0);
        VM.expectRevert(
            abi.encodeWithSelector(IERC7726.OracleUnsupportedPair.selector, COIN, COIN)
        );
        adapter.getQuote(1, COIN, COIN);
        VM.warp(START + 31);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 0, 31, 30));
        adapter.getQuote(1, COIN, DOLLAR);
        _deliver(-1);
        VM.expectRevert(abi.encodeWithSelector(QuoteAdapter.PriceNotPositive.selector, -1));
        adapter.getQuote(1, COIN, DOLLAR);
    }
}

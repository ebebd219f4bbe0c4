// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFeedStatistics} from "../../../contracts/src/interfaces/IFeedStatistics.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title Moving average and realized volatility against what a reader would compute by hand
contract StatisticsTest is HubFixture {
    IFeedStatistics internal statistics;
    uint256 internal constant YEAR = 365 days;

    function setUp() public {
        _setUpHub();
        statistics = IFeedStatistics(deploy("FeedStatistics", abi.encode(hub)));
    }

    function _deliverAfter(uint256 time, int64 value) private {
        VM.warp(block.timestamp + time);
        _deliver(value);
    }

    function testFuzz_movingAverage_ofOneValue_isThatValue(int64 value, uint32 age) public {
        _deliver(value);
        VM.warp(block.timestamp + age);
        assertHolds("itself", statistics.movingAverage(0, 3600) == value);
    }

    /// @dev After the decay time, 1 − 1/e of a jump has arrived: 0.63212.
    function test_movingAverage_followsAJumpByTheExponential() public {
        _deliver(int64(1e12));
        _deliverAfter(100_000, 2e12);
        VM.warp(block.timestamp + 3600);
        int256 average = statistics.movingAverage(0, 3600);
        assertHolds("1 - 1/e", average >= 1_632_120_558_828 - 1 && average <= 1_632_120_558_829);
    }

    /// @dev 1e12 × (2 − 1/e) is 1,632,120,558,828.56.
    function test_movingAverage_ofNegativeValues_isRoundedDown() public {
        _deliver(-1e12);
        _deliverAfter(100_000, -2e12);
        VM.warp(block.timestamp + 3600);
        assertHolds("down", statistics.movingAverage(0, 3600) == -1_632_120_558_829);
    }

    /// hardhat-config: fuzz.runs = 300
    function testFuzz_movingAverage_liesBetweenTheValues(int64[] memory values) public {
        VM.assume(values.length > 0);
        uint256 count = values.length > 6 ? 6 : values.length;
        int256 low = type(int64).max;
        int256 high = type(int64).min;
        for (uint256 i = 0; i < count; i++) {
            _deliverAfter(1 + i * i, values[i]);
            if (values[i] < low) low = values[i];
            if (values[i] > high) high = values[i];
        }
        int256 average = statistics.movingAverage(0, 120);
        assertHolds("within", average >= low && average <= high);
    }

    function test_movingAverage_givenNoDecayOrNoHistory_isRefused() public {
        _deliver(5);
        VM.expectRevert(
            abi.encodeWithSelector(IFeedStatistics.DecayOutOfRange.selector, 0, 30 days)
        );
        statistics.movingAverage(0, 0);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.HistoryNotKept.selector, HISTORY_FEEDS)
        );
        statistics.movingAverage(HISTORY_FEEDS, 60);
    }

    /// @dev ln 1.01 twice over an hour, squared, times 365 × 24, its root: 1.3171 a year.
    function test_realizedVolatility_ofTwoEqualReturns() public {
        _deliver(1e12);
        _deliverAfter(1800, 1.01e12);
        _deliverAfter(1800, 1.0201e12);
        uint256 volatility = statistics.realizedVolatility(0, block.timestamp, 2, 1800);
        // √(2 · 0.00995033085316808² · 8760) by any calculator of 16 digits.
        assertHolds("value", volatility / 1e9 == 1_317_057_004);
    }

    function testFuzz_realizedVolatility_ofAConstant_isNone(uint32 value, uint8 steps) public {
        VM.assume(value != 0 && steps != 0);
        _deliver(int64(uint64(value)));
        VM.warp(block.timestamp + 30_000);
        uint256 volatility =
            statistics.realizedVolatility(0, block.timestamp, steps, 30_000 / uint256(steps));
        assertEqual("none", volatility, 0);
    }

    function test_realizedVolatility_givenWhatNoHistoryHolds_isRefused() public {
        _deliver(1e12);
        // Not the block's time, which the compiler may read again after the warp.
        uint256 first = START;
        VM.warp(first + 100);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.WindowBeforeHistory.selector, first - 1, first)
        );
        statistics.realizedVolatility(0, first + 99, 10, 10);
        VM.expectRevert(
            abi.encodeWithSelector(IPriceFeeds.WindowInFuture.selector, first + 101, first + 100)
        );
        statistics.realizedVolatility(0, first + 101, 1, 1);
        VM.expectRevert(abi.encodeWithSelector(IFeedStatistics.StepsOutOfRange.selector, 0, 4096));
        statistics.realizedVolatility(0, first, 0, 1);
        _deliver(-1);
        VM.expectRevert(abi.encodeWithSelector(IFeedStatistics.ValueNotPositive.selector, -1));
        statistics.realizedVolatility(0, first + 100, 1, 10);
    }

    /// @dev More values than a chunk, through a ring that has not wrapped yet.
    function test_realizedVolatility_walksManyPairs() public {
        for (uint256 i = 0; i < 50; i++) {
            _deliverAfter(60, i % 2 == 0 ? int64(1e12) : int64(1.01e12));
        }
        uint256 volatility = statistics.realizedVolatility(0, block.timestamp, 49, 60);
        // √(0.00995033085316808² · 525600).
        assertHolds("value", volatility / 1e9 == 7_213_818_309);
    }
}

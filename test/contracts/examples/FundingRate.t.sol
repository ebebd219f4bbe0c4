// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestHub} from "../../../contracts/src/testing/TestHub.sol";
import {HubFixture} from "../hub/HubFixture.sol";

/// @title Example: a perpetual that charges what others charge
/// @notice The rate of a funding feed is for eight hours and has eight decimals; below zero shorts
/// pay. Longs owe `index` per unit of their position, 18 decimals, since their last settlement.
contract FundedPerpetual {
    int256 private constant WINDOW_SECONDS = 28_800;
    int256 private constant UNIT = 1e8;
    /// @dev 0.5 % in eight hours: what this market can bear.
    int256 private constant RATE_MAX = 500_000;

    IPriceFeeds private immutable HUB;
    uint256 private immutable FEED;

    int256 public index;
    /// @dev The rate that holds from the last settlement on, and when that was.
    int256 public rate;
    uint256 public settledAt;

    constructor(IPriceFeeds hub, uint256 feed) {
        HUB = hub;
        FEED = feed;
        settledAt = block.timestamp;
    }

    /// @notice Charges the time that has passed at the rate that was known before it, then looks at
    /// the feed for the time to come. Without a fresh rate nothing is charged from here on.
    function settle() external {
        int256 passed = int256(block.timestamp - settledAt);
        index += rate * passed * 1e18 / (WINDOW_SECONDS * UNIT);
        settledAt = block.timestamp;
        rate = _current();
    }

    /// @notice What a position owes since the index it was opened at; below zero it receives.
    /// Rounded up, against whoever receives.
    function owed(int256 size, int256 openedAt) external view returns (int256) {
        int256 exact = size * (index - openedAt);
        int256 whole = exact / 1e18;
        return exact > whole * 1e18 ? whole + 1 : whole;
    }

    function _current() private view returns (int256) {
        // No limit on the spread: near zero it is any multiple of the rate.
        try HUB.price_CQcm(FEED, IPriceFeeds.Guard(0, 0, 3)) returns (int256 value, uint256) {
            if (value > RATE_MAX) return RATE_MAX;
            return value < -RATE_MAX ? -RATE_MAX : value;
        } catch {
            return 0;
        }
    }
}

/// @title What a perpetual charges by a funding feed
contract FundingRateTest is HubFixture {
    int256 private constant SIZE = 1_000e18;
    uint256 private constant HOUR = 3600;

    FundedPerpetual private perpetual;

    function setUp() public {
        _setUpHub();
        perpetual = new FundedPerpetual(hub, 0);
    }

    /// @dev Reports a rate with a spread of many times as much, and settles by it.
    function _settleAt(int64 rate, uint8 observers, uint8 status) private {
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(rate, status == 1 ? uint24(100_000) : 0, observers, status);
        TestHub.deliver(hub, words);
        perpetual.settle();
    }

    function test_settle_chargesLongsWhatTheRateWasForTheTimeThatPassed() public {
        _settleAt(10_000, 4, 1);
        VM.warp(START + 4 * HOUR);
        _settleAt(90_000, 4, 1);
        // 0.01 % in eight hours is 0.005 % in four; the newer rate is for the time to come.
        assertEqual("half of the interval", uint256(perpetual.owed(SIZE, 0)), 0.05e18);
        assertEqual("the next rate", uint256(perpetual.rate()), 90_000);
    }

    function test_settle_belowZeroShortsPay() public {
        _settleAt(-20_000, 4, 1);
        VM.warp(START + 8 * HOUR);
        _settleAt(-20_000, 4, 1);
        assertHolds("longs receive", perpetual.owed(SIZE, 0) == -0.2e18);
        assertHolds("shorts pay", perpetual.owed(-SIZE, 0) == 0.2e18);
    }

    function test_settle_atZeroNobodyPays() public {
        _settleAt(0, 4, 1);
        VM.warp(START + HOUR);
        _settleAt(1, 4, 1);
        assertHolds("nothing", perpetual.owed(SIZE, 0) == 0);
    }

    function test_settle_capsTheRateOnBothSides() public {
        _settleAt(2_000_000, 4, 1);
        assertHolds("above", perpetual.rate() == 500_000);
        VM.warp(START + 1);
        _settleAt(-2_000_000, 4, 1);
        assertHolds("below", perpetual.rate() == -500_000);
    }

    function test_settle_withoutARateThatHolds_chargesNothing() public {
        _settleAt(10_000, 2, 1);
        assertHolds("few observers", perpetual.rate() == 0);
        VM.warp(START + 1);
        _settleAt(0, 1, 2);
        assertHolds("halted", perpetual.rate() == 0);
        VM.warp(START + 2);
        _settleAt(10_000, 4, 1);
        assertHolds("back", perpetual.rate() == 10_000);
        VM.warp(START + HOUR);
        perpetual.settle();
        assertHolds("stale", perpetual.rate() == 0);
    }

    function testFuzz_owed_neverPaysOutMoreThanIsOwed(int64 rate, uint32 passed, uint96 size)
        public
    {
        int256 bounded = int256(rate) % 500_001;
        _settleAt(int64(bounded), 4, 1);
        VM.warp(START + 1 + passed % (8 * HOUR));
        perpetual.settle();
        int256 long = perpetual.owed(int256(uint256(size)), 0);
        int256 short = perpetual.owed(-int256(uint256(size)), 0);
        assertHolds("what longs and shorts owe is no loss", long + short >= 0);
        assertHolds("and at most a unit of rounding", long + short <= 1);
    }
}

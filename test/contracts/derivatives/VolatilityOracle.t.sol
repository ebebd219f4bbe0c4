// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {FeedGuard} from "../../../contracts/src/derivatives/FeedGuard.sol";
import {VolatilityOracle} from "../../../contracts/src/derivatives/VolatilityOracle.sol";
import {
    IVolatilityOracle
} from "../../../contracts/src/derivatives/interfaces/IVolatilityOracle.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {FakeUptime} from "./support/Mocks.sol";
import {MarketFixture} from "./support/MarketFixture.sol";

contract VolatilityOracleTest is MarketFixture {
    function setUp() public {
        _setUpMarket();
    }

    function test_volatilityAt_atATenor_isThatFeed() public view {
        _assertVolatility(7 days, 0.6e18);
        _assertVolatility(90 days, 0.5e18);
    }

    function test_volatilityAt_belowTheShortestTenor_isThatFeed() public view {
        _assertVolatility(1 hours, 0.6e18);
    }

    function test_volatilityAt_between_interpolatesTotalVariance() public view {
        // 0.36·7 = 2.52 and 0.25·90 = 22.5; at 30 days 2.52 + 19.98·23/83 = 8.056626506…
        (uint256 found,) = volatility.volatilityAt(30 days);
        assertEqual("variance of 30 days, 1e-12", found * found * 30 / 1e24, 8_056_626_506_024);
    }

    function test_volatilityAt_withFallingTotalVariance_holdsItFlat() public {
        hub.publish(QUARTER_VOLATILITY, 0.01e8);
        // All of 0.36·7 and nothing more: 0.36·7/70 = 0.036, and at the tenor itself 0.028.
        (uint256 found,) = volatility.volatilityAt(70 days);
        assertEqual("variance, 1e-12", found * found / 1e24, 0.036e12);
        (found,) = volatility.volatilityAt(90 days);
        assertEqual("variance at the tenor, 1e-12", found * found / 1e24, 0.028e12);
    }

    function test_volatilityAt_reportsTheWiderSpread() public {
        hub.setSpread(WEEK_VOLATILITY, 0.001e8);
        hub.setSpread(QUARTER_VOLATILITY, 0.002e8);
        (, uint256 spread) = volatility.volatilityAt(30 days);
        assertEqual("spread", spread, 0.002e18);
    }

    function test_volatilityAt_beyondTheTenors_reverts() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IVolatilityOracle.TimeBeyondTenors.selector, 90 days + 1, 90 days
            )
        );
        volatility.volatilityAt(90 days + 1);
    }

    function test_volatilityAt_zero_reverts() public {
        VM.expectRevert(abi.encodeWithSelector(IVolatilityOracle.TimeIsZero.selector));
        volatility.volatilityAt(0);
    }

    function test_volatilityAt_givenAStaleFeed_reverts() public {
        VM.warp(START + 61);
        VM.expectRevert(
            abi.encodeWithSelector(FeedGuard.FeedStale.selector, WEEK_VOLATILITY, 61, 60)
        );
        volatility.volatilityAt(7 days);
    }

    function test_volatilityAt_givenAHaltedFeed_reverts() public {
        hub.setStatus(QUARTER_VOLATILITY, 2);
        VM.expectRevert(
            abi.encodeWithSelector(FeedGuard.FeedHalted.selector, QUARTER_VOLATILITY, 2)
        );
        volatility.volatilityAt(30 days);
    }

    function test_volatilityAt_givenASequencerThatIsDown_reverts() public {
        FakeUptime uptime = new FakeUptime();
        hub.setSequencer(address(uptime));
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.SequencerDown.selector));
        volatility.volatilityAt(30 days);
        uptime.set(0, START - 3601);
        volatility.volatilityAt(30 days);
    }

    function test_volatilityAt_givenAWideFeed_reverts() public {
        hub.setSpread(WEEK_VOLATILITY, 300_001);
        VM.expectRevert(
            abi.encodeWithSelector(FeedGuard.FeedWide.selector, WEEK_VOLATILITY, 300_001, 300_000)
        );
        volatility.volatilityAt(30 days);
    }

    function test_volatilityAt_givenTooFewObservers_reverts() public {
        hub.setObservers(WEEK_VOLATILITY, 2);
        VM.expectRevert(abi.encodeWithSelector(FeedGuard.FeedThin.selector, WEEK_VOLATILITY, 2, 3));
        volatility.volatilityAt(30 days);
    }

    function test_volatilityAt_givenAZeroValue_reverts() public {
        hub.publish(WEEK_VOLATILITY, 0);
        VM.expectRevert(
            abi.encodeWithSelector(FeedGuard.FeedNotPositive.selector, WEEK_VOLATILITY, int256(0))
        );
        volatility.volatilityAt(30 days);
    }

    function test_constructor_givenTenorsThatDoNotAscend_reverts() public {
        IVolatilityOracle.Tenor[] memory list = _tenors();
        list[1].tenor = 7 days;
        VM.expectRevert(
            abi.encodeWithSelector(IVolatilityOracle.TenorsNotAscending.selector, 7 days, 7 days)
        );
        deploy("VolatilityOracle", abi.encode(_hub(), list, _guard()));
    }

    function test_constructor_givenNoTenors_reverts() public {
        VM.expectRevert(
            abi.encodeWithSelector(IVolatilityOracle.TenorCountOutOfRange.selector, 0, 16)
        );
        IVolatilityOracle.Tenor[] memory list = new IVolatilityOracle.Tenor[](0);
        deploy("VolatilityOracle", abi.encode(_hub(), list, _guard()));
    }

    /// Between two tenors the total variance lies between theirs and never falls.
    function testFuzz_volatilityAt_givesRisingTotalVariance(uint64 near, uint64 far, uint256 time)
        public
    {
        hub.publish(WEEK_VOLATILITY, int64(uint64(bound(near, 1e5, 10e8))));
        hub.publish(QUARTER_VOLATILITY, int64(uint64(bound(far, 1e5, 10e8))));
        time = bound(time, 7 days, 90 days - 1);
        (uint256 now_,) = volatility.volatilityAt(time);
        (uint256 later,) = volatility.volatilityAt(time + 1);
        // Each result is rounded up by at most one unit and 2e-23 of itself.
        assertHolds(
            "total variance rises", (later + 2) * (later + 2) * (time + 1) >= now_ * now_ * time
        );
    }

    function _assertVolatility(uint256 time, uint256 expected) private view {
        (uint256 found, uint256 spread) = volatility.volatilityAt(time);
        assertHolds("volatility, rounded up", found == expected || found == expected + 1);
        assertEqual("spread", spread, 0);
    }
}

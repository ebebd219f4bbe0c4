// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {BlackScholes} from "../../../contracts/src/derivatives/BlackScholes.sol";
import {ImpliedVolatility} from "../../../contracts/src/derivatives/ImpliedVolatility.sol";
import {OptionMath} from "../../../contracts/src/derivatives/OptionMath.sol";
import {
    DerivativesHarness
} from "../../../contracts/src/derivatives/testing/DerivativesHarness.sol";
import {TestBase} from "./support/TestBase.sol";

/// @title Properties over the whole domain; values are judged by formulas.test.ts
contract BlackScholesTest is TestBase {
    struct Terms {
        uint256 spot;
        uint256 strike;
        uint256 volatility;
        uint256 time;
        int256 rate;
    }

    DerivativesHarness internal harness;

    function setUp() public {
        harness = DerivativesHarness(deploy("DerivativesHarness", ""));
    }

    function testFuzz_price_liesWithinTheBoundsThatHoldWithoutArbitrage(Terms memory given)
        public
        view
    {
        Terms memory t = _inDomain(given);
        (uint256 call, uint256 put) =
            harness.price(t.spot, t.strike, t.volatility, t.time, t.rate);
        uint256 strikeNow =
            (t.strike * OptionMath.expSmall(-BlackScholes.rateGrowth(t.rate, t.time))) >> 96;
        assertHolds("call at most spot", call <= t.spot);
        assertHolds("put at most the strike of now", put <= strikeNow + 1);
        if (t.spot > strikeNow) {
            assertHolds("call at least intrinsic", call + 1 >= t.spot - strikeNow);
        } else {
            assertHolds("put at least intrinsic", put + 1 >= strikeNow - t.spot);
        }
        // Put-call parity, to the rounding of three floors.
        uint256 left = call + strikeNow;
        uint256 right = put + t.spot;
        assertHolds("parity", left <= right + 2 && right <= left + 2);
    }

    function testFuzz_price_neverFallsWithVolatility(Terms memory given, uint256 more) public view {
        Terms memory t = _inDomain(given);
        uint256 wilder = bound(more, t.volatility, BlackScholes.VOLATILITY_MAX);
        (uint256 calm,) = harness.price(t.spot, t.strike, t.volatility, t.time, t.rate);
        (uint256 wild,) = harness.price(t.spot, t.strike, wilder, t.time, t.rate);
        assertHolds("rises, up to the error", wild + 1 + t.spot / 5e18 >= calm);
    }

    function testFuzz_value_agreesWithPrice(Terms memory given) public view {
        Terms memory t = _inDomain(given);
        (uint256 call, uint256 put) =
            harness.price(t.spot, t.strike, t.volatility, t.time, t.rate);
        BlackScholes.Valuation memory v =
            harness.value(t.spot, t.strike, t.volatility, t.time, t.rate);
        assertEqual("call", v.call, call);
        assertEqual("put", v.put, put);
        assertHolds("delta is a share", v.callDelta <= 1e18);
        assertEqual("deltas differ by one", uint256(v.putDelta + 1e18), v.callDelta);
        assertHolds("put rho is not positive", v.putRho <= 0);
    }

    /// Whatever the arguments, the result or a named error: never a panic.
    function testFuzz_price_outsideTheDomain_revertsByName(Terms memory t) public view {
        try harness.price(t.spot, t.strike, t.volatility, t.time, t.rate) {}
        catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            assertHolds(
                "a named error",
                selector == BlackScholes.SpotOutOfDomain.selector
                    || selector == BlackScholes.StrikeOutOfDomain.selector
                    || selector == BlackScholes.VolatilityOutOfDomain.selector
                    || selector == BlackScholes.TimeOutOfDomain.selector
                    || selector == BlackScholes.RateOutOfDomain.selector
            );
        }
    }

    /// A price that volatility moves gives that volatility back; any other reverts by name.
    function testFuzz_ofCall_undoesPrice(Terms memory given) public view {
        Terms memory t = _inDomain(given);
        BlackScholes.Valuation memory v =
            harness.value(t.spot, t.strike, t.volatility, t.time, t.rate);
        try harness.volatilityOfCall(v.call, t.spot, t.strike, t.time, t.rate) returns (
            uint256 found
        ) {
            uint256 larger = t.spot > t.strike ? t.spot : t.strike;
            if (v.vega < t.spot / 1e9 || v.vega == 0) return;
            uint256 allowed = 1 + (2 + larger / 5e18) * 1e18 / v.vega;
            uint256 off = found > t.volatility ? found - t.volatility : t.volatility - found;
            assertHolds("as exact as the price", off <= allowed);
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            assertHolds(
                "a named error",
                selector == ImpliedVolatility.PriceOutOfRange.selector
                    || selector == BlackScholes.VolatilityOutOfDomain.selector
            );
        }
    }

    /// All orders of magnitude are equally likely; a third of the strikes is near spot.
    function _inDomain(Terms memory t) private pure returns (Terms memory) {
        uint256 spot = _anyMagnitude(t.spot);
        uint256 strike =
            t.strike % 3 == 0 ? _anyMagnitude(t.strike / 3) : spot * bound(t.strike, 1, 4e6) / 1e6;
        return Terms({
            spot: spot,
            strike: bound(strike, BlackScholes.PRICE_MIN, BlackScholes.PRICE_MAX),
            volatility: bound(
                t.volatility, BlackScholes.VOLATILITY_MIN, BlackScholes.VOLATILITY_MAX
            ),
            time: bound(t.time, BlackScholes.TIME_MIN, BlackScholes.TIME_MAX),
            rate: int256(bound(uint256(t.rate), 0, 0.4e18)) - 0.2e18
        });
    }

    function _anyMagnitude(uint256 x) private pure returns (uint256) {
        return bound(x >> 8, 1e3, 1e4) * 10 ** (9 + (x & 0xff) % 24);
    }
}

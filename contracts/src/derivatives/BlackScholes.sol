// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {OptionMath} from "./OptionMath.sol";

/// @title Prices and sensitivities of European options after Black and Scholes
/// @notice Units: spot, strike and every price share one unit of the caller's choice (18 or 27
///     decimals, say); volatility and rate are per year with 18 decimals (0.5e18 is 50 %); time is
///     in seconds, a year has 365 days. Domain and errors, measured: docs/derivatives.md. In short:
///     prices are within 1e-19 of spot (a put: of the larger of spot and strike) plus one unit,
///     over the whole domain.
/// @dev With w = σ√T, d1 = (ln(S/K) + rT)/w + w/2 and d2 = d1 − w one has S·φ(d1) =
///     K·e^(−rT)·φ(d2), so one exponential serves both sides. What is left of Φ is
///     `OptionMath.scaledTail`, without an exponential.
library BlackScholes {
    /// @notice What an option is worth and how that changes.
    /// @param call price of the call, unit of spot, rounded down
    /// @param put price of the put, unit of spot, rounded down
    /// @param callDelta change of the call per unit of spot, 18 decimals, 0 to 1e18
    /// @param putDelta change of the put per unit of spot, 18 decimals, −1e18 to 0
    /// @param gamma change of delta per unit of spot, times 1e54: 36 decimals if prices have 18, 27
    ///     if they have 27
    /// @param vega change of either price per 1.00 of volatility, unit of spot
    /// @param callTheta change of the call per year that passes, unit of spot
    /// @param putTheta change of the put per year that passes, unit of spot
    /// @param callRho change of the call per 1.00 of rate, unit of spot
    /// @param putRho change of the put per 1.00 of rate, unit of spot
    struct Valuation {
        uint256 call;
        uint256 put;
        uint256 callDelta;
        int256 putDelta;
        uint256 gamma;
        uint256 vega;
        int256 callTheta;
        int256 putTheta;
        uint256 callRho;
        int256 putRho;
    }

    /// @notice Spot lies outside PRICE_MIN to PRICE_MAX.
    error SpotOutOfDomain(uint256 given);
    /// @notice Strike lies outside PRICE_MIN to PRICE_MAX.
    error StrikeOutOfDomain(uint256 given);
    /// @notice Volatility lies outside VOLATILITY_MIN to VOLATILITY_MAX.
    error VolatilityOutOfDomain(uint256 given);
    /// @notice Time to expiry lies outside TIME_MIN to TIME_MAX; at expiry an option is worth its
    /// payout.
    error TimeOutOfDomain(uint256 given);
    /// @notice The rate lies outside −RATE_MAX to RATE_MAX.
    error RateOutOfDomain(int256 given);

    uint256 internal constant PRICE_MIN = 1e12;
    uint256 internal constant PRICE_MAX = 1e36;
    uint256 internal constant VOLATILITY_MIN = 0.01e18;
    uint256 internal constant VOLATILITY_MAX = 10e18;
    uint256 internal constant TIME_MIN = 1;
    uint256 internal constant TIME_MAX = 157_680_000;
    uint256 internal constant RATE_MAX = 0.2e18;

    uint256 private constant PRICE_SPAN = 999999999999999999999999000000000000;
    uint256 private constant VOLATILITY_SPAN = 9.99e18;
    uint256 private constant TIME_SPAN = 157_679_999;
    uint256 private constant RATE_SPAN = 0.4e18;
    uint256 private constant ONE = 1 << 96;
    /// Beyond 9.25 standard deviations the tail is below 1.2e-20 and counts as nothing.
    uint256 private constant TAIL_CUT = 37 << 94;
    /// 2^176/(1e18 · 31,536,000): turns rate · seconds into Q96 after a shift by 80.
    int256 private constant RATE_SECONDS = 0x9d04efd4d5603a1e36c62fa;
    /// 1/√2π in Q96.
    uint256 internal constant DENSITY_AT_ZERO = 0x662114cf50d942343f2cf140;
    uint256 private constant HALF_YEAR = 15_768_000;
    uint256 private constant YEAR = 31_536_000;

    /// @notice Prices of the call and the put.
    /// @param spot price of the underlying, PRICE_MIN to PRICE_MAX
    /// @param strike PRICE_MIN to PRICE_MAX
    /// @param volatility per year, 18 decimals
    /// @param time seconds to expiry
    /// @param rate continuously compounded, per year, 18 decimals
    function price(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        internal
        pure
        returns (uint256 call, uint256 put)
    {
        checkDomain(spot, strike, volatility, time, rate);
        (,, uint256 inTheMoney, uint256 strikeNow, uint256 strikePaid) =
            _parts(spot, strike, volatility, time, rate);
        (call, put) = _prices(spot, inTheMoney, strikeNow, strikePaid);
    }

    /// @notice Prices and the five sensitivities of the call and the put; arguments as for `price`.
    function value(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        internal
        pure
        returns (Valuation memory valuation)
    {
        checkDomain(spot, strike, volatility, time, rate);
        (
            uint256 gaussian,
            uint256 deviation,
            uint256 inTheMoney,
            uint256 strikeNow,
            uint256 strikePaid
        ) = _parts(spot, strike, volatility, time, rate);
        (valuation.call, valuation.put) = _prices(spot, inTheMoney, strikeNow, strikePaid);
        // No overflow, by the domain and `_parts`: density < 2^94.7, spotDensity < 2^155 (Q36),
        // rootTime from 2^83 to 2^97.2. Where a product could pass 2^255 a factor is shifted down
        // before: strikePaid by 32 (to 2^186, Q64), the decay per second by 80 more (Q16, times w:
        // Q112).
        unchecked {
            valuation.callDelta = (inTheMoney * 1e18) >> 96;
            valuation.putDelta = int256(valuation.callDelta) - 1e18;

            uint256 density = (gaussian * DENSITY_AT_ZERO) >> 96;
            // density/w < 2^114 (Q96), times 1e36 < 2^234; divided by spot ≥ 1e12 < 2^194.
            valuation.gamma = ((((density << 96) / deviation) * 1e36 / spot) * 1e18) >> 96;

            uint256 spotDensity = (spot * density) >> 60;
            uint256 rootTime = deviation * 1e18 / volatility;
            valuation.vega = (spotDensity * rootTime) >> 132;

            // S·φ(d1)·w/2T. spotDensity · w < 2^252 and, over a time in seconds, below 2^231 · 2^7.
            int256 decay = int256(((((spotDensity >> 16) * deviation) / time) * HALF_YEAR) >> 116);
            int256 strikeOwed = int256((strikeNow - strikePaid) >> 32);
            int256 strikeDue = int256(strikePaid >> 32);
            valuation.callTheta = -decay - ((strikeDue * rate / 1e18) >> 64);
            valuation.putTheta = -decay + ((strikeOwed * rate / 1e18) >> 64);
            valuation.callRho = (uint256(strikeDue) * time / YEAR) >> 64;
            valuation.putRho = -int256((uint256(strikeOwed) * time / YEAR) >> 64);
        }
    }

    function _prices(uint256 spot, uint256 inTheMoney, uint256 strikeNow, uint256 strikePaid)
        private
        pure
        returns (uint256 call, uint256 put)
    {
        // No overflow: spot < 2^120 and inTheMoney ≤ 2^96, strikeNow < 2^218, strikePaid ≤
        // strikeNow + a rounding error: all differences fit a signed word. Negative ones, which
        // only rounding can make, become zero by the mask.
        unchecked {
            int256 callScaled = int256(spot * inTheMoney) - int256(strikePaid);
            int256 putScaled = callScaled + int256(strikeNow) - int256(spot << 96);
            call = uint256(callScaled & ~(callScaled >> 255)) >> 96;
            put = uint256(putScaled & ~(putScaled >> 255)) >> 96;
        }
    }

    function _parts(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        private
        pure
        returns (
            uint256 gaussian,
            uint256 deviation,
            uint256 inTheMoney,
            uint256 strikeNow,
            uint256 strikePaid
        )
    {
        // No overflow, by the domain: |rate·time| < 2^85, times a 92-bit constant < 2^177, and the
        // shifted result is at most 2^96. ln(S/K) is within ±56 and w at least 1.7e-6, so d1 and d2
        // are below 2^25 (times 2^96) and the shifted dividend below 2^200. strike · e^(−rT) <
        // 2^120 · 2^97.5.
        unchecked {
            int256 growth = rateGrowth(rate, time);
            strikeNow = strike * OptionMath.expSmall(-growth);
            deviation = OptionMath.deviation(volatility, time);
            int256 moneyness = OptionMath.lnRatio(spot, strike) + growth;
            int256 d1 = _divide(moneyness << 96, deviation) + int256(deviation >> 1);
            int256 d2 = d1 - int256(deviation);
            uint256 distance = _absolute(d1);
            if (distance > TAIL_CUT) {
                inTheMoney = d1 < 0 ? 0 : ONE;
                strikePaid = d2 < 0 ? 0 : strikeNow;
            } else {
                // |d2| ≤ 9.25 + 22.4 < 32, within the range of scaledTail; the products are below
                // 2^193 and 2^216.
                gaussian = OptionMath.gaussian(d1);
                inTheMoney = (gaussian * OptionMath.scaledTail(distance)) >> 96;
                strikePaid = spot * ((gaussian * OptionMath.scaledTail(_absolute(d2))) >> 96);
                if (d1 >= 0) inTheMoney = ONE - inTheMoney;
                if (d2 >= 0) strikePaid = strikeNow - strikePaid;
            }
        }
    }

    /// Signed dividend by a positive divisor, towards zero.
    function _divide(int256 dividend, uint256 divisor) private pure returns (int256 result) {
        // The divisor is a deviation, at least 1.7e-6 · 2^96, so neither zero nor −1.
        assembly ("memory-safe") {
            result := sdiv(dividend, divisor)
        }
    }

    function _absolute(int256 x) private pure returns (uint256 result) {
        // Two's complement: with the mask of the sign, (x xor mask) − mask is |x| for x > −2^255.
        assembly ("memory-safe") {
            let mask := sar(255, x)
            result := sub(xor(x, mask), mask)
        }
    }

    /// @notice Reverts with the error of the first argument that lies outside the domain.
    function checkDomain(
        uint256 spot,
        uint256 strike,
        uint256 volatility,
        uint256 time,
        int256 rate
    ) internal pure {
        // Wrapping on purpose: a value below its minimum wraps to a huge one and fails the same
        // test. One jump serves all five; which argument it was matters only to the error.
        unchecked {
            bool outside;
            assembly ("memory-safe") {
                outside := gt(sub(spot, PRICE_MIN), PRICE_SPAN)
                outside := or(outside, gt(sub(strike, PRICE_MIN), PRICE_SPAN))
                outside := or(outside, gt(sub(volatility, VOLATILITY_MIN), VOLATILITY_SPAN))
                outside := or(outside, gt(sub(time, TIME_MIN), TIME_SPAN))
                outside := or(outside, gt(add(rate, RATE_MAX), RATE_SPAN))
            }
            if (!outside) return;
            if (spot - PRICE_MIN > PRICE_SPAN) revert SpotOutOfDomain(spot);
            if (strike - PRICE_MIN > PRICE_SPAN) revert StrikeOutOfDomain(strike);
            if (volatility - VOLATILITY_MIN > VOLATILITY_SPAN) {
                revert VolatilityOutOfDomain(volatility);
            }
            if (time - TIME_MIN > TIME_SPAN) revert TimeOutOfDomain(time);
            revert RateOutOfDomain(rate);
        }
    }

    /// @notice rate · time in years, Q96, rounded down.
    /// @dev Within the domain |rate·time| < 2^85; times a 92-bit constant below 2^177, after the
    ///     shift at most 2^96.
    function rateGrowth(int256 rate, uint256 time) internal pure returns (int256) {
        unchecked {
            return (rate * int256(time) * RATE_SECONDS) >> 80;
        }
    }
}

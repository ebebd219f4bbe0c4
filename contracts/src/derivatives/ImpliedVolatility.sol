// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {BlackScholes} from "./BlackScholes.sol";
import {OptionMath} from "./OptionMath.sol";

/// @title The volatility at which Black and Scholes give a price
/// @notice Units as in `BlackScholes`. As exact as the price allows: an error of one unit in the
///     price is one of 1/vega in the volatility. Measured: docs/derivatives.md.
library ImpliedVolatility {
    /// @notice The price lies outside the bounds that hold without arbitrage: no volatility gives
    /// it.
    error PriceOutOfRange(uint256 given);
    /// @notice The solver did not settle within STEPS_MAX; never seen.
    error VolatilityNotFound();

    /// What the search needs to know, all in Q96.
    struct Search {
        // |ln(S/K) + rT|.
        uint256 distance;
        // C or 1 − C that is looked for.
        uint256 target;
        // Whether w² ≥ 2·distance, where C is concave.
        bool above;
    }

    /// Steps after which the solver gives up; six are the most over the grid of errors.
    uint256 internal constant STEPS_MAX = 40;
    uint256 private constant ONE = 1 << 96;
    /// 2^-20 and 24: below and above σ√T at the ends of the domain (1.78e-6 and 22.4).
    uint256 private constant DEVIATION_MIN = 1 << 76;
    uint256 private constant DEVIATION_MAX = 24 << 96;

    /// @notice Volatility per year, 18 decimals, rounded to nearest, that prices the call at
    /// `price`.
    function ofCall(uint256 price, uint256 spot, uint256 strike, uint256 time, int256 rate)
        internal
        pure
        returns (uint256)
    {
        (int256 intrinsic, int256 moneyness, uint256 bound) = _reduce(spot, strike, time, rate);
        return _volatility(price, moneyness > 0 ? intrinsic : int256(0), moneyness, bound, time);
    }

    /// @notice Volatility per year, 18 decimals, rounded to nearest, that prices the put at
    /// `price`.
    function ofPut(uint256 price, uint256 spot, uint256 strike, uint256 time, int256 rate)
        internal
        pure
        returns (uint256)
    {
        (int256 intrinsic, int256 moneyness, uint256 bound) = _reduce(spot, strike, time, rate);
        return _volatility(price, moneyness < 0 ? -intrinsic : int256(0), moneyness, bound, time);
    }

    /// @return intrinsic S − K·e^(−rT), times 2^96
    /// @return moneyness ln(S/K) + rT, Q96
    /// @return bound the smaller of S and K·e^(−rT), times 2^96: no option out of the money costs
    /// more
    function _reduce(uint256 spot, uint256 strike, uint256 time, int256 rate)
        private
        pure
        returns (int256 intrinsic, int256 moneyness, uint256 bound)
    {
        BlackScholes.checkDomain(spot, strike, BlackScholes.VOLATILITY_MIN, time, rate);
        // No overflow: prices are below 2^120, e^(−rT) below 2^97.5.
        unchecked {
            int256 growth = BlackScholes.rateGrowth(rate, time);
            uint256 strikeNow = strike * OptionMath.expSmall(-growth);
            moneyness = OptionMath.lnRatio(spot, strike) + growth;
            intrinsic = int256(spot << 96) - int256(strikeNow);
            bound = moneyness < 0 ? spot << 96 : strikeNow;
        }
    }

    function _volatility(
        uint256 price,
        int256 intrinsic,
        int256 moneyness,
        uint256 bound,
        uint256 time
    )
        private
        pure
        returns (uint256 volatility)
    {
        // A put may cost e times PRICE_MAX at a negative rate; the exact bound is checked below.
        if (price >> 124 != 0) revert PriceOutOfRange(price);
        // No overflow: |intrinsic| < 2^218 and bound < 2^218, at least 1e12/e · 2^96 > 2^134; worth
        // is below bound when it is shifted, so below 2^254. width is at most 24 · 2^96, rootYears
        // > 2^83.
        unchecked {
            int256 worth = int256(price << 96) - intrinsic;
            if (worth <= 0 || uint256(worth) >= bound) revert PriceOutOfRange(price);
            uint256 share = (uint256(worth) << 36) / (bound >> 60);
            if (share == 0 || share >= ONE) revert PriceOutOfRange(price);

            uint256 width = _deviation(uint256(moneyness < 0 ? -moneyness : moneyness), share);
            uint256 rootYears = OptionMath.deviation(1e18, time);
            volatility = (width * 1e18 + (rootYears >> 1)) / rootYears;
        }
        if (volatility < BlackScholes.VOLATILITY_MIN || volatility > BlackScholes.VOLATILITY_MAX) {
            revert BlackScholes.VolatilityOutOfDomain(volatility);
        }
    }

    /// @dev Solves C(w) = share, C(w) = Φ(−m/w + w/2) − e^m·Φ(−m/w − w/2), m = distance. C is
    ///     convex below w² = 2m and concave above. Below, ln C is nearly linear in 1/w², above,
    ///     ln(1 − C) in w²; Newton's method in those variables settles in three to six steps. A
    ///     bracket catches a step that leaves it.
    function _deviation(uint256 distance, uint256 share) private pure returns (uint256 width) {
        // No overflow: distance < 36 · 2^96 and 0 < share < 2^96, so inflection < 8.5 · 2^96 and
        // the tail at most 2^95 + 1. The bracket keeps width between 2^76 and 24 · 2^96, so it is
        // never zero.
        unchecked {
            uint256 inflection = OptionMath.squareRoot(distance << 97);
            int256 excess = int256(share + OptionMath.scaledTail(inflection)) - int256(ONE >> 1);
            Search memory search = Search(distance, share, excess >= 0);
            if (search.above) search.target = ONE - share;
            // C(m/16) is below Φ(−14.9), less than one unit of Q96, because m < 36.
            uint256 low = search.above ? inflection : distance >> 4;
            uint256 high = search.above ? DEVIATION_MAX : inflection;
            if (low < DEVIATION_MIN) low = DEVIATION_MIN;
            if (high < DEVIATION_MIN) high = DEVIATION_MIN;
            // The tangent in the inflection stays on the far side of the root: a safe first step.
            int256 first =
                int256(inflection) + (excess << 96) / int256(BlackScholes.DENSITY_AT_ZERO);
            width = first < int256(low) ? low : first > int256(high) ? high : uint256(first);
            for (uint256 step = 0; step < STEPS_MAX; step++) {
                (uint256 value, uint256 factor) = _newton(search, width);
                if ((value > search.target) == search.above) low = width;
                else high = width;
                uint256 next;
                if (factor != 0) {
                    next = search.above ? (width * factor) >> 96 : (width << 96) / factor;
                }
                // A settled step counts even where it leaves the bracket by its rounding.
                if ((next > width ? next - width : width - next) <= width >> 40) return next;
                width = next >= low && next <= high ? next : (low + high) >> 1;
            }
        }
        revert VolatilityNotFound();
    }

    /// @return value C or 1 − C at the width, Q96
    /// @return factor of Newton's step, Q96; 0 where the step leads nowhere
    function _newton(Search memory search, uint256 width)
        private
        pure
        returns (uint256 value, uint256 factor)
    {
        // No overflow: width ≥ distance/16, so ratio ≤ 16 · 2^96 and both tails are within their
        // range; the level is within ±2^97, |gap| below 68 · 2^96, so the numerator is below 2^202.
        // The divisor is positive because width ≥ 2^76.
        unchecked {
            uint256 ratio = (search.distance << 96) / width;
            uint256 half = width >> 1;
            int256 d1 = int256(half) - int256(ratio);
            int256 level = int256(OptionMath.scaledTail(uint256(d1 < 0 ? -d1 : d1)));
            int256 far = int256(OptionMath.scaledTail(half + ratio));
            level = search.above ? level + far : level - far;
            int256 signed = (int256(OptionMath.gaussian(d1)) * level) >> 96;
            if (signed <= 0) return (0, 0);
            value = uint256(signed);
            int256 gap = OptionMath.lnRatio(value, search.target);
            int256 slope = int256((BlackScholes.DENSITY_AT_ZERO * width) >> 96);
            int256 square = int256(ONE) + (2 * gap * level) / slope;
            if (square > 0) factor = OptionMath.squareRoot(uint256(square) << 96);
        }
    }
}

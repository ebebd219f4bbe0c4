// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOptionMarket} from "./interfaces/IOptionMarket.sol";

/// @title Series and what they owe
/// @notice A series is one side, strike and expiry, packed as expiry × 2^72 + strike × 2^8 + side.
///     Amounts have 18 decimals. A scale turns them into token units: 10^(18 − decimals) for calls
///     (base), 10^(18 + decimals of the strike − decimals) for puts (quote).
library OptionSeries {
    function pack(IOptionMarket.Side side, uint64 strike, uint32 expiry)
        internal
        pure
        returns (uint256)
    {
        return (uint256(expiry) << 72) | (uint256(strike) << 8) | uint256(side);
    }

    function sideOf(uint256 series) internal pure returns (IOptionMarket.Side) {
        return IOptionMarket.Side(uint8(series));
    }

    function strikeOf(uint256 series) internal pure returns (uint256) {
        return uint64(series >> 8);
    }

    function expiryOf(uint256 series) internal pure returns (uint32) {
        return uint32(series >> 72);
    }

    /// @notice Token units that cover any payout of the amount, rounded up.
    function collateral(uint256 series, uint256 amount, uint256 scale)
        internal
        pure
        returns (uint256)
    {
        if (sideOf(series) == IOptionMarket.Side.Call) return ceilDiv(amount, scale);
        return ceilDiv(amount * strikeOf(series), scale);
    }

    /// @notice Payout at a price as a fraction of token units: the holder takes the floor of
    ///     numerator/denominator, the writer gives the ceiling.
    /// @dev A call pays amount · (P − K)/P, a put amount · (K − P). Both are at most the collateral
    ///     before rounding, because 0 ≤ P, so their ceilings are at most its ceiling. No overflow:
    ///     amount < 2^128, strike < 2^64, price ≤ 2^96, scale ≤ 1e36 < 2^120.
    function payout(uint256 series, uint256 amount, uint256 price, uint256 scale)
        internal
        pure
        returns (uint256 numerator, uint256 denominator)
    {
        uint256 strike = strikeOf(series);
        if (sideOf(series) == IOptionMarket.Side.Call) {
            if (price <= strike) return (0, 1);
            return (amount * (price - strike), price * scale);
        }
        if (price >= strike) return (0, 1);
        return (amount * (strike - price), scale);
    }

    function ceilDiv(uint256 numerator, uint256 denominator) internal pure returns (uint256) {
        return numerator == 0 ? 0 : (numerator - 1) / denominator + 1;
    }
}

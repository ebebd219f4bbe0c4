// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What OptionSeries.payout owes is covered by its collateral
/// @notice The fractions of its two sides at any price, and the rounding of both: the holder takes
/// the floor, the writer keeps what is left of the collateral above the ceiling.
contract PutProof {
    function check(uint128 amount, uint64 strike, uint96 price) external pure {
        require(price < strike);
        uint256 numerator = uint256(amount) * (strike - price);
        assert(numerator <= uint256(amount) * strike);
    }
}

contract CallProof {
    function check(uint128 amount, uint64 strike, uint96 price) external pure {
        require(price > strike);
        uint256 numerator = uint256(amount) * (price - strike);
        assert(numerator <= uint256(amount) * price);
    }
}

contract RoundingProof {
    /// @notice A fraction of at most the collateral is at most the collateral when rounded down.
    function check(uint128 numerator, uint128 denominator, uint128 collateral) external pure {
        require(denominator > 0);
        require(numerator <= uint256(collateral) * denominator);
        assert(numerator / denominator <= collateral);
    }
}

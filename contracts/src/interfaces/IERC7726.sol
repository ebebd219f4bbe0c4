// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title ERC-7726: what an amount of one asset is worth in another
interface IERC7726 {
    /// @notice No feed stands behind this pair.
    error OracleUnsupportedPair(address base, address quote);

    /// @notice The worth of `baseAmount` in units of `quote`, rounded down.
    /// @param baseAmount In the smallest units of `base`
    /// @param base The asset, or a currency as the address that holds its ISO 4217 number
    /// @param quote The asset it is expressed in, likewise
    function getQuote(uint256 baseAmount, address base, address quote)
        external
        view
        returns (uint256 quoteAmount);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The price of a feed at an expiry: all that a market needs of its settlement
interface ISettlementPrice {
    /// @notice The price of a feed at an expiry, set once.
    /// @param feed Index of the feed that settles, as the hub numbers it: an average over time, so
    /// that no single trade decides
    /// @param expiry Unix time in seconds
    /// @return value In the feed's decimals; meaningless until final
    /// @return isFinal Whether it can no longer change; once true, always true
    function settlementPrice(uint256 feed, uint256 expiry)
        external
        view
        returns (int256 value, bool isFinal);
}

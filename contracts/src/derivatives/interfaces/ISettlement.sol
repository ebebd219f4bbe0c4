// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a market needs of the settlement of a feed
interface ISettlement {
    /// @notice The price of a feed at an expiry: the committee's time-weighted average, set once.
    /// @param feed index of the feed whose average settles, as the hub numbers it
    /// @param expiry Unix time in seconds
    /// @return value in the feed's decimals; meaningless until final
    /// @return isFinal whether the value can no longer change; once true, always true
    function settlementPrice(uint256 feed, uint256 expiry)
        external
        view
        returns (int256 value, bool isFinal);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The part of ERC-20 that the market uses
interface IERC20 {
    /// @notice Tokens of an account.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Decimals of an amount.
    function decimals() external view returns (uint8);

    /// @notice Moves tokens of the caller.
    function transfer(address to, uint256 amount) external returns (bool);

    /// @notice Moves tokens that their owner allowed the caller to move.
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Chainlink's older interface of one feed, which `AggregatorV2V3Interface` still includes
interface AggregatorInterface {
    /// @notice The latest value.
    function latestAnswer() external view returns (int256);
    /// @notice When it was observed.
    function latestTimestamp() external view returns (uint256);
    /// @notice Its number.
    function latestRound() external view returns (uint256);
    /// @notice The value with a number.
    function getAnswer(uint256 roundId) external view returns (int256);
    /// @notice When the value with a number was observed.
    function getTimestamp(uint256 roundId) external view returns (uint256);
}

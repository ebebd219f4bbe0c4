// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Chainlink's interface of one feed, as its readers know it
interface AggregatorV3Interface {
    /// @notice Decimals of every answer.
    function decimals() external view returns (uint8);
    /// @notice Name of the feed.
    function description() external view returns (string memory);
    /// @notice Version of the aggregator.
    function version() external view returns (uint256);

    /// @notice The value with a number.
    function getRoundData(uint80 roundId)
        external
        view
        returns (
            uint80,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );

    /// @notice The latest value.
    function latestRoundData()
        external
        view
        returns (
            uint80 roundId,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );
}

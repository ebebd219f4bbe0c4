// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a feed's history says about it
/// @dev Times are in seconds. A value holds from its observation until the next one.
interface IFeedStatistics {
    /// @notice A moving average forgets over one second to 30 days.
    error DecayOutOfRange(uint256 given, uint256 limit);
    /// @notice Steps, or their length, that no history can hold.
    error StepsOutOfRange(uint256 given, uint256 limit);
    /// @notice Logarithms are taken of positive values only.
    error ValueNotPositive(int256 given);

    /// @notice The exponential moving average up to this block, in the feed's decimals, rounded
    /// down: a value that held s seconds ago weighs e^(−s / decaySeconds). What is older than the
    /// history, or weighs less than 2^-20 in all, counts as the oldest value that is looked at.
    /// @dev Two values cost one cold slot: measure what your decay and the feed's pace come to.
    function movingAverage(uint256 feed, uint256 decaySeconds) external view returns (int256);

    /// @notice The volatility that was realized over steps × stepSeconds before `end`, per year of
    /// 365 days, with 18 decimals (5e17 is 50 %), rounded down: √(Σ ln²(later / earlier) × year /
    /// window) over the values that held at the ends of the steps. No mean is taken off, as in the
    /// committee's own realized-volatility feeds.
    /// @param end Not after this block
    /// @param steps 1 to 4096
    function realizedVolatility(uint256 feed, uint256 end, uint256 steps, uint256 stepSeconds)
        external
        view
        returns (uint256);
}

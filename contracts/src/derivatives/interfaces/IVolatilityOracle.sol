// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The specification of a volatility oracle: one underlying, any time to expiry
/// @notice Volatilities are per year with 18 decimals (0.5e18 is 50 %); times are in seconds.
interface IVolatilityOracle {
    /// @notice One feed of the volatility index.
    /// @param feed index in the hub; its value is the volatility as a fraction (0.5 is 50 %)
    /// @param tenor time to expiry for which the feed holds, seconds
    struct Tenor {
        uint16 feed;
        uint32 tenor;
    }

    /// @notice There are no tenors, or more than TENORS_MAX.
    error TenorCountOutOfRange(uint256 given, uint256 limit);
    /// @notice Tenors must ascend strictly from at least one second.
    error TenorsNotAscending(uint256 given, uint256 previous);
    /// @notice The time lies beyond the longest tenor: the index says nothing there.
    error TimeBeyondTenors(uint256 given, uint256 limit);
    /// @notice The time is zero.
    error TimeIsZero();

    /// @notice Volatility for a time to expiry.
    /// @dev Total variance σ²t is interpolated linearly between the two tenors around; below the
    ///     shortest tenor its volatility holds. A total variance that falls from one tenor to the
    ///     next would allow arbitrage between expiries; it counts as flat. Every feed that is read
    ///     must pass the guard; the errors are those of `FeedGuard`. A time equal to a tenor other
    ///     than the shortest belongs to the interval that ends there.
    /// @return volatility 18 decimals, rounded up
    /// @return spread the larger spread of the feeds that were read, 18 decimals, rounded up
    function volatilityAt(uint256 time) external view returns (uint256 volatility, uint256 spread);

    /// @notice The feeds, by ascending tenor.
    function tenors() external view returns (Tenor[] memory);
}

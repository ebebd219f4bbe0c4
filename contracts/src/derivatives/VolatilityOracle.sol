// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedGuard} from "./FeedGuard.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {OptionMath} from "./OptionMath.sol";

/// @title The volatility index of one underlying, between its tenors
/// @notice Immutable: other feeds or limits are another oracle.
contract VolatilityOracle is IVolatilityOracle {
    /// What is kept of a tenor; one word.
    struct Entry {
        uint16 feed;
        uint32 tenor;
        // 10^(18 − decimals of the feed).
        uint64 scale;
    }

    /// @notice Most tenors of one oracle.
    uint256 public constant TENORS_MAX = 16;

    /// @notice The hub whose feeds are read.
    IPriceFeeds public immutable HUB;
    uint32 private immutable AGE_SECONDS_MAX;
    uint16 private immutable SPREAD_BPS_MAX;
    uint8 private immutable OBSERVERS_MIN;
    Entry[] private _entries;

    /// @param hub where the feeds are read; their decimals are fixed from here on
    /// @param list the feeds, by ascending tenor
    /// @param limits what a feed must pass to be used
    constructor(IPriceFeeds hub, Tenor[] memory list, FeedGuard.Guard memory limits) {
        if (list.length == 0 || list.length > TENORS_MAX) {
            revert TenorCountOutOfRange(list.length, TENORS_MAX);
        }
        HUB = hub;
        AGE_SECONDS_MAX = limits.ageSecondsMax;
        SPREAD_BPS_MAX = limits.spreadBpsMax;
        OBSERVERS_MIN = limits.observersMin;
        uint256 previous = 0;
        for (uint256 i = 0; i < list.length; i++) {
            if (list[i].tenor <= previous) revert TenorsNotAscending(list[i].tenor, previous);
            previous = list[i].tenor;
            // The hub admits at most 18 decimals; more would underflow here and revert.
            uint64 scale = uint64(10 ** (18 - uint256(hub.feedConfig(list[i].feed).decimals)));
            _entries.push(Entry(list[i].feed, list[i].tenor, scale));
        }
    }

    /// @inheritdoc IVolatilityOracle
    function volatilityAt(uint256 time)
        external
        view
        returns (uint256 volatility, uint256 spread)
    {
        if (time == 0) revert TimeIsZero();
        uint256 above = _firstFrom(time);
        Entry memory far = _entries[above];
        (uint256 farVolatility, uint256 farSpread) = _read(far);
        if (above == 0) return (farVolatility, farSpread);
        Entry memory near = _entries[above - 1];
        (uint256 nearVolatility, uint256 nearSpread) = _read(near);
        spread = nearSpread > farSpread ? nearSpread : farSpread;
        // Total variances in 36 decimals; an absurd volatility overflows and reverts.
        uint256 nearVariance = nearVolatility * nearVolatility * near.tenor;
        uint256 farVariance = farVolatility * farVolatility * far.tenor;
        if (farVariance < nearVariance) farVariance = nearVariance;
        uint256 rise = (farVariance - nearVariance) * (time - near.tenor);
        uint256 variance = nearVariance + rise / (far.tenor - near.tenor) + 1;
        volatility = OptionMath.squareRoot(variance / time) + 1;
    }

    /// @inheritdoc IVolatilityOracle
    function tenors() external view returns (Tenor[] memory list) {
        list = new Tenor[](_entries.length);
        for (uint256 i = 0; i < list.length; i++) {
            list[i] = Tenor(_entries[i].feed, _entries[i].tenor);
        }
    }

    /// Index of the first tenor that is not below the time.
    function _firstFrom(uint256 time) private view returns (uint256 index) {
        uint256 count = _entries.length;
        while (index < count && _entries[index].tenor < time) index++;
        if (index == count) revert TimeBeyondTenors(time, _entries[count - 1].tenor);
    }

    /// Volatility and spread of one feed, 18 decimals.
    function _read(Entry memory entry) private view returns (uint256 volatility, uint256 spread) {
        FeedGuard.Guard memory limits =
            FeedGuard.Guard(AGE_SECONDS_MAX, SPREAD_BPS_MAX, OBSERVERS_MIN);
        (volatility, spread) = FeedGuard.read(HUB, entry.feed, limits);
        volatility *= entry.scale;
        spread *= entry.scale;
    }
}

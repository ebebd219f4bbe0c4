// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7726} from "../interfaces/IERC7726.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";

/// @title Feeds in the form of ERC-7726
/// @notice Every quote is a guarded read: what the hub would refuse, this refuses with the hub's
/// own error. The pairs are fixed at deployment; each answers in both directions.
contract QuoteAdapter is IERC7726 {
    /// @notice A pair and the feed that gives its price: quote units for one whole base.
    struct Pair {
        address base;
        address quote;
        uint16 feed;
        uint8 baseDecimals;
        uint8 quoteDecimals;
    }

    struct Rule {
        uint16 feed;
        uint8 baseDecimals;
        uint8 quoteDecimals;
        uint8 feedDecimals;
        bool isInverse;
        bool isSet;
    }

    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;

    IPriceFeeds.Guard private _guard;
    mapping(address base => mapping(address quote => Rule)) private _rules;

    /// @notice More decimals than amounts can be converted with.
    error DecimalsOutOfRange(uint256 given, uint256 limit);
    /// @notice A pair of an asset with itself.
    error PairInvalid(address base, address quote);
    /// @notice A price must be positive.
    error PriceNotPositive(int256 given);

    /// @param hub The PriceFeeds contract
    /// @param guard What every quote demands of its feed
    /// @param pairs The pairs to answer; the last of two alike counts
    constructor(IPriceFeeds hub, IPriceFeeds.Guard memory guard, Pair[] memory pairs) {
        HUB = hub;
        _guard = guard;
        for (uint256 i = 0; i < pairs.length; i++) {
            Pair memory pair = pairs[i];
            if (pair.base == pair.quote) revert PairInvalid(pair.base, pair.quote);
            if (pair.baseDecimals > 24) revert DecimalsOutOfRange(pair.baseDecimals, 24);
            if (pair.quoteDecimals > 24) revert DecimalsOutOfRange(pair.quoteDecimals, 24);
            uint8 decimals = hub.feedConfig(pair.feed).decimals;
            Rule memory rule = Rule(
                pair.feed, pair.baseDecimals, pair.quoteDecimals, decimals, false, true
            );
            _rules[pair.base][pair.quote] = rule;
            rule.isInverse = true;
            _rules[pair.quote][pair.base] = rule;
        }
    }

    /// @inheritdoc IERC7726
    function getQuote(uint256 baseAmount, address base, address quote)
        external
        view
        returns (uint256)
    {
        Rule memory rule = _rules[base][quote];
        if (!rule.isSet) revert OracleUnsupportedPair(base, quote);
        (int256 value,) = HUB.price_CQcm(rule.feed, _guard);
        if (value <= 0) revert PriceNotPositive(value);
        uint256 price = uint256(value) * 10 ** rule.quoteDecimals;
        uint256 unit = 10 ** (uint256(rule.feedDecimals) + rule.baseDecimals);
        return rule.isInverse ? baseAmount * unit / price : baseAmount * price / unit;
    }
}

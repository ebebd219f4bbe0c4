// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {BlackScholes} from "./BlackScholes.sol";
import {FeedGuard} from "./FeedGuard.sol";
import {IOptionMarket} from "./interfaces/IOptionMarket.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {OptionSeries} from "./OptionSeries.sol";

/// @notice Where prices come from and what they must pass.
/// @param hub the committee's feeds
/// @param volatility the volatility index of the underlying
/// @param spotFeed price of the underlying in the quote currency
/// @param rateFeed continuously compounded rate of the quote currency per year, as a fraction
/// @param spotGuard limits of the spot feed
/// @param rateGuard limits of the rate feed; its spread is not looked at
/// @param edgeBps added to every price, as a share of spot, 1/10,000
struct PricingParameters {
    IPriceFeeds hub;
    IVolatilityOracle volatility;
    uint16 spotFeed;
    uint16 rateFeed;
    FeedGuard.Guard spotGuard;
    FeedGuard.Guard rateGuard;
    uint16 edgeBps;
}

/// @title What an option costs in this block
/// @notice The committee's spot, volatility and rate, each fresh and narrow, go into Black and
///     Scholes at the dear end of their spreads.
abstract contract OptionPricing {
    using OptionSeries for uint256;

    /// What a price is made of; prices in 27 decimals.
    struct Ask {
        uint256 price;
        // Spot at the low end of its spread: what a base token is worth at least.
        uint256 spotLow;
    }

    uint256 internal constant BPS = 10_000;
    /// Black-Scholes prices are exact to 1e-19 of the larger of spot and strike.
    uint256 private constant MODEL_ERROR = 1e19;

    /// @notice The hub whose feeds price.
    IPriceFeeds public immutable HUB;
    /// @notice Where the volatility of a time to expiry comes from.
    IVolatilityOracle public immutable VOLATILITY;
    /// @notice Index of the feed of the spot price.
    uint256 public immutable SPOT_FEED;
    /// @notice Index of the feed of the interest rate.
    uint256 public immutable RATE_FEED;
    /// @notice Added to every price, as a share of spot, 1/10,000.
    uint256 public immutable EDGE_BPS;
    /// 10^(27 − decimals of the spot feed).
    uint256 internal immutable _priceScale;
    uint256 private immutable _rateScale;
    FeedGuard.Guard private _spotGuard;
    FeedGuard.Guard private _rateGuard;

    constructor(PricingParameters memory parameters) {
        if (parameters.edgeBps > BPS) {
            revert IOptionMarket.ParameterOutOfRange(parameters.edgeBps, BPS);
        }
        HUB = parameters.hub;
        VOLATILITY = parameters.volatility;
        SPOT_FEED = parameters.spotFeed;
        RATE_FEED = parameters.rateFeed;
        EDGE_BPS = parameters.edgeBps;
        _spotGuard = parameters.spotGuard;
        _rateGuard = parameters.rateGuard;
        _priceScale = 10 ** (27 - uint256(HUB.feedConfig(SPOT_FEED).decimals));
        _rateScale = 10 ** (18 - uint256(HUB.feedConfig(RATE_FEED).decimals));
    }

    /// @notice The price of one unit of a series, before a writer's markup; the caller has checked
    ///     that the series has not expired.
    /// @dev Everything is rounded up and taken at the dear end: spot above its spread for a call
    ///     and below it for a put, volatility above its spread, the model's error on top.
    function _ask(uint256 series) internal view returns (Ask memory ask) {
        (uint256 spot, uint256 spread) = FeedGuard.read(HUB, SPOT_FEED, _spotGuard);
        uint256 time = series.expiryOf() - block.timestamp;
        (uint256 volatility, uint256 volatilitySpread) = VOLATILITY.volatilityAt(time);
        int256 rate = FeedGuard.readSigned(HUB, RATE_FEED, _rateGuard) * int256(_rateScale);

        ask.spotLow = (spot - spread) * _priceScale;
        uint256 spotHigh = (spot + spread) * _priceScale;
        uint256 strike = series.strikeOf() * _priceScale;
        bool isCall = series.sideOf() == IOptionMarket.Side.Call;
        (uint256 call, uint256 put) = BlackScholes.price(
            isCall ? spotHigh : ask.spotLow, strike, volatility + volatilitySpread, time, rate
        );
        uint256 larger = spotHigh > strike ? spotHigh : strike;
        uint256 edge = OptionSeries.ceilDiv(spotHigh * EDGE_BPS, BPS);
        ask.price = (isCall ? call : put) + larger / MODEL_ERROR + 2 + edge;
    }
}

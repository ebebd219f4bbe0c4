// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {FeedGuard} from "../../../../contracts/src/derivatives/FeedGuard.sol";
import {MarketParameters} from "../../../../contracts/src/derivatives/MarketParameters.sol";
import {OptionMarket} from "../../../../contracts/src/derivatives/OptionMarket.sol";
import {PricingParameters} from "../../../../contracts/src/derivatives/OptionPricing.sol";
import {VolatilityOracle} from "../../../../contracts/src/derivatives/VolatilityOracle.sol";
import {
    IVolatilityOracle
} from "../../../../contracts/src/derivatives/interfaces/IVolatilityOracle.sol";
import {IPriceFeeds} from "../../../../contracts/src/interfaces/IPriceFeeds.sol";
import {FakeHub, FakeSettlement, FakeToken} from "./Mocks.sol";
import {TestBase} from "./TestBase.sol";

/// @title A market on ETH/USD: spot 3,000.00000000, volatility 60 % to 50 %, rate 4 %
/// @notice Base token with 18 decimals, quote token with 6; the clock stands at an hour.
abstract contract MarketFixture is TestBase {
    uint256 internal constant SPOT = 0;
    uint256 internal constant RATE = 1;
    uint256 internal constant WEEK_VOLATILITY = 2;
    uint256 internal constant QUARTER_VOLATILITY = 3;
    uint256 internal constant SETTLED = 4;
    int64 internal constant SPOT_PRICE = 3_000e8;
    uint64 internal constant STRIKE = 3_100e8;
    uint256 internal constant START = 1_800_000_000;
    uint32 internal constant EXPIRY = uint32(START + 30 days);

    FakeHub internal hub;
    FakeSettlement internal settlement;
    FakeToken internal base;
    FakeToken internal quote;
    VolatilityOracle internal volatility;
    OptionMarket internal market;

    function _setUpMarket() internal {
        VM.warp(START);
        hub = new FakeHub();
        settlement = new FakeSettlement();
        base = new FakeToken(18);
        quote = new FakeToken(6);
        for (uint256 feed = SPOT; feed <= SETTLED; feed++) hub.configure(feed, 8);
        _publishAll();
        volatility =
            VolatilityOracle(deploy("VolatilityOracle", abi.encode(_hub(), _tenors(), _guard())));
        market = OptionMarket(deploy("OptionMarket", abi.encode(_parameters())));
    }

    /// Every feed fresh with its usual value.
    function _publishAll() internal {
        hub.publish(SPOT, SPOT_PRICE);
        hub.publish(RATE, 0.04e8);
        hub.publish(WEEK_VOLATILITY, 0.6e8);
        hub.publish(QUARTER_VOLATILITY, 0.5e8);
    }

    function _tenors() internal pure returns (IVolatilityOracle.Tenor[] memory list) {
        list = new IVolatilityOracle.Tenor[](2);
        list[0] = IVolatilityOracle.Tenor(uint16(WEEK_VOLATILITY), 7 days);
        list[1] = IVolatilityOracle.Tenor(uint16(QUARTER_VOLATILITY), 90 days);
    }

    function _guard() internal pure returns (FeedGuard.Guard memory) {
        return FeedGuard.Guard({ageSecondsMax: 60, spreadBpsMax: 50, observersMin: 3});
    }

    function _parameters() internal view returns (MarketParameters memory) {
        return MarketParameters({
            pricing: PricingParameters({
                hub: _hub(),
                volatility: volatility,
                spotFeed: uint16(SPOT),
                rateFeed: uint16(RATE),
                spotGuard: _guard(),
                rateGuard: _guard(),
                edgeBps: 5
            }),
            settlement: settlement,
            settlementFeed: uint16(SETTLED),
            base: base,
            quote: quote,
            saleStopSeconds: 30 minutes,
            expiryStepSeconds: 1 hours
        });
    }

    function _hub() internal view returns (IPriceFeeds) {
        return IPriceFeeds(address(hub));
    }
}

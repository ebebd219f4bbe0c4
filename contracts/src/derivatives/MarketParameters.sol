// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {ISettlementPrice} from "../interfaces/ISettlementPrice.sol";
import {IERC20} from "./interfaces/IERC20.sol";
import {PricingParameters} from "./OptionPricing.sol";

/// @notice What is fixed at deployment.
/// @param pricing where prices come from
/// @param settlement where settlement prices come from
/// @param settlementFeed feed whose average settles, in the decimals of the spot feed; no long-tail
///     feed, whose reports cannot be pulled, so that it would never settle
/// @param base token of calls: one unit is one unit of the underlying
/// @param quote token of puts: one unit is one unit of the currency of the spot feed
/// @param saleStopSeconds sales end this long before an expiry; longer than the window of the
///     settlement average, inside which an option no longer is what Black and Scholes price
/// @param expiryStepSeconds expiries are multiples of it; with an hour series are few and deep
struct MarketParameters {
    PricingParameters pricing;
    ISettlementPrice settlement;
    uint16 settlementFeed;
    IERC20 base;
    IERC20 quote;
    uint32 saleStopSeconds;
    uint32 expiryStepSeconds;
}

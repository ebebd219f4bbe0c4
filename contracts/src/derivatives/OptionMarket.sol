// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {ISettlementPrice} from "../interfaces/ISettlementPrice.sol";
import {IERC20} from "./interfaces/IERC20.sol";
import {IOptionMarket} from "./interfaces/IOptionMarket.sol";
import {MarketParameters} from "./MarketParameters.sol";
import {OptionPricing} from "./OptionPricing.sol";
import {OptionSeries} from "./OptionSeries.sol";
import {TokenTransfer} from "./TokenTransfer.sol";

/// @title The option market; IOptionMarket says what each function promises
/// @dev Every function checks, then changes the state, then calls tokens; a transient lock keeps
///     tokens from calling back. No owner, no upgrade, no parameter that can change.
contract OptionMarket is IOptionMarket, OptionPricing {
    using OptionSeries for uint256;
    using TokenTransfer for IERC20;

    /// @notice Widest grid of expiries, in seconds.
    uint256 public constant EXPIRY_STEP_MAX = 7 days;
    /// @notice Largest markup of a writer, in 1/10,000 of the price.
    uint256 public constant MARKUP_BPS_MAX = 10_000;
    /// Black and Scholes are not asked about less than a second.
    uint256 public constant SALE_STOP_MIN = 1;
    /// An expiry without a final price for this long is void.
    uint256 public constant VOID_AFTER = 30 days;
    /// Settlement prices above it count as it; a call then pays all but nothing of its collateral.
    uint256 public constant PRICE_LIMIT = 1 << 96;

    /// @notice Where the price at an expiry comes from.
    ISettlementPrice public immutable SETTLEMENT;
    /// @notice Index of the averaged feed that settles.
    uint256 public immutable SETTLEMENT_FEED;
    /// @notice Token of calls: their collateral, premium and payout.
    IERC20 public immutable BASE;
    /// @notice Token of puts.
    IERC20 public immutable QUOTE;
    /// @notice Sales end this long before an expiry, in seconds.
    uint256 public immutable SALE_STOP_SECONDS;
    /// @notice Expiries are multiples of it, in seconds.
    uint256 public immutable EXPIRY_STEP;
    uint256 private immutable _callScale;
    uint256 private immutable _putScale;

    /// @inheritdoc IOptionMarket
    uint256 public offerCount;
    mapping(uint256 offerId => Offer) private _offers;
    /// @inheritdoc IOptionMarket
    mapping(uint256 series => mapping(address holder => uint256)) public balanceOf;
    /// @inheritdoc IOptionMarket
    mapping(IERC20 token => mapping(address writer => uint256)) public premiumOf;
    mapping(uint32 expiry => Outcome) private _outcomes;
    bool private transient _entered;

    modifier locked() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    constructor(MarketParameters memory parameters) OptionPricing(parameters.pricing) {
        if (parameters.saleStopSeconds < SALE_STOP_MIN) {
            revert ParameterOutOfRange(parameters.saleStopSeconds, SALE_STOP_MIN);
        }
        uint256 step = parameters.expiryStepSeconds;
        if (step == 0 || step > EXPIRY_STEP_MAX) revert ParameterOutOfRange(step, EXPIRY_STEP_MAX);
        EXPIRY_STEP = step;
        SETTLEMENT = parameters.settlement;
        SETTLEMENT_FEED = parameters.settlementFeed;
        uint256 limit = HUB.flagshipFeeds();
        if (SETTLEMENT_FEED >= limit) revert ParameterOutOfRange(SETTLEMENT_FEED, limit);
        BASE = parameters.base;
        QUOTE = parameters.quote;
        SALE_STOP_SECONDS = parameters.saleStopSeconds;
        uint256 strikeDecimals = HUB.feedConfig(SPOT_FEED).decimals;
        uint256 settlementDecimals = HUB.feedConfig(SETTLEMENT_FEED).decimals;
        if (settlementDecimals != strikeDecimals) {
            revert ParameterOutOfRange(settlementDecimals, strikeDecimals);
        }
        // Tokens with more than 18 decimals underflow here and revert.
        _callScale = 10 ** (18 - uint256(BASE.decimals()));
        _putScale = 10 ** (18 - uint256(QUOTE.decimals()) + strikeDecimals);
    }

    /// @inheritdoc IOptionMarket
    function write(Side side, uint64 strike, uint32 expiry, uint128 amount, uint16 markupBps)
        external
        locked
        returns (uint256 offerId)
    {
        if (strike == 0) revert StrikeIsZero();
        if (amount == 0) revert AmountIsZero();
        if (expiry % EXPIRY_STEP != 0) revert ExpiryOffGrid(expiry, EXPIRY_STEP);
        if (markupBps > MARKUP_BPS_MAX) revert MarkupTooLarge(markupBps, MARKUP_BPS_MAX);
        _requireOnSale(expiry);

        uint256 series = OptionSeries.pack(side, strike, expiry);
        offerId = ++offerCount;
        _offers[offerId] = Offer(msg.sender, markupBps, series, amount, 0);
        emit OfferWritten(offerId, msg.sender, series, amount, markupBps);
        tokenOf(side).pull(msg.sender, collateralOf(series, amount));
    }

    /// @inheritdoc IOptionMarket
    function reduce(uint256 offerId, uint128 amount) external locked {
        Offer storage changed = _ownOpenOffer(offerId);
        if (amount > changed.unsold) revert AmountTooLarge(amount, changed.unsold);

        uint256 refund = _freed(changed, amount);
        changed.unsold -= amount;
        emit OfferReduced(offerId, amount);
        tokenOf(changed.series.sideOf()).push(msg.sender, refund);
    }

    /// @inheritdoc IOptionMarket
    function buy(uint256 offerId, uint128 amount, uint256 costMax)
        external
        locked
        returns (uint256 cost)
    {
        Offer storage changed = _known(offerId);
        cost = quote(offerId, amount);
        if (cost > costMax) revert CostAboveLimit(cost, costMax);

        uint256 series = changed.series;
        IERC20 token = tokenOf(series.sideOf());
        changed.unsold -= amount;
        changed.sold += amount;
        balanceOf[series][msg.sender] += amount;
        premiumOf[token][changed.writer] += cost;
        emit OptionsBought(offerId, msg.sender, amount, cost);
        token.pull(msg.sender, cost);
    }

    /// @inheritdoc IOptionMarket
    function close(uint256 offerId, uint128 amount) external locked {
        Offer storage changed = _ownOpenOffer(offerId);
        uint256 series = changed.series;
        if (amount > changed.sold) revert AmountTooLarge(amount, changed.sold);
        _take(series, amount);

        uint256 refund = _freed(changed, amount);
        changed.sold -= amount;
        emit OptionsClosed(offerId, amount);
        tokenOf(series.sideOf()).push(msg.sender, refund);
    }

    /// @inheritdoc IOptionMarket
    function transfer(uint256 series, address to, uint128 amount) external locked {
        _take(series, amount);
        balanceOf[series][to] += amount;
        emit OptionsTransferred(series, msg.sender, to, amount);
    }

    /// @inheritdoc IOptionMarket
    function settle(uint32 expiry) external locked returns (Outcome memory) {
        return _settle(expiry);
    }

    /// @inheritdoc IOptionMarket
    function exercise(uint256 series) external locked returns (uint256 payout) {
        Outcome memory result = _settle(series.expiryOf());
        uint256 amount = balanceOf[series][msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);

        balanceOf[series][msg.sender] = 0;
        if (!result.isVoid) payout = payoutOf(series, amount, result.price);
        emit OptionsExercised(series, msg.sender, amount, payout);
        tokenOf(series.sideOf()).push(msg.sender, payout);
    }

    /// @inheritdoc IOptionMarket
    function redeem(uint256 offerId) external locked returns (uint256 refund) {
        Offer memory closed = _known(offerId);
        if (closed.writer != msg.sender) revert NotTheWriter(msg.sender, closed.writer);
        Outcome memory result = _settle(closed.series.expiryOf());

        uint256 owed = 0;
        if (!result.isVoid) {
            Side side = closed.series.sideOf();
            (uint256 numerator, uint256 denominator) =
                closed.series.payout(closed.sold, result.price, _scaleOf(side));
            owed = OptionSeries.ceilDiv(numerator, denominator);
        }
        delete _offers[offerId];
        refund = collateralOf(closed.series, uint256(closed.unsold) + closed.sold) - owed;
        emit OfferRedeemed(offerId, refund);
        tokenOf(closed.series.sideOf()).push(msg.sender, refund);
    }

    /// @inheritdoc IOptionMarket
    function withdrawPremium(IERC20 token) external locked returns (uint256 amount) {
        amount = premiumOf[token][msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);

        premiumOf[token][msg.sender] = 0;
        emit PremiumWithdrawn(address(token), msg.sender, amount);
        token.push(msg.sender, amount);
    }

    /// @inheritdoc IOptionMarket
    function quote(uint256 offerId, uint128 amount) public view returns (uint256 cost) {
        Offer storage offered = _known(offerId);
        uint256 series = offered.series;
        if (amount == 0) revert AmountIsZero();
        if (amount > offered.unsold) revert AmountTooLarge(amount, offered.unsold);
        _requireOnSale(series.expiryOf());

        Ask memory ask = _ask(series);
        // No overflow: amount < 2^128, and the price is below 2^122, twice that with the markup.
        uint256 price = OptionSeries.ceilDiv(ask.price * (BPS + offered.markupBps), BPS);
        if (series.sideOf() == Side.Call) {
            return OptionSeries.ceilDiv(amount * price, ask.spotLow * _callScale);
        }
        return OptionSeries.ceilDiv(amount * price, _priceScale * _putScale);
    }

    /// @inheritdoc IOptionMarket
    function collateralOf(uint256 series, uint256 amount) public view returns (uint256) {
        return series.collateral(amount, _scaleOf(series.sideOf()));
    }

    /// @inheritdoc IOptionMarket
    function payoutOf(uint256 series, uint256 amount, uint256 price) public view returns (uint256) {
        (uint256 numerator, uint256 denominator) =
            series.payout(amount, price, _scaleOf(series.sideOf()));
        return numerator / denominator;
    }

    /// @inheritdoc IOptionMarket
    function seriesId(Side side, uint64 strike, uint32 expiry) external pure returns (uint256) {
        return OptionSeries.pack(side, strike, expiry);
    }

    /// @inheritdoc IOptionMarket
    function offer(uint256 offerId) external view returns (Offer memory) {
        return _offers[offerId];
    }

    /// @inheritdoc IOptionMarket
    function outcome(uint32 expiry) external view returns (Outcome memory) {
        return _outcomes[expiry];
    }

    /// @inheritdoc IOptionMarket
    function tokenOf(Side side) public view returns (IERC20) {
        return side == Side.Call ? BASE : QUOTE;
    }

    /// The outcome of an expiry, fixed at the first call that finds it final.
    function _settle(uint32 expiry) private returns (Outcome memory result) {
        result = _outcomes[expiry];
        if (result.isSettled) return result;
        if (block.timestamp < expiry) revert NotSettled(expiry);
        (int256 value, bool isFinal) = SETTLEMENT.settlementPrice(SETTLEMENT_FEED, expiry);
        if (!isFinal && block.timestamp < expiry + VOID_AFTER) revert NotSettled(expiry);

        uint256 price = value < 0 ? 0 : uint256(value);
        if (price > PRICE_LIMIT) price = PRICE_LIMIT;
        result = Outcome(true, !isFinal, isFinal ? uint128(price) : 0);
        _outcomes[expiry] = result;
        emit ExpirySettled(expiry, result.price, result.isVoid);
    }

    /// Takes options from the caller.
    function _take(uint256 series, uint128 amount) private {
        uint256 held = balanceOf[series][msg.sender];
        if (amount == 0) revert AmountIsZero();
        if (amount > held) revert AmountTooLarge(amount, held);
        balanceOf[series][msg.sender] = held - amount;
    }

    /// Collateral that an offer no longer needs when it loses an amount.
    function _freed(Offer storage offered, uint128 amount) private view returns (uint256) {
        uint256 total = uint256(offered.unsold) + offered.sold;
        return collateralOf(offered.series, total) - collateralOf(offered.series, total - amount);
    }

    function _known(uint256 offerId) private view returns (Offer storage offered) {
        offered = _offers[offerId];
        if (offered.writer == address(0)) revert OfferUnknown(offerId);
    }

    function _ownOpenOffer(uint256 offerId) private view returns (Offer storage offered) {
        offered = _known(offerId);
        if (offered.writer != msg.sender) revert NotTheWriter(msg.sender, offered.writer);
        uint32 expiry = offered.series.expiryOf();
        if (_outcomes[expiry].isSettled) revert AlreadySettled(expiry);
    }

    function _requireOnSale(uint32 expiry) private view {
        uint256 limit = block.timestamp + SALE_STOP_SECONDS;
        if (expiry < limit) revert SaleEnded(expiry, limit);
    }

    function _scaleOf(Side side) private view returns (uint256) {
        return side == Side.Call ? _callScale : _putScale;
    }
}

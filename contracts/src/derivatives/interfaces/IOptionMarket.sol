// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "./IERC20.sol";

/// @title The specification of the option market: one underlying, any strike and expiry
/// @notice European calls and puts, fully collateralised, settled in cash. A call is
///     collateralised, paid for and paid out in the base token (at most one unit a call, as (P −
///     K)/P < 1), a put in the quote token (at most the strike). Whoever writes options offers them
///     at the committee's price plus a markup of his own; whoever buys them pays the price of this
///     block. At expiry the settlement price decides; nobody needs to act in time.
///
///     Units: amounts are units of the underlying with 18 decimals; strikes and settlement prices
///     have the decimals of the spot feed; payments have those of their token. Payments to the
///     market are rounded up, payments from it down.
/// @dev Invariants O1 to O7: docs/derivatives.md. Tokens that take a fee on a transfer are refused
///     at the transfer; tokens that change balances by themselves must not be used.
interface IOptionMarket {
    enum Side {
        Call,
        Put
    }

    /// @notice What a writer offers and has sold.
    /// @param writer who posted the collateral and is paid the premium
    /// @param markupBps added to the model's price, 1/10,000
    /// @param series what is offered, see `seriesId`
    /// @param unsold amount that can be bought
    /// @param sold amount that was bought and not closed
    struct Offer {
        address writer;
        uint16 markupBps;
        uint256 series;
        uint128 unsold;
        uint128 sold;
    }

    /// @notice What is known of an expiry.
    /// @param isSettled whether the price below is final for this market
    /// @param isVoid whether there was no final price when somebody asked VOID_AFTER the expiry or
    ///     later; options then pay nothing, whatever price comes after that
    /// @param price decimals of the spot feed, from 0
    struct Outcome {
        bool isSettled;
        bool isVoid;
        uint128 price;
    }

    /// @notice Collateral was posted and options are offered.
    event OfferWritten(
        uint256 indexed offerId,
        address indexed writer,
        uint256 indexed series,
        uint256 amount,
        uint256 markupBps
    );
    /// @notice A writer took back options that were not sold.
    event OfferReduced(uint256 indexed offerId, uint256 amount);
    /// @notice Options were bought from an offer; `cost` went to the writer's credit.
    event OptionsBought(
        uint256 indexed offerId, address indexed buyer, uint256 amount, uint256 cost
    );
    /// @notice A writer bought his options back elsewhere and gave them up.
    event OptionsClosed(uint256 indexed offerId, uint256 amount);
    /// @notice Options changed hands.
    event OptionsTransferred(
        uint256 indexed series, address indexed from, address indexed to, uint256 amount
    );
    /// @notice The outcome of an expiry is final.
    event ExpirySettled(uint256 indexed expiry, uint256 price, bool isVoid);
    /// @notice A holder was paid.
    event OptionsExercised(
        uint256 indexed series, address indexed holder, uint256 amount, uint256 payout
    );
    /// @notice A writer took the rest of his collateral.
    event OfferRedeemed(uint256 indexed offerId, uint256 refund);
    /// @notice A writer took his premiums.
    event PremiumWithdrawn(address indexed token, address indexed writer, uint256 amount);

    /// @notice Parameters of the market that cannot be.
    error ParameterOutOfRange(uint256 given, uint256 limit);
    /// @notice The expiry is not on the grid of EXPIRY_STEP.
    error ExpiryOffGrid(uint256 given, uint256 step);
    /// @notice The strike is zero.
    error StrikeIsZero();
    /// @notice The amount is zero.
    error AmountIsZero();
    /// @notice Options of this expiry are no longer sold.
    error SaleEnded(uint256 given, uint256 limit);
    /// @notice The offer or the account has less than was asked for.
    error AmountTooLarge(uint256 given, uint256 limit);
    /// @notice The options cost more than the buyer accepts.
    error CostAboveLimit(uint256 given, uint256 limit);
    /// @notice The markup is above MARKUP_BPS_MAX.
    error MarkupTooLarge(uint256 given, uint256 limit);
    /// @notice Only the writer of the offer may do this.
    error NotTheWriter(address given, address writer);
    /// @notice There is no such offer, or it was redeemed.
    error OfferUnknown(uint256 offerId);
    /// @notice The expiry has no final price yet.
    error NotSettled(uint256 expiry);
    /// @notice The expiry is settled: redeem or exercise.
    error AlreadySettled(uint256 expiry);
    /// @notice Nothing is there to be paid.
    error NothingOwed(address account);
    /// @notice A token call back into the market.
    error Reentered();

    /// @notice Posts collateral for options that others may buy until `lastSale`.
    /// @param amount 18 decimals
    /// @param markupBps added to the model's price, 0 to MARKUP_BPS_MAX
    /// @return offerId number of the offer, from 1
    function write(Side side, uint64 strike, uint32 expiry, uint128 amount, uint16 markupBps)
        external
        returns (uint256 offerId);

    /// @notice Takes back options that were not sold, with their collateral. Writer only; at any
    ///     time before the expiry is settled.
    function reduce(uint256 offerId, uint128 amount) external;

    /// @notice Buys options at the price of this block.
    /// @param costMax the buyer's limit, token units
    /// @return cost what was paid, token units
    function buy(uint256 offerId, uint128 amount, uint256 costMax) external returns (uint256 cost);

    /// @notice Gives up options that the writer of the offer holds himself; frees their collateral.
    function close(uint256 offerId, uint128 amount) external;

    /// @notice Moves options to another account.
    function transfer(uint256 series, address to, uint128 amount) external;

    /// @notice Fixes the outcome of an expiry; anyone may call it, the claims below call it
    /// themselves.
    function settle(uint32 expiry) external returns (Outcome memory);

    /// @notice Pays the caller for all options of a series that he holds.
    function exercise(uint256 series) external returns (uint256 payout);

    /// @notice Pays the writer what his settled offer leaves; the offer is gone afterwards.
    function redeem(uint256 offerId) external returns (uint256 refund);

    /// @notice Pays the caller the premiums to his credit.
    function withdrawPremium(IERC20 token) external returns (uint256 amount);

    /// @notice What an amount of an offer costs in this block, token units. Reverts as `buy` would.
    function quote(uint256 offerId, uint128 amount) external view returns (uint256 cost);

    /// @notice Collateral of an amount of a series, token units, rounded up.
    function collateralOf(uint256 series, uint256 amount) external view returns (uint256);

    /// @notice What an amount of a series pays at a settlement price, token units, rounded down.
    function payoutOf(uint256 series, uint256 amount, uint256 price)
        external
        view
        returns (uint256);

    /// @notice expiry × 2^72 + strike × 2^8 + side.
    function seriesId(Side side, uint64 strike, uint32 expiry) external pure returns (uint256);

    /// @notice An offer by its number; all zero when there is none.
    function offer(uint256 offerId) external view returns (Offer memory);

    /// @notice Number of offers written so far; the newest has this number.
    function offerCount() external view returns (uint256);

    /// @notice Options of a series that somebody holds, with 18 decimals.
    function balanceOf(uint256 series, address holder) external view returns (uint256);

    /// @notice Premium that a writer has not withdrawn, in units of the token.
    function premiumOf(IERC20 token, address writer) external view returns (uint256);

    /// @notice What an expiry came to; all zero until somebody settled it.
    function outcome(uint32 expiry) external view returns (Outcome memory);

    /// @notice The token in which a side is collateralised, paid for and paid out.
    function tokenOf(Side side) external view returns (IERC20);
}

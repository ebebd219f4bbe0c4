// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";

/// @title Example: the prices of a lending protocol
/// @notice Debt in dollars against one kind of collateral; tokens and interest are left out. New
/// debt needs a price in good order. Liquidation takes one that is not quite, in the borrower's
/// favour, because a market that falls is a market whose venues disagree. Paying back and adding
/// collateral never read a price, so nothing that happens to an oracle locks anybody in.
contract LendingGuard {
    struct Account {
        uint128 collateral;
        uint128 debt;
    }

    /// @notice What can be done now.
    enum Mode {
        Open,
        LiquidationOnly,
        RepaymentOnly
    }

    /// @notice A price of zero or less values nothing.
    error PriceNotPositive(int256 given);
    /// @notice The collateral does not carry that much debt.
    error DebtTooHigh(uint256 debt, uint256 limit);
    /// @notice The collateral still carries the debt.
    error AccountHealthy(uint256 debt, uint256 limit);
    /// @notice More than the account has.
    error AmountTooLarge(uint256 given, uint256 limit);

    uint256 private constant BPS = 10_000;
    uint256 private constant BORROW_BPS = 8_000;
    uint256 private constant LIQUIDATION_BPS = 8_500;

    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;
    /// @notice Index of the feed: dollars for one whole unit of collateral.
    uint256 public immutable FEED;
    /// @dev A whole unit of collateral times that of the feed: amounts of both in their decimals.
    uint256 private immutable _UNIT;
    uint8 private immutable _OBSERVERS_MIN;

    /// @notice Collateral and debt of everybody.
    mapping(address owner => Account) public accounts;

    /// @param hub The PriceFeeds contract
    /// @param feed Price of one whole unit of collateral in dollars
    /// @param collateralDecimals Of the collateral; debt has the decimals of the feed
    /// @param observersMin Members that must have observed a price on which debt is given
    constructor(IPriceFeeds hub, uint256 feed, uint8 collateralDecimals, uint8 observersMin) {
        HUB = hub;
        FEED = feed;
        _UNIT = 10 ** uint256(collateralDecimals);
        _OBSERVERS_MIN = observersMin;
    }

    /// @notice Adds collateral; reads no price.
    function deposit(uint128 amount) external {
        accounts[msg.sender].collateral += amount;
    }

    /// @notice Pays debt back; reads no price.
    function repay(uint128 amount) external {
        Account storage account = accounts[msg.sender];
        if (amount > account.debt) revert AmountTooLarge(amount, account.debt);
        account.debt -= amount;
    }

    /// @notice Takes debt, or withdraws collateral, at a price that passes the strict guard. Every
    /// refusal of the hub ends the call under its own name: FeedHalted, FeedStale, FeedWide,
    /// FeedThin, SequencerDown, SequencerGrace, PriceChangedInTransaction.
    function change(uint128 moreDebt, uint128 lessCollateral) external {
        Account storage account = accounts[msg.sender];
        if (lessCollateral > account.collateral) {
            revert AmountTooLarge(lessCollateral, account.collateral);
        }
        account.collateral -= lessCollateral;
        account.debt += moreDebt;
        // Who owes nothing needs no price: nothing that happens to an oracle keeps his collateral.
        if (account.debt == 0) return;
        // One price in a transaction: nobody borrows at one and is liquidated at the next.
        (int256 value,) = HUB.priceOnce(FEED, strict());
        uint256 limit = _limit(account.collateral, _positive(value), BORROW_BPS);
        if (account.debt > limit) revert DebtTooHigh(account.debt, limit);
    }

    /// @notice Takes over an account whose debt its collateral does not carry even at the upper end
    /// of what the members observed.
    function liquidate(address owner) external {
        Account memory account = accounts[owner];
        (int256 value,) = HUB.priceOnce(FEED, loose());
        uint256 upper = _positive(value) + HUB.latest(FEED).spread;
        uint256 limit = _limit(account.collateral, upper, LIQUIDATION_BPS);
        if (account.debt <= limit) revert AccountHealthy(account.debt, limit);
        delete accounts[owner];
        accounts[msg.sender].collateral += account.collateral;
        accounts[msg.sender].debt += account.debt;
    }

    /// @notice What is open now, for front ends and keepers, and the error that closes the rest.
    function mode() external view returns (Mode, bytes4 refusal) {
        try HUB.price_CQcm(FEED, strict()) {
            return (Mode.Open, 0);
        } catch (bytes memory reason) {
            refusal = bytes4(reason);
        }
        try HUB.price_CQcm(FEED, loose()) {
            return (Mode.LiquidationOnly, refusal);
        } catch {
            return (Mode.RepaymentOnly, refusal);
        }
    }

    /// @notice For new debt: the feed's own heartbeat, members within 0.5 %, enough of them.
    function strict() public view returns (IPriceFeeds.Guard memory) {
        return IPriceFeeds.Guard(0, 50, _OBSERVERS_MIN);
    }

    /// @notice For liquidation: as fresh, but members may differ by 5 %, and one fewer may do.
    function loose() public view returns (IPriceFeeds.Guard memory) {
        return IPriceFeeds.Guard(0, 500, _OBSERVERS_MIN == 0 ? 0 : _OBSERVERS_MIN - 1);
    }

    /// @dev Rounded down: in doubt less is lent.
    function _limit(uint256 collateral, uint256 price, uint256 bps)
        private
        view
        returns (uint256)
    {
        return collateral * price * bps / (_UNIT * BPS);
    }

    function _positive(int256 value) private pure returns (uint256) {
        if (value <= 0) revert PriceNotPositive(value);
        return uint256(value);
    }
}

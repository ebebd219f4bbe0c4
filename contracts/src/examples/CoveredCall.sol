// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title Example: one covered call, settled in its own collateral
/// @notice Reads the price at the expiry from Settlement: the same whoever brings it, final once,
/// and then for ever. The writer's collateral is one amount of the underlying; tokens are left out,
/// claims are numbers. OptionMarket is the whole thing.
contract CoveredCall {
    /// @notice The price at the expiry can still change, or was not brought.
    error PriceNotFinal(uint256 expiry);
    /// @notice The claims are fixed already.
    error AlreadyExercised();

    /// @notice What the expiry came to.
    event Exercised(int256 price, uint256 toHolder, uint256 toWriter);

    /// @dev How long the round of the expiry is waited for: it may come later than the window, and
    /// somebody must be able to end it where it never will.
    uint256 private constant VOID_AFTER = 1 days;

    /// @notice Where the price at the expiry comes from.
    ISettlement public immutable SETTLEMENT;
    /// @notice Index of the feed: an average over time, so that no single trade decides the payout.
    uint256 public immutable FEED;
    /// @notice Unix time in seconds.
    uint256 public immutable EXPIRY;
    /// @notice In the decimals of the feed.
    uint256 public immutable STRIKE;
    /// @notice Collateral of the writer, in the underlying.
    uint256 public immutable AMOUNT;

    /// @notice Whether the claims are fixed.
    bool public isExercised;
    /// @notice What the holder gets of the collateral.
    uint256 public claimOfHolder;
    /// @notice What the writer gets of it.
    uint256 public claimOfWriter;

    /// @param settlement The Settlement contract beside the hub
    /// @param feed An averaged feed of the hub
    /// @param expiry Unix time in seconds
    /// @param strike In the decimals of the feed
    /// @param amount Collateral of the writer, in the underlying
    constructor(
        ISettlement settlement,
        uint256 feed,
        uint256 expiry,
        uint256 strike,
        uint256 amount
    ) {
        SETTLEMENT = settlement;
        FEED = feed;
        EXPIRY = expiry;
        STRIKE = strike;
        AMOUNT = amount;
    }

    /// @notice Brings the report of the settlement round if it is still missing, and exercises.
    /// Settlement's refusals keep their names: ExpiryNotReached, SettlementClosed,
    /// RoundOutsideSettlement, RoundNotEarlier, CommitteeGone.
    /// @param report From a node, a gateway or `parallax settle`
    function settleAndExercise(bytes calldata report) external {
        (, bool isFinal) = SETTLEMENT.settlementPrice(FEED, EXPIRY);
        if (!isFinal) SETTLEMENT.settle(FEED, EXPIRY, report);
        exercise();
    }

    /// @notice Fixes who gets what of the collateral. Anyone may call it, once.
    function exercise() public {
        if (isExercised) revert AlreadyExercised();
        (int256 price, bool isFinal) = SETTLEMENT.settlementPrice(FEED, EXPIRY);
        if (!isFinal) {
            if (block.timestamp <= EXPIRY + VOID_AFTER) revert PriceNotFinal(EXPIRY);
            // Without a price the option is void and the collateral goes home.
            price = 0;
        }
        isExercised = true;
        claimOfHolder = payout(price);
        claimOfWriter = AMOUNT - claimOfHolder;
        emit Exercised(price, claimOfHolder, claimOfWriter);
    }

    /// @notice Of AMOUNT to the holder at a price: (price − strike) / price, rounded down, so less
    /// than the collateral at every price.
    function payout(int256 price) public view returns (uint256) {
        if (price <= 0 || uint256(price) <= STRIKE) return 0;
        return AMOUNT * (uint256(price) - STRIKE) / uint256(price);
    }
}

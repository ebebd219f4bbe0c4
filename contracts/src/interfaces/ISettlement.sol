// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISettlementPrice} from "./ISettlementPrice.sol";

/// @title Settlement prices: the specification
/// @notice The price of a feed at an expiry is the committee's value of the settlement round, the
/// first that opens at or after the expiry. If that round has no certificate, it is that of the
/// earliest certified round that opens within ten minutes after the expiry; anyone may bring an
/// earlier one until those are over. An expiry without a price by then is still settled by the
/// settlement round itself, as long as the hub hears the committee of the expiry: while it is in
/// office, and for an hour after its successor was activated. So the price is the same whoever
/// calls, as long as one honest party does, and once final it never changes. Settle on a feed that
/// is an average over time.
interface ISettlement is ISettlementPrice {
    /// @notice A price was set or replaced by that of an earlier round.
    event SettlementLowered(
        uint256 indexed feed, uint256 indexed expiry, int256 value, uint256 round, bool isFinal
    );

    /// @notice Nothing settles before its expiry. In seconds.
    error ExpiryNotReached(uint256 given, uint256 expiry);
    /// @notice The ten minutes after the expiry are over, and either a price stands, or the report
    /// is not that of the settlement round. In seconds.
    error SettlementClosed(uint256 given, uint256 limit);
    /// @notice The report's round opens before the expiry, or more than ten minutes after the
    /// opening of the first round that does not.
    error RoundOutsideSettlement(uint256 given, uint256 first, uint256 last);
    /// @notice A price of this round or an earlier one stands already.
    error RoundNotEarlier(uint256 given, uint256 stored);
    /// @notice The committee that was in office at the expiry cannot be heard any more.
    error CommitteeGone(uint256 epoch);

    /// @notice Brings the price of a feed at an expiry.
    /// @param report A report with the feed, as `IPriceFeeds.pull_mfwu` takes it
    function settle(uint256 feed, uint256 expiry, bytes calldata report) external;

    /// @notice The round that settles an expiry, and the number of the committee that was in
    /// office.
    function settlementRound(uint256 expiry) external view returns (uint256 round, uint256 epoch);
}

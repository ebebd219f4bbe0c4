// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {PullReader} from "../libraries/PullReader.sol";

/// @title Example: the mark price of a perpetual
/// @notice The mark is what the market itself trades at, kept within a band around the index of the
/// oracle. When members disagree or are few, the exact average of five minutes stands in for the
/// index: positions are marked, none is opened. When there is no fresh price at all, nothing is
/// marked and nobody is liquidated.
contract PerpetualMark {
    /// @notice What the mark rests on.
    enum Basis {
        Index,
        Average
    }

    /// @notice The mark rests on an average: positions may be closed, not opened.
    error OpeningPaused();
    /// @notice An index of zero or less.
    error IndexNotPositive(int256 given);

    uint256 private constant BPS = 10_000;
    uint256 private constant BAND_BPS = 50;
    uint256 private constant AVERAGE_SECONDS = 300;
    uint32 private constant AGE_SECONDS_MAX = 30;
    uint16 private constant SPREAD_BPS_MAX = 20;

    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;
    /// @notice Index of the feed of the index price.
    uint256 public immutable FEED;
    /// @notice Members that must have observed an index for opening.
    uint8 public immutable OBSERVERS_MIN;

    /// @param hub The PriceFeeds contract
    /// @param feed The index; the hub must keep its history
    /// @param observersMin Members that must have observed an index at which positions are opened
    constructor(IPriceFeeds hub, uint256 feed, uint8 observersMin) {
        HUB = hub;
        FEED = feed;
        OBSERVERS_MIN = observersMin;
    }

    /// @notice The mark for a position that is opened with a report that the trader brings: the
    /// price of this moment and not of the last delivery. If somebody delivered a newer one, that
    /// is taken, so a trader cannot choose among old prices.
    /// @param traded Price at which the market trades
    /// @param report From a node, a gateway or the client; see docs/guides/protocol.md
    function markWithReport(uint256 traded, bytes calldata report)
        external
        returns (uint256)
    {
        (int256 index,) = PullReader.updateAndRead(HUB, FEED, _guard(), report);
        return _banded(traded, _positive(index));
    }

    /// @notice The mark at which a position may be opened.
    function markToOpen(uint256 traded) external view returns (uint256 price) {
        Basis basis;
        (price, basis) = mark(traded);
        if (basis != Basis.Index) revert OpeningPaused();
    }

    /// @notice The mark for closing and for liquidation. FeedHalted, FeedStale and the refusals of
    /// a sequencer end the call under their own names: there is nothing to mark with.
    function mark(uint256 traded) public view returns (uint256 price, Basis basis) {
        int256 index;
        try HUB.price_CQcm(FEED, _guard()) returns (int256 value, uint256) {
            index = value;
        } catch (bytes memory reason) {
            bytes4 refusal = bytes4(reason);
            bool isBlurred = refusal == IPriceFeeds.FeedWide.selector
                || refusal == IPriceFeeds.FeedThin.selector;
            if (!isBlurred) _revert(reason);
            // The rest of the guard still holds: read again without the two that were passed.
            HUB.price_CQcm(FEED, IPriceFeeds.Guard(AGE_SECONDS_MAX, 0, 0));
            index = HUB.average(FEED, block.timestamp - AVERAGE_SECONDS, block.timestamp);
            basis = Basis.Average;
        }
        return (_banded(traded, _positive(index)), basis);
    }

    function _guard() private view returns (IPriceFeeds.Guard memory) {
        return IPriceFeeds.Guard(AGE_SECONDS_MAX, SPREAD_BPS_MAX, OBSERVERS_MIN);
    }

    /// @dev The traded price, moved to the nearer end of the band when it lies outside.
    function _banded(uint256 traded, uint256 index) private pure returns (uint256) {
        uint256 low = index - index * BAND_BPS / BPS;
        uint256 high = index + index * BAND_BPS / BPS;
        if (traded < low) return low;
        return traded > high ? high : traded;
    }

    function _positive(int256 value) private pure returns (uint256) {
        if (value <= 0) revert IndexNotPositive(value);
        return uint256(value);
    }

    function _revert(bytes memory reason) private pure {
        assembly {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}

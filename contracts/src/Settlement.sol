// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "./interfaces/ICommittees.sol";
import {IPriceFeeds} from "./interfaces/IPriceFeeds.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISettlementPrice} from "./interfaces/ISettlementPrice.sol";
import {FeedWord} from "./libraries/FeedWord.sol";
import {PullReader} from "./libraries/PullReader.sol";

/// @title Settlement prices from certified rounds
/// @notice ISettlement says what each function promises. Nobody owns this contract.
contract Settlement is ISettlement {
    using FeedWord for uint256;

    /// @dev How long after an expiry any round of these ten minutes may be brought; the first of
    /// them may come later, too.
    uint256 private constant WINDOW = 10 minutes;

    struct Price {
        int64 value;
        uint32 round;
        bool isExact;
        bool isSet;
    }

    /// @notice The hub whose committees settle.
    IPriceFeeds public immutable HUB;

    mapping(uint256 feed => mapping(uint256 expiry => Price)) private _prices;

    /// @param hub The hub whose committees settle
    constructor(IPriceFeeds hub) {
        HUB = hub;
    }

    /// @inheritdoc ISettlement
    function settle(uint256 feed, uint256 expiry, bytes calldata report) external {
        if (block.timestamp < expiry) revert ExpiryNotReached(block.timestamp, expiry);
        Price storage price = _prices[feed][expiry];
        uint256 closes = expiry + WINDOW;
        bool isOver = block.timestamp > closes;
        if (isOver && price.isSet) revert SettlementClosed(block.timestamp, closes);
        (uint256 first, uint256 number) = settlementRound(expiry);
        uint256 word = _wordOf(feed, number, report);
        uint256 round = word.round();
        bool isExact = round == first;
        // Of one round there is one value, ever (S2), so that nobody gains by bringing it late; of
        // several rounds whoever waits for the end of the window would choose.
        if (isOver && !isExact) revert SettlementClosed(block.timestamp, closes);
        uint256 last = first + WINDOW * 1000 / HUB.committee(number).roundMs;
        if (round < first || round > last) revert RoundOutsideSettlement(round, first, last);
        if (price.isSet && round >= price.round) revert RoundNotEarlier(round, price.round);
        _prices[feed][expiry] = Price(word.value(), uint32(round), isExact, true);
        emit SettlementLowered(feed, expiry, word.value(), round, isExact);
    }

    /// @inheritdoc ISettlementPrice
    function settlementPrice(uint256 feed, uint256 expiry)
        external
        view
        returns (int256 value, bool isFinal)
    {
        Price storage price = _prices[feed][expiry];
        bool isOver = block.timestamp > expiry + WINDOW;
        return (price.value, price.isExact || (price.isSet && isOver));
    }

    /// @inheritdoc ISettlement
    function settlementRound(uint256 expiry) public view returns (uint256 round, uint256 epoch) {
        epoch = HUB.epoch();
        ICommittees.Committee memory by = HUB.committee(epoch);
        // A hand-over inside the window leaves the expiry to the committee before; the hub hears it
        // for an hour.
        if (by.activeFromMs > expiry * 1000) {
            if (epoch == 1) revert CommitteeGone(0);
            by = HUB.committee(--epoch);
            if (by.activeFromMs > expiry * 1000) revert CommitteeGone(epoch - 1);
        }
        round = (expiry * 1000 - by.genesisMs + by.roundMs - 1) / by.roundMs;
    }

    /// @dev The word of a feed in a report that the committee of an epoch signed.
    function _wordOf(uint256 feed, uint256 epoch, bytes calldata report)
        private
        view
        returns (uint256)
    {
        bytes4 entry = epoch == HUB.epoch()
            ? IPriceFeeds.pull_mfwu.selector
            : IPriceFeeds.pullByPrevious.selector;
        uint256[] memory words = PullReader.verify(HUB, entry, report);
        for (uint256 i = 0; i < words.length; i++) {
            if (words[i] & 0xffff != feed) continue;
            uint256 status = words[i].status();
            if (status != FeedWord.STATUS_OK) revert IPriceFeeds.FeedHalted(feed, status);
            return words[i];
        }
        revert PullReader.FeedAbsent(feed);
    }
}

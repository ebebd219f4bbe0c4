// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFeedStatistics} from "../interfaces/IFeedStatistics.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {IPyth, PythErrors, PythStructs} from "../interfaces/IPyth.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {PullReader} from "../libraries/PullReader.sol";

/// @title Feeds in the form of Pyth's IPyth
/// @notice Each element of `updateData` is a report as `encodeReport` builds it and the client's
/// `bytesOf` gives it: what follows the selector of an update. There is no fee. The price is the
/// committee's value, the confidence its spread, the exponent minus the feed's decimals, the
/// publish time that of the observation. While a feed is unavailable the last value ages. The ids
/// are fixed at deployment.
contract PythAdapter is IPyth {
    using FeedWord for uint256;

    /// @notice A feed of the hub under an id of its consumers' choice.
    struct Entry {
        bytes32 id;
        uint16 feed;
    }

    struct Place {
        uint16 feed;
        uint8 decimals;
        bool isSet;
    }

    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;
    /// @notice Where moving averages come from.
    IFeedStatistics public immutable STATISTICS;
    /// @notice The moving average forgets by a factor of e in so many seconds.
    uint256 public immutable EMA_SECONDS;

    mapping(bytes32 id => Place) private _places;

    /// @notice Updates are free: ether would be lost here.
    error FeeNotTaken(uint256 given);

    /// @param hub The PriceFeeds contract
    /// @param statistics Where moving averages come from
    /// @param emaSeconds Their decay
    /// @param entries The feeds and their ids; the last of two alike counts
    constructor(
        IPriceFeeds hub,
        IFeedStatistics statistics,
        uint256 emaSeconds,
        Entry[] memory entries
    ) {
        HUB = hub;
        STATISTICS = statistics;
        EMA_SECONDS = emaSeconds;
        for (uint256 i = 0; i < entries.length; i++) {
            uint8 decimals = hub.feedConfig(entries[i].feed).decimals;
            _places[entries[i].id] = Place(entries[i].feed, decimals, true);
        }
    }

    modifier free() {
        if (msg.value != 0) revert FeeNotTaken(msg.value);
        _;
    }

    /// @inheritdoc IPyth
    function getPriceUnsafe(bytes32 id) public view returns (PythStructs.Price memory) {
        Place memory place = _placeOf(id);
        IPriceFeeds.Feed memory latest = HUB.latest(place.feed);
        if (latest.time == 0) revert PythErrors.PriceFeedNotFound();
        return _price(latest.value, latest.spread, place.decimals, latest.time);
    }

    /// @inheritdoc IPyth
    function getPriceNoOlderThan(bytes32 id, uint256 age)
        external
        view
        returns (PythStructs.Price memory price)
    {
        price = getPriceUnsafe(id);
        _checkAge(price.publishTime, age);
    }

    /// @inheritdoc IPyth
    function getEmaPriceUnsafe(bytes32 id) public view returns (PythStructs.Price memory price) {
        price = getPriceUnsafe(id);
        price.price = int64(STATISTICS.movingAverage(_places[id].feed, EMA_SECONDS));
    }

    /// @inheritdoc IPyth
    function getEmaPriceNoOlderThan(bytes32 id, uint256 age)
        external
        view
        returns (PythStructs.Price memory price)
    {
        price = getEmaPriceUnsafe(id);
        _checkAge(price.publishTime, age);
    }

    /// @inheritdoc IPyth
    /// @dev Reports that are not newer than what is stored are passed over; whatever else is wrong
    /// with one ends in the hub's own error.
    function updatePriceFeeds(bytes[] calldata updateData) external payable free {
        _update(updateData);
    }

    /// @inheritdoc IPyth
    function updatePriceFeedsIfNecessary(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64[] calldata publishTimes
    ) external payable free {
        if (priceIds.length != publishTimes.length) revert PythErrors.InvalidArgument();
        for (uint256 i = 0; i < priceIds.length; i++) {
            uint256 time = HUB.latest(_placeOf(priceIds[i]).feed).time;
            if (time < publishTimes[i]) return _update(updateData);
        }
        revert PythErrors.NoFreshUpdate();
    }

    /// @inheritdoc IPyth
    function getUpdateFee(bytes[] calldata) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IPyth
    /// @dev The first report that holds a feed with a time in the range counts. Reports say nothing
    /// about moving averages: emaPrice is zero.
    function parsePriceFeedUpdates(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable free returns (PythStructs.PriceFeed[] memory feeds) {
        feeds = new PythStructs.PriceFeed[](priceIds.length);
        for (uint256 u = 0; u < updateData.length; u++) {
            uint256[] memory words = PullReader.verify(HUB, updateData[u]);
            // All words of a report have its time.
            uint256 time = words[0].time();
            if (time < minPublishTime || time > maxPublishTime) continue;
            for (uint256 i = 0; i < priceIds.length; i++) {
                if (feeds[i].id == 0) _fill(feeds[i], priceIds[i], words);
            }
        }
        for (uint256 i = 0; i < feeds.length; i++) {
            if (feeds[i].price.publishTime == 0) revert PythErrors.PriceFeedNotFoundWithinRange();
        }
    }

    function _fill(PythStructs.PriceFeed memory feed, bytes32 id, uint256[] memory words)
        private
        view
    {
        Place memory place = _placeOf(id);
        for (uint256 i = 0; i < words.length; i++) {
            uint256 word = words[i];
            if (word & 0xffff != place.feed || word.status() != FeedWord.STATUS_OK) continue;
            feed.id = id;
            feed.price = _price(word.value(), word.spread(), place.decimals, word.time());
        }
    }

    function _update(bytes[] calldata updateData) private {
        for (uint256 i = 0; i < updateData.length; i++) {
            (bool done, bytes memory result) = address(HUB)
                .call(abi.encodePacked(IPriceFeeds.update_WNFio.selector, updateData[i]));
            bytes4 reason = bytes4(result);
            bool isKnown = reason == IPriceFeeds.RoundNotNewer.selector
                || reason == IPriceFeeds.LongTailNotNewer.selector;
            if (done || isKnown) continue;
            assembly {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    function _placeOf(bytes32 id) private view returns (Place memory place) {
        place = _places[id];
        if (!place.isSet) revert PythErrors.PriceFeedNotFound();
    }

    function _price(int64 value, uint256 spread, uint8 decimals, uint256 time)
        private
        pure
        returns (PythStructs.Price memory)
    {
        uint64 conf = spread > type(uint64).max ? type(uint64).max : uint64(spread);
        return PythStructs.Price(value, conf, -int32(uint32(decimals)), time);
    }

    function _checkAge(uint256 time, uint256 age) private view {
        // Observation times may lie a little ahead of the block's.
        if (block.timestamp > time && block.timestamp - time > age) revert PythErrors.StalePrice();
    }
}

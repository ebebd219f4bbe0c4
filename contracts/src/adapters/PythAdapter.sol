// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFeedStatistics} from "../interfaces/IFeedStatistics.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {IPyth, PythErrors, PythStructs} from "../interfaces/IPyth.sol";
import {PythReports} from "./PythReports.sol";

/// @title Feeds in the form of Pyth's IPyth
/// @notice The price is the committee's value, the confidence its spread, the exponent minus the
/// feed's decimals, the publish time that of the observation. While a feed is unavailable the last
/// value ages; of a long-tail feed none is kept, and the read ends in FeedHalted. The ids are fixed
/// at deployment.
contract PythAdapter is PythReports {
    /// @notice A feed of the hub under an id of its consumers' choice.
    struct Entry {
        bytes32 id;
        uint16 feed;
    }

    /// @dev A value is due at its heartbeat and may then take this long to be delivered.
    uint256 private constant DELIVERY_SECONDS = 60;

    /// @notice Where moving averages come from.
    IFeedStatistics public immutable STATISTICS;
    /// @notice The moving average forgets by a factor of e in so many seconds.
    uint256 public immutable EMA_SECONDS;

    uint256 private immutable _VALID_SECONDS;

    /// @param hub The PriceFeeds contract
    /// @param statistics Where moving averages come from
    /// @param emaSeconds Their decay
    /// @param entries The feeds and their ids; the last of two alike counts
    constructor(
        IPriceFeeds hub,
        IFeedStatistics statistics,
        uint256 emaSeconds,
        Entry[] memory entries
    ) PythReports(hub) {
        STATISTICS = statistics;
        EMA_SECONDS = emaSeconds;
        uint256 shortest = type(uint32).max;
        for (uint256 i = 0; i < entries.length; i++) {
            IPriceFeeds.FeedConfig memory config = hub.feedConfig(entries[i].feed);
            _places[entries[i].id] = Place(entries[i].feed, config.decimals, true);
            if (config.heartbeatSeconds < shortest) shortest = config.heartbeatSeconds;
        }
        _VALID_SECONDS = shortest + DELIVERY_SECONDS;
    }

    /// @inheritdoc IPyth
    function getPriceUnsafe(bytes32 id) public view returns (PythStructs.Price memory price) {
        (price,) = _latest(id);
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
    /// @dev By the feed's own heartbeat and a minute for its delivery, as the hub's guarded reads.
    function getPrice(bytes32 id) external view returns (PythStructs.Price memory price) {
        uint256 heartbeat;
        (price, heartbeat) = _latest(id);
        _checkAge(price.publishTime, heartbeat + DELIVERY_SECONDS);
    }

    /// @inheritdoc IPyth
    /// @dev As `getPrice`.
    function getEmaPrice(bytes32 id) external view returns (PythStructs.Price memory price) {
        (, uint256 heartbeat) = _latest(id);
        price = getEmaPriceUnsafe(id);
        _checkAge(price.publishTime, heartbeat + DELIVERY_SECONDS);
    }

    /// @inheritdoc IPyth
    /// @dev The shortest heartbeat of its feeds and a minute: a price of that age is late for none.
    function getValidTimePeriod() external view returns (uint256) {
        return _VALID_SECONDS;
    }

    /// @inheritdoc IPyth
    /// @dev Of a feed that keeps no history there is no average: HistoryNotKept.
    function queryPriceFeed(bytes32 id) external view returns (PythStructs.PriceFeed memory) {
        return PythStructs.PriceFeed(id, getPriceUnsafe(id), getEmaPriceUnsafe(id));
    }

    /// @inheritdoc IPyth
    function priceFeedExists(bytes32 id) external view returns (bool) {
        if (!_places[id].isSet) return false;
        (, uint256 isKept) = _fieldsOf(_places[id].feed);
        return isKept != 0;
    }

    /// @inheritdoc IPyth
    /// @dev Reports that are not newer than what is stored are passed over, before anybody looks at
    /// their signature: bytes that nobody signed and that name an old round, too. Whatever else is
    /// wrong with one ends in the hub's own error.
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
            (uint256 fields, uint256 isKept) = _fieldsOf(_placeOf(priceIds[i]).feed);
            uint256 time;
            assembly ("memory-safe") {
                time := mload(add(fields, 0x80))
            }
            if (isKept == 0 || time < publishTimes[i]) return _update(updateData);
        }
        revert PythErrors.NoFreshUpdate();
    }

    function _update(bytes[] calldata updateData) private {
        for (uint256 i = 0; i < updateData.length; i++) {
            // Nothing further: a zero would pass a refusal without data, such as too little gas.
            _deliver(updateData[i], IPriceFeeds.RoundNotNewer.selector);
        }
    }

    /// @dev The latest price, and the feed's heartbeat in seconds.
    function _latest(bytes32 id)
        private
        view
        returns (PythStructs.Price memory price, uint256 heartbeat)
    {
        Place memory place = _placeOf(id);
        (uint256 fields, uint256 isKept) = _fieldsOf(place.feed);
        uint256 time;
        int64 value;
        uint256 spread;
        uint256 status;
        assembly ("memory-safe") {
            value := mload(fields)
            spread := mload(add(fields, 0x20))
            status := mload(add(fields, 0x60))
            time := mload(add(fields, 0x80))
            heartbeat := mload(add(fields, 0xe0))
        }
        if (isKept == 0) {
            if (status == 0 || time == 0) revert PythErrors.PriceFeedNotFound();
            revert IPriceFeeds.FeedHalted(place.feed, status);
        }
        return (_price(value, spread, place.decimals, time), heartbeat);
    }

    /// @dev The hub's `latest` of a feed as it came, in memory that is not allocated: the compiler
    /// would check and copy each of eight fields.
    /// @return fields Where they stand
    /// @return isKept Whether there is a value. Only those of flagship feeds have a number, and
    /// only those are kept while the feed is unavailable.
    function _fieldsOf(uint256 feed) private view returns (uint256 fields, uint256 isKept) {
        address hub = address(HUB);
        uint256 selector = uint256(bytes32(IPriceFeeds.latest.selector));
        assembly ("memory-safe") {
            fields := mload(0x40)
            mstore(0x00, selector)
            mstore(0x04, feed)
            let done := staticcall(gas(), hub, 0x00, 0x24, fields, 0x100)
            // No code at the address answers nothing.
            if or(iszero(done), lt(returndatasize(), 0x100)) {
                returndatacopy(fields, 0, returndatasize())
                revert(fields, returndatasize())
            }
            isKept := or(mload(add(fields, 0xc0)), eq(mload(add(fields, 0x60)), 1))
        }
    }

    function _checkAge(uint256 time, uint256 age) private view {
        // Observation times may lie a little ahead of the block's.
        if (block.timestamp > time && block.timestamp - time > age) revert PythErrors.StalePrice();
    }
}

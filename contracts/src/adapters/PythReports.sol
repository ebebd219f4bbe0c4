// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {IPyth, PythErrors, PythStructs} from "../interfaces/IPyth.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {PullReader} from "../libraries/PullReader.sol";

/// @title Prices in reports that a caller brings, in the form of Pyth's IPyth
/// @notice Each element of `updateData` is a report as `encodeReport` builds it and the client's
/// `bytesOf` gives it: what follows the selector of an update. There is no fee. Reports say nothing
/// about moving averages: what is read from them has an `emaPrice` of zero.
abstract contract PythReports is IPyth {
    using FeedWord for uint256;

    /// @dev Of the hub, where an id stands for a feed.
    struct Place {
        uint16 feed;
        uint8 decimals;
        bool isSet;
    }

    /// @dev Times in seconds, both within the range.
    struct Range {
        uint64 from;
        uint64 to;
        bool isUnique;
    }

    /// @dev For one id.
    /// @param next The round before which it has no price in the range; 0 while that is not known
    /// @param found The word of its price; never zero when there is one
    struct Search {
        uint256 next;
        uint256 found;
    }

    /// @dev No round of a committee is open for longer, in milliseconds.
    uint256 private constant ROUND_MS_MAX = 65_535;

    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;

    mapping(bytes32 id => Place) internal _places;

    /// @notice Updates are free: ether would be lost here.
    error FeeNotTaken(uint256 given);
    /// @notice Reports hold no sums that prove an average; the hub's `average` has it.
    error AverageNotSigned();

    constructor(IPriceFeeds hub) {
        HUB = hub;
    }

    modifier free() {
        if (msg.value != 0) revert FeeNotTaken(msg.value);
        _;
    }

    /// @inheritdoc IPyth
    function getUpdateFee(bytes[] calldata) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IPyth
    /// @dev Always reverts: there are no such updates.
    function getTwapUpdateFee(bytes[] calldata) external pure returns (uint256) {
        revert AverageNotSigned();
    }

    /// @inheritdoc IPyth
    /// @dev Always reverts: there are no such updates.
    function parseTwapPriceFeedUpdates(bytes[] calldata, bytes32[] calldata)
        external
        payable
        returns (PythStructs.TwapPriceFeed[] memory)
    {
        revert AverageNotSigned();
    }

    /// @inheritdoc IPyth
    /// @dev The first report given that holds a feed with a time in the range counts.
    function parsePriceFeedUpdates(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable free returns (PythStructs.PriceFeed[] memory feeds) {
        (feeds,,) = _parse(updateData, priceIds, Range(minPublishTime, maxPublishTime, false));
    }

    /// @inheritdoc IPyth
    /// @dev The price is that of the first round at or after the beginning that has one, whoever
    /// asks. That it is the first follows from the clock of the rounds where the round before had
    /// closed by then; otherwise bring the reports of the rounds before too, in front and without a
    /// gap: from one that is earlier than the range, or whose round before had closed, on. So a
    /// range that begins while a round is open that ended without a certificate has no answer, nor
    /// has one that begins up to 65,535 ms after another committee took office.
    function parsePriceFeedUpdatesUnique(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable free returns (PythStructs.PriceFeed[] memory feeds) {
        (feeds,,) = _parse(updateData, priceIds, Range(minPublishTime, maxPublishTime, true));
    }

    /// @inheritdoc IPyth
    /// @dev The slots are rounds. Of what is stored the whole report is; one that is older than
    /// what is stored, or too old to be the latest, is passed over.
    function parsePriceFeedUpdatesWithConfig(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minAllowedPublishTime,
        uint64 maxAllowedPublishTime,
        bool checkUniqueness,
        bool checkUpdateDataIsMinimal,
        bool storeUpdatesIfFresh
    )
        external
        payable
        free
        returns (PythStructs.PriceFeed[] memory feeds, uint64[] memory slots)
    {
        uint256 count;
        Range memory range = Range(minAllowedPublishTime, maxAllowedPublishTime, checkUniqueness);
        (feeds, slots, count) = _parse(updateData, priceIds, range);
        if (checkUpdateDataIsMinimal && count != priceIds.length) {
            revert PythErrors.InvalidArgument();
        }
        if (!storeUpdatesIfFresh) return (feeds, slots);
        for (uint256 i = 0; i < updateData.length; i++) {
            _deliver(updateData[i], IPriceFeeds.ReportTooOld.selector);
        }
    }

    /// @dev Delivers a report; passes over one that is not newer than what is stored, or that ends
    /// in a further error.
    function _deliver(bytes calldata report, bytes4 alsoPassed) internal {
        address hub = address(HUB);
        uint256 selector = uint256(bytes32(IPriceFeeds.update_WNFio.selector));
        bool done;
        bytes4 reason;
        assembly ("memory-safe") {
            let spare := mload(0x40)
            mstore(spare, selector)
            calldatacopy(add(spare, 4), report.offset, report.length)
            mstore(0x00, 0)
            done := call(gas(), hub, 0, spare, add(4, report.length), 0x00, 0x04)
            reason := mload(0x00)
        }
        if (done || reason == IPriceFeeds.RoundNotNewer.selector) return;
        if (reason == IPriceFeeds.LongTailNotNewer.selector || reason == alsoPassed) return;
        assembly ("memory-safe") {
            let spare := mload(0x40)
            returndatacopy(spare, 0, returndatasize())
            revert(spare, returndatasize())
        }
    }

    function _placeOf(bytes32 id) internal view returns (Place memory place) {
        place = _places[id];
        if (!place.isSet) revert PythErrors.PriceFeedNotFound();
    }

    function _price(int64 value, uint256 spread, uint8 decimals, uint256 time)
        internal
        pure
        returns (PythStructs.Price memory)
    {
        uint64 conf = spread > type(uint64).max ? type(uint64).max : uint64(spread);
        return PythStructs.Price(value, conf, -int32(uint32(decimals)), time);
    }

    /// @return feeds In the order of the ids
    /// @return slots The round of each
    /// @return count Feeds in all reports together
    function _parse(bytes[] calldata updateData, bytes32[] calldata ids, Range memory range)
        private
        view
        returns (PythStructs.PriceFeed[] memory feeds, uint64[] memory slots, uint256 count)
    {
        Search[] memory searches = new Search[](ids.length);
        uint256 opened = range.isUnique ? _roundOpenAt(range.from) : type(uint256).max;
        for (uint256 u = 0; u < updateData.length; u++) {
            uint256[] memory words = PullReader.verify(HUB, updateData[u]);
            count += words.length;
            for (uint256 i = 0; i < ids.length; i++) {
                if (searches[i].found == 0) _search(searches[i], ids[i], words, range, opened);
            }
        }
        feeds = new PythStructs.PriceFeed[](ids.length);
        slots = new uint64[](ids.length);
        for (uint256 i = 0; i < ids.length; i++) {
            uint256 word = searches[i].found;
            if (word == 0) revert PythErrors.PriceFeedNotFoundWithinRange();
            feeds[i].id = ids[i];
            uint8 decimals = _places[ids[i]].decimals;
            feeds[i].price = _price(word.value(), word.spread(), decimals, word.time());
            slots[i] = word.round();
        }
    }

    /// @dev Looks for the price of an id in one more report.
    /// @param opened The last round before which nothing can be in the range
    function _search(
        Search memory search,
        bytes32 id,
        uint256[] memory words,
        Range memory range,
        uint256 opened
    ) private view {
        // All words of a report have its time and its round.
        (uint256 time, uint256 round) = (words[0].time(), words[0].round());
        if (time < range.from) {
            search.next = round + 1;
            return;
        }
        if (round > opened && round != search.next) return;
        uint256 word = _find(words, _placeOf(id).feed);
        if (word == 0) return;
        if (word.status() != FeedWord.STATUS_OK) search.next = round + 1;
        else if (time <= range.to) search.found = word;
    }

    /// @dev The word of a feed, which is never zero; zero for none.
    function _find(uint256[] memory words, uint256 feed) private pure returns (uint256) {
        for (uint256 i = 0; i < words.length; i++) {
            if (words[i] & 0xffff == feed) return words[i];
        }
        return 0;
    }

    /// @dev The first round that may have a time at or after this one: those before had closed.
    /// Rounds of two committees may have times that cross.
    function _roundOpenAt(uint256 time) private view returns (uint256) {
        uint256 epoch = HUB.epoch();
        ICommittees.Committee memory by = HUB.committee(epoch);
        if (epoch > 1 && time * 1000 < by.activeFromMs + ROUND_MS_MAX) {
            revert PythErrors.PriceFeedNotFoundWithinRange();
        }
        uint256 closesMs = uint256(by.genesisMs) + by.includeMs + by.skewMs;
        if (time * 1000 <= closesMs) return 0;
        return (time * 1000 - closesMs + by.roundMs - 1) / by.roundMs;
    }
}

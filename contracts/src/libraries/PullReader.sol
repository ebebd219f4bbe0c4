// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "./FeedWord.sol";

/// @title Reading from a report that the caller brings
/// @notice For consumers: a user sends a report along (aggregator/report/calldata.ts,
/// `encodeReport`, or any node's API), the hub verifies it, nothing is stored.
library PullReader {
    using FeedWord for uint256;

    uint256 private constant FEED_MASK = 0xffff;
    uint256 private constant FLAG_PREVIOUS = 8;

    /// @notice The report does not hold the feed.
    error FeedAbsent(uint256 feed);

    /// @notice The value of one feed in a report.
    /// @param ageSecondsMax Oldest report that is used: whoever brings it chooses within this
    /// @return value In the feed's decimals
    /// @return time When it was observed
    function read(IPriceFeeds hub, uint256 feed, uint256 ageSecondsMax, bytes calldata report)
        internal
        view
        returns (int256 value, uint256 time)
    {
        uint256 selector = uint256(bytes32(IPriceFeeds.pull_mfwu.selector));
        uint256 isUnusual;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 4), report.offset, report.length)
            let done := staticcall(gas(), hub, free, add(4, report.length), free, 0x60)
            // An answer has offset, length and a word. No code at the address answers nothing.
            if or(iszero(done), lt(returndatasize(), 0x60)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            let word := mload(add(free, 0x40))
            value := sar(192, word)
            time := and(shr(128, word), 0xffffffff)
            // The only or first feed, available and fresh: what _check says, in one piece.
            let isOld :=
                and(gt(timestamp(), time), gt(sub(timestamp(), time), ageSecondsMax))
            let isOther := xor(and(word, FEED_MASK), feed)
            isUnusual := or(or(isOld, isOther), xor(and(shr(160, word), 3), 1))
        }
        if (isUnusual != 0) return _check(feed, _search(feed), ageSecondsMax);
    }

    /// @notice Values of several feeds of one report, proven together: one signature, one
    /// multi-proof.
    /// @param feeds Indices, ascending; the report may hold others as well
    /// @param ageSecondsMax Oldest report that is used
    /// @return values In the order of `feeds`, in each feed's decimals
    /// @return time When all of them were observed
    function readMany(
        IPriceFeeds hub,
        uint256[] memory feeds,
        uint256 ageSecondsMax,
        bytes calldata report
    ) internal view returns (int256[] memory values, uint256 time) {
        uint256[] memory words = verify(hub, report);
        values = new int256[](feeds.length);
        uint256 place;
        for (uint256 i = 0; i < feeds.length; i++) {
            // Words ascend by feed, so that one pass finds all.
            while (place < words.length && words[place] & FEED_MASK < feeds[i]) place++;
            if (place == words.length || words[place] & FEED_MASK != feeds[i]) {
                revert FeedAbsent(feeds[i]);
            }
            (values[i], time) = _check(feeds[i], words[place], ageSecondsMax);
        }
    }

    /// @dev The word of a feed in the hub's last answer; reverts if it is none of the report's.
    function _search(uint256 feed) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := returndatasize()
            returndatacopy(free, 0, size)
            // Offset and length come before the words; none of those is zero.
            for { let at := 0x40 } lt(at, size) { at := add(at, 0x20) } {
                let found := mload(add(free, at))
                if eq(and(found, FEED_MASK), feed) {
                    word := found
                    break
                }
            }
        }
        if (word == 0) revert FeedAbsent(feed);
    }

    /// @dev Value and time of a word that may be used.
    function _check(uint256 feed, uint256 word, uint256 ageSecondsMax)
        private
        view
        returns (int256 value, uint256 time)
    {
        if (word.status() != FeedWord.STATUS_OK) revert IPriceFeeds.FeedHalted(feed, word.status());
        time = word.time();
        unchecked {
            // Observation times may lie a little ahead of the block's.
            if (block.timestamp > time && block.timestamp - time > ageSecondsMax) {
                revert IPriceFeeds.FeedStale(feed, block.timestamp - time, ageSecondsMax);
            }
        }
        return (word.value(), time);
    }

    /// @notice All words of a report in the hub's form (FeedWord), with the feed in the lowest 16
    /// bits.
    function verify(IPriceFeeds hub, bytes calldata report)
        internal
        view
        returns (uint256[] memory words)
    {
        return verify(hub, IPriceFeeds.pull_mfwu.selector, report);
    }

    /// @notice The same through one of the hub's two entries, `pull_mfwu` and `pullByPrevious`; for
    /// the latter the report is marked by the flag, if it is not yet.
    function verify(IPriceFeeds hub, bytes4 entry, bytes calldata report)
        internal
        view
        returns (uint256[] memory words)
    {
        uint256 selector = uint256(bytes32(entry));
        uint256 mark = entry == IPriceFeeds.pullByPrevious.selector ? FLAG_PREVIOUS : 0;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 4), report.offset, report.length)
            let flags := byte(6, calldataload(report.offset))
            mstore8(add(free, 10), or(flags, mark))
            let done := staticcall(gas(), hub, free, add(4, report.length), 0x00, 0x00)
            returndatacopy(free, 0, returndatasize())
            // The hub answers offset, length, words: an array in memory begins at its length. No
            // code at the address answers nothing.
            if or(iszero(done), lt(returndatasize(), 0x40)) { revert(free, returndatasize()) }
            words := add(free, 0x20)
            mstore(0x40, add(free, returndatasize()))
        }
    }

    /// @notice Delivers a report and reads a feed under its guards. If somebody delivered a newer
    /// one, that is read: of bytes that name an old round nobody looks at the signature.
    function updateAndRead(
        IPriceFeeds hub,
        uint256 feed,
        IPriceFeeds.Guard memory guard,
        bytes calldata report
    ) internal returns (int256 value, uint256 time) {
        (bool done, bytes memory result) =
            address(hub).call(abi.encodePacked(IPriceFeeds.update_WNFio.selector, report));
        if (!done && !_isOvertaken(bytes4(result))) _revert(result);
        return hub.price_CQcm(feed, guard);
    }

    /// @dev Whether the hub has these feeds from this report or a newer one.
    function _isOvertaken(bytes4 reason) private pure returns (bool) {
        return reason == IPriceFeeds.RoundNotNewer.selector
            || reason == IPriceFeeds.LongTailNotNewer.selector;
    }

    function _revert(bytes memory result) private pure {
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }
}

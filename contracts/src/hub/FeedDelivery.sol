// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {Report} from "../libraries/Report.sol";
import {FeedPull} from "./FeedPull.sol";
import {LongTailDelivery} from "./LongTailDelivery.sol";

/// @title Delivery of reports into the store
abstract contract FeedDelivery is LongTailDelivery, FeedPull {
    using FeedWord for uint256;

    uint256 private constant ROUND_MASK = 0xfffffffc000000000000000000000000;
    /// @dev Sequence and heartbeat.
    uint256 private constant KEPT_MASK = 0x3ffffffff0000000000000000;
    uint256 private constant ONE_VALUE = 0x100000000000000000;
    /// @dev Observers, epoch parity, status and round: all that an unavailable feed changes.
    uint256 private constant UNAVAILABLE_MASK = 0xff00000000fffffffc000000000000000000000000;
    uint256 private constant ANSWER_UPDATED =
        0x0559884fd3a460db3073b7fc896cc77986f16e378210ded43186175bf646fc5f;
    uint256 private constant FEED_UNAVAILABLE =
        0xe66423fab37139339a7c92a0167c54f346b7183b64952b107d514d879e4f2085;

    uint256 private constant SUM_MASK = 0xffffffffffffffff;
    /// @dev The status of a feed, and bits of the index that only a page has; and these of a usual
    /// feed, with a bit below them for a newer round.
    uint256 private constant USUAL_MASK =
        0xfc00000000000000000000000007000000000000000000000000000000000000;
    uint256 private constant USUAL = 0x1000000000000000000000000000000000001;
    uint256 private constant TIME_MASK = 0xffffffff;
    uint256 private constant WORD_MASK =
        0xffffffffffffffffffffffff0000000000000000000000000000000000000000;
    /// @dev In seconds: how old a report may be, and that with how far ahead it may be.
    uint256 private immutable _REPORT_AGE_MAX;
    uint256 private immutable _SPAN;

    constructor(uint256 reportAgeSecondsMax_) {
        if (reportAgeSecondsMax_ > 1 hours) {
            revert ParameterOutOfRange(reportAgeSecondsMax_, 1 hours);
        }
        _REPORT_AGE_MAX = reportAgeSecondsMax_;
        _SPAN = reportAgeSecondsMax_ + _FUTURE_MAX;
    }

    /// @inheritdoc IPriceFeeds
    function update_WNFio() external {
        (uint256 cursor, uint256 key, uint256 round, uint256 timeMs, uint256 shared) =
            _open(_FUTURE_MAX, _SPAN);
        uint256 root;
        if (_load(cursor) >> 250 == 0) root = _storeAll(cursor, shared, timeMs);
        else root = _storePages(cursor, shared, timeMs);
        uint256 isValid = _checkSignature(key, round, timeMs, root);
        assembly {
            if isValid { stop() }
        }
        _revertSignature(key);
    }

    /// @dev A reader says whether it takes reports of the previous committee, by the function that
    /// it calls. Of those delivered, feeds that the committee in office has reported are no longer
    /// the previous one's. Words tell by the parity of the epoch, so a feed that nobody reported
    /// since the one before the previous is refused as well.
    function _checkPrevious(uint256 cursor, uint256 shared, uint256 flags)
        internal
        view
        override
    {
        if (msg.sig == IPriceFeeds.pull_mfwu.selector) revert FlagsUnknown(flags);
        if (msg.sig != IPriceFeeds.update_WNFio.selector) return;
        uint256 ends = _storingEnds;
        if (block.timestamp > ends) revert CommitteeExpired(block.timestamp, ends);
        while (cursor < msg.data.length) {
            uint256 head;
            assembly {
                head := calldataload(cursor)
            }
            // Pages come last.
            if (head >> 250 != 0) return _checkPreviousPages(cursor, (shared >> 162) & 1);
            uint256 feed = head >> 240;
            uint256 word = _word(feed);
            bool isOther = word.epochParity() != (shared >> 162) & 1;
            if (isOther && word.round() != 0) revert CommitteeSuperseded(feed);
            uint256 program = (head >> 120) & 0xffffff;
            if (program & 1 == 0) return;
            cursor += Report.ENTRY + Report.PROGRAM + 32 * Report.siblings(program);
        }
    }

    /// @inheritdoc IPriceFeeds
    function reportAgeSecondsMax() external view returns (uint256) {
        return _REPORT_AGE_MAX;
    }

    /// @dev Stores the feeds of the report as their proof is walked. Whether the committee signed
    /// them is checked afterwards, on the root that they prove: what fails there takes everything
    /// back. What usually happens stands in one piece, since each call would cost 40 gas:
    /// - A value newer than what stands there is stored. Its sequence fits 30 bits: it counts
    ///   rounds, which rise and fit 30 bits. The sum wraps around by design: differences modulo
    ///   2^64 are exact. Two consecutive values share a slot, written when the odd one arrives.
    /// - Its leaf is hashed as by Report.leaf.
    /// @param cursor Where the first feed stands in calldata
    /// @param shared What the words of this report have in common: epoch parity, time and round
    /// @return node The root
    function _storeAll(uint256 cursor, uint256 shared, uint256 timeMs)
        private
        returns (uint256 node)
    {
        uint256 head = _load(cursor);
        while (true) {
            (uint256 isUsual, uint256 program, uint256 old) = (0, 0, 0);
            assembly {
                old := sload(add(_latest.slot, shr(240, head)))
                let isOlder := lt(and(shr(128, shared), TIME_MASK), and(shr(128, old), TIME_MASK))
                let isNewer := lt(and(old, ROUND_MASK), and(shared, ROUND_MASK))
                isUsual := gt(eq(or(and(head, USUAL_MASK), isNewer), USUAL), isOlder)
            }
            if (isUsual != 0) {
                uint256 historyFeeds_ = _HISTORY_FEEDS;
                assembly {
                    let time := and(shr(128, shared), TIME_MASK)
                    let oldTime := and(shr(128, old), TIME_MASK)
                    let oldValue := sar(192, old)
                    let sum := and(add(old, mul(oldValue, sub(time, oldTime))), SUM_MASK)
                    let counted := or(and(add(old, ONE_VALUE), KEPT_MASK), sum)
                    let word := and(shl(16, head), WORD_MASK)
                    sstore(add(_latest.slot, shr(240, head)), or(or(word, shared), counted))
                    let sequence := shr(68, counted)
                    if and(lt(shr(240, head), historyFeeds_), sequence) {
                        let even := or(or(shl(192, oldValue), shl(96, oldTime)), and(old, SUM_MASK))
                        let odd := or(shl(128, shr(192, word)), shl(64, time))
                        let place := or(shl(12, shr(240, head)), and(shr(1, sequence), 0xfff))
                        sstore(add(_history.slot, place), or(even, odd))
                    }
                    mstore(0x00, time)
                    let roundId := or(shl(64, shr(240, head)), sequence)
                    log3(0x00, 0x20, ANSWER_UPDATED, sar(192, word), roundId)
                    mstore(0x00, head)
                    mstore(0x02, word)
                    node := keccak256(0x00, 34)
                    program := and(shr(120, head), 0xffffff)
                    cursor := add(cursor, 14)
                }
            } else (cursor, node, program) = _storeUnusual(cursor, head, old, shared, timeMs);
            if (program & NOT_PLAIN == 0) {
                if (program != 0) (cursor, node) = _climbSiblings(cursor, node, program);
                break;
            }
            if (program != 1) {
                (cursor, node) = Report.climb(cursor, node, program);
                if (program & 1 == 0) break;
            }
            uint256 last = head;
            assembly {
                if eq(program, 1) { cursor := add(cursor, 3) }
                let top := mload(0x40)
                mstore(add(top, 0xe0), node)
                mstore(0x40, add(top, 0x20))
                mstore(0x60, add(mload(0x60), 1))
                head := calldataload(cursor)
                isUsual := gt(gt(shr(240, head), shr(240, last)), slt(top, 0x80))
            }
            if (isUsual == 0) Report.revertNext(head, last);
        }
        if (Report.isUnplain(cursor) != 0) _checkEnd(cursor, head, shared);
    }

    function _load(uint256 place) private pure returns (uint256 loaded) {
        assembly {
            loaded := calldataload(place)
        }
    }

    /// @dev As Report.climb for the last or only feed when its program has nothing but siblings.
    function _climbSiblings(uint256 cursor, uint256 node, uint256 program)
        private
        pure
        returns (uint256, uint256)
    {
        assembly {
            let path := xor(shl(4, program), 0x20)
            for { cursor := add(cursor, 3) } gt(path, 0x3f) { path := shr(1, path) } {
                mstore(and(path, 0x20), node)
                mstore(and(not(path), 0x20), calldataload(cursor))
                node := keccak256(0x00, 0x40)
                cursor := add(cursor, 0x20)
            }
            cursor := add(cursor, shl(64, iszero(path)))
        }
        return (cursor, node);
    }

    /// @dev Checks that the proof ended well, and that something was stored.
    /// @param head The last feed
    function _checkEnd(uint256 cursor, uint256 head, uint256 shared) private view {
        if (Report.checkEnd(cursor) == 0) return;
        revert RoundNotNewer((shared >> 98) & 0x3fffffff, _word(head >> 240).round());
    }

    /// @dev Passes over a feed that is not newer than what stands there, keeps that it is
    /// unavailable, or stores the pages that end the proof.
    function _storeUnusual(
        uint256 cursor,
        uint256 head,
        uint256 old,
        uint256 shared,
        uint256 timeMs
    ) private returns (uint256 cursor_, uint256 node, uint256 program) {
        if (head >> 250 != 0) return (msg.data.length, _storePages(cursor, shared, timeMs), 0);
        uint256 word = head << 16;
        uint256 status = (word >> 160) & 7;
        if (old & ROUND_MASK >= shared & ROUND_MASK) {
            // Nobody can block a delivery by sending a part of it first.
            Report.skip();
        } else if (status == 1) {
            revert TimeNotNewer(uint32(shared >> 128), uint32(old >> 128));
        } else if (status == 2) {
            _storeUnavailable(head >> 240, word, old, shared);
        } else {
            revert StatusUnknown(status);
        }
        return Report.leaf(cursor, head);
    }

    function _storeUnavailable(uint256 feed, uint256 word, uint256 old, uint256 shared) private {
        assembly {
            // Value, spread, time and sum stay: the value ages and the average goes on.
            let changed := and(or(and(word, shl(160, 0xff)), shared), UNAVAILABLE_MASK)
            sstore(add(_latest.slot, feed), or(and(old, not(UNAVAILABLE_MASK)), changed))
            mstore(0x00, and(shr(98, shared), 0x3fffffff))
            mstore(0x20, and(shr(163, word), 31))
            log2(0x00, 0x40, FEED_UNAVAILABLE, feed)
        }
    }
}

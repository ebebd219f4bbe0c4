// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {Frost} from "../libraries/Frost.sol";
import {Report} from "../libraries/Report.sol";
import {FeedStore} from "./FeedStore.sol";
import {FeedPull} from "./FeedPull.sol";

/// @title Delivery of reports into the store
abstract contract FeedDelivery is FeedStore, FeedPull {
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
    uint256 private constant STATUS_MASK = 0x7000000000000000000000000000000000000;
    uint256 private constant STATUS_OK = 0x1000000000000000000000000000000000000;
    uint256 private constant SKIPPED = 0x140;
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
        uint256 isValid = _checkSignature(key, round, timeMs, _storeAll(cursor, shared));
        assembly {
            if isValid { stop() }
        }
        _revertSignature(key);
    }

    /// @inheritdoc IPriceFeeds
    function updateByPrevious() external {
        (Committee memory signer, uint256 round, uint256 timeMs, uint256 shared) =
            _openPrevious(_FUTURE_MAX, _SPAN);
        _refuseSuperseded(shared);
        // From here on nothing else may live in memory.
        uint256 key = signer.publicKeyX;
        uint256 parity = signer.publicKeyParity;
        Report.clear();
        uint256 message = Report.message(round, timeMs, _storeAll(Report.ENTRIES, shared));
        if (Frost.verify(key, parity, message, Report.SIGNATURE, Report.MEMORY) == 0) {
            revert SignatureInvalid();
        }
    }

    /// @dev Feeds that the committee in office has reported are no longer the previous one's. Words
    /// tell by the parity of the epoch, so a feed that nobody reported since the one before the
    /// previous is refused as well.
    function _refuseSuperseded(uint256 shared) private view {
        uint256 cursor = Report.ENTRIES;
        while (cursor < msg.data.length) {
            uint256 head;
            assembly {
                head := calldataload(cursor)
            }
            uint256 feed = head >> 240;
            uint256 word = _word(feed);
            bool isOther = word.epochParity() != (shared >> 162) & 1;
            if (isOther && word.round() != 0) revert CommitteeSuperseded(feed);
            uint256 program = (head >> 120) & 0xffffff;
            if (program & 1 == 0) return;
            cursor += 17 + 32 * Report.siblings(program);
        }
    }

    /// @inheritdoc IPriceFeeds
    function reportAgeSecondsMax() external view returns (uint256) {
        return _REPORT_AGE_MAX;
    }

    /// @dev Stores the feeds of the report as their proof is walked. Whether the committee signed
    /// them is checked afterwards, on the root that they prove: what fails there takes everything
    /// back.
    /// @param cursor Where the first feed stands in calldata
    /// @param shared What the words of this report have in common: epoch parity, time and round
    /// @return node The root
    function _storeAll(uint256 cursor, uint256 shared) private returns (uint256 node) {
        uint256 head;
        assembly {
            head := calldataload(cursor)
        }
        while (true) {
            _store(head, shared);
            uint256 program;
            (cursor, node, program) = Report.leaf(cursor, head);
            if (program == 0) break;
            (cursor, node) = Report.climb(cursor, node, program);
            if (program & 1 == 0) break;
            head = Report.next(cursor, node, head);
        }
        if (Report.isPlain(cursor, head)) return node;
        uint256 skipped = Report.checkEnd(cursor, head);
        if (skipped == 0) return node;
        revert RoundNotNewer((shared >> 98) & 0x3fffffff, _word(head >> 240).round());
    }

    /// @dev Stores one feed if it is newer than what stands there.
    function _store(uint256 head, uint256 shared) private {
        uint256 historyFeeds_ = _HISTORY_FEEDS;
        uint256 old;
        uint256 isUnusual;
        assembly {
            old := sload(add(_latest.slot, shr(240, head)))
            let isOlder := lt(and(shr(128, shared), 0xffffffff), and(shr(128, old), 0xffffffff))
            let isKnown := iszero(lt(and(old, ROUND_MASK), and(shared, ROUND_MASK)))
            isUnusual := or(or(isOlder, isKnown), xor(and(head, STATUS_MASK), STATUS_OK))
        }
        if (isUnusual != 0) return _storeUnusual(head, old, shared);
        assembly {
            let feed := shr(240, head)
            let time := and(shr(128, shared), 0xffffffff)
            let oldTime := and(shr(128, old), 0xffffffff)
            // The sequence fits its 30 bits: it counts rounds, which rise and fit 30 bits. The sum
            // wraps around by design: differences modulo 2^64 are exact.
            let sum := and(add(old, mul(sar(192, old), sub(time, oldTime))), SUM_MASK)
            let counted := or(and(add(old, ONE_VALUE), KEPT_MASK), sum)
            let word := and(shl(16, head), WORD_MASK)
            sstore(add(_latest.slot, feed), or(or(word, shared), counted))
            // Two consecutive values share a slot, which is written when the odd one arrives.
            if and(lt(feed, historyFeeds_), shr(68, counted)) {
                let values := or(shl(64, sar(192, old)), shr(192, word))
                let times := or(shl(96, oldTime), shl(64, time))
                let place := or(shl(12, feed), and(shr(69, counted), 0xfff))
                let pair := or(or(shl(128, values), times), and(old, SUM_MASK))
                sstore(add(_history.slot, place), pair)
            }
            mstore(0x00, time)
            let roundId := or(shl(64, feed), shr(68, counted))
            log3(0x00, 0x20, ANSWER_UPDATED, sar(192, word), roundId)
        }
    }

    function _storeUnusual(uint256 head, uint256 old, uint256 shared) private {
        uint256 feed = head >> 240;
        uint256 word = head << 16;
        // An older one is skipped: nobody can block a delivery by sending a part first.
        if (old & ROUND_MASK >= shared & ROUND_MASK) {
            return Report.skip();
        }
        uint256 status = (word >> 160) & 7;
        if (status == 1) revert TimeNotNewer(uint32(shared >> 128), uint32(old >> 128));
        if (status != 2) revert StatusUnknown(status);
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

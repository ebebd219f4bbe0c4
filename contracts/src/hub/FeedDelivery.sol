// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {Report} from "../libraries/Report.sol";
import {FeedStore} from "./FeedStore.sol";
import {ReportVerifier} from "./ReportVerifier.sol";

/// @title Delivery of reports into the store
abstract contract FeedDelivery is FeedStore, ReportVerifier {
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

    uint256 private constant ENTRIES = 120;
    uint256 private constant STACK = 0x160;
    uint256 private constant WORD_MASK = 0xffffffffffffffffffffffff0000000000000000000000000000000000000000;
    uint256 private immutable _REPORT_AGE_MS_MAX;
    uint256 private immutable _FUTURE_MS_MAX;
    uint256 private immutable _SPAN_MS;

    constructor(uint256 reportAgeMsMax_, uint256 futureMsMax_) {
        if (reportAgeMsMax_ > 3_600_000) revert ParameterOutOfRange(reportAgeMsMax_, 3_600_000);
        if (futureMsMax_ > 60_000) revert ParameterOutOfRange(futureMsMax_, 60_000);
        _REPORT_AGE_MS_MAX = reportAgeMsMax_;
        _FUTURE_MS_MAX = futureMsMax_;
        _SPAN_MS = reportAgeMsMax_ + futureMsMax_;
    }

    /// @inheritdoc IPriceFeeds
    function update_WNFio() external {
        (uint256 end, uint256 key, uint256 round, uint256 timeMs) = _open();
        uint256 limitMs = _FUTURE_MS_MAX;
        uint256 span = _SPAN_MS;
        bool isUntimely;
        uint256 shared;
        assembly {
            // The limit minus the time wraps around for a time beyond it.
            isUntimely := gt(sub(add(mul(timestamp(), 1000), limitMs), timeMs), span)
            shared := or(or(shl(161, and(key, 2)), shl(128, div(timeMs, 1000))), shl(98, round))
        }
        if (isUntimely) _revertUntimely(timeMs);
        _checkSignature(key, round, timeMs, _store(end, shared));
    }

    /// @inheritdoc IPriceFeeds
    function reportAgeMsMax() external view returns (uint256) {
        return _REPORT_AGE_MS_MAX;
    }

    /// @inheritdoc IPriceFeeds
    function futureMsMax() external view returns (uint256) {
        return _FUTURE_MS_MAX;
    }

    function _revertUntimely(uint256 timeMs) private view {
        uint256 nowMs = block.timestamp * 1000;
        uint256 limitMs = nowMs + _FUTURE_MS_MAX;
        if (timeMs > limitMs) revert ReportFromFuture(timeMs, limitMs);
        revert ReportTooOld(timeMs, nowMs - _REPORT_AGE_MS_MAX);
    }

    /// @dev Stores the feeds that are newer than what stands there; reverts when none is. Whether the
    /// committee signed them is checked afterwards, on the root that they prove: a report that fails
    /// there takes everything back.
    /// @param shared What the words of this report have in common: epoch parity, time and round
    /// @return node The root
    function _store(uint256 end, uint256 shared) private returns (uint256 node) {
        uint256 historyFeeds_ = _HISTORY_FEEDS;
        assembly {
            let cursor := ENTRIES
            let top := STACK
            let fault := 0
            let skipped := 0
            let count := 1
            let head := calldataload(ENTRIES)
            for {} 1 {} {
                // leaf = keccak256(index u16 ‖ word): the word covers what follows the index.
                let word := and(shl(16, head), WORD_MASK)
                mstore(0x00, head)
                mstore(0x02, word)
                node := keccak256(0x00, 34)
                let feed := shr(240, head)
                let old := sload(add(_latest.slot, feed))
                let time := and(shr(128, shared), 0xffffffff)
                let held := sub(time, and(shr(128, old), 0xffffffff))
                switch or(
                    or(iszero(lt(and(old, ROUND_MASK), and(shared, ROUND_MASK))), gt(held, time)),
                    xor(and(shr(160, word), 7), 1)
                )
                case 0 {
                    // The sequence fits its 30 bits: it counts rounds, which rise and fit 30 bits. The
                    // sum wraps around by design: differences modulo 2^64 are exact.
                    let sum := and(add(old, mul(sar(192, old), held)), 0xffffffffffffffff)
                    let counted := or(and(add(old, ONE_VALUE), KEPT_MASK), sum)
                    sstore(add(_latest.slot, feed), or(or(word, shared), counted))
                    // Two consecutive values share a slot, which is written when the odd one arrives.
                    if and(lt(feed, historyFeeds_), shr(68, counted)) {
                        let times := or(shl(32, and(shr(128, old), 0xffffffff)), time)
                        let values := or(shl(64, sar(192, old)), shr(192, word))
                        let pair := or(or(shl(128, values), shl(64, times)), and(old, 0xffffffffffffffff))
                        let place := or(shl(12, feed), and(shr(69, counted), 0xfff))
                        sstore(add(_history.slot, place), pair)
                    }
                    mstore(0x00, time)
                    log3(0x00, 0x20, ANSWER_UPDATED, sar(192, word), or(shl(64, feed), shr(68, counted)))
                }
                default {
                    // An older one is skipped: nobody can block a delivery by sending a part first.
                    switch lt(and(old, ROUND_MASK), and(shared, ROUND_MASK))
                    case 0 { skipped := add(skipped, 1) }
                    default {
                        if xor(and(shr(160, word), 7), 2) {
                            mstore(0x00, 0xc4e36385) // StatusUnknown
                            mstore(0x20, and(shr(160, word), 7))
                            revert(0x1c, 0x24)
                        }
                        // Value, spread, time and sum stay: the value ages and the average goes on.
                        let changed := and(or(and(word, shl(160, 0xff)), shared), UNAVAILABLE_MASK)
                        sstore(add(_latest.slot, feed), or(and(old, not(UNAVAILABLE_MASK)), changed))
                        mstore(0x00, and(shr(98, shared), 0x3fffffff))
                        mstore(0x20, and(shr(163, word), 31))
                        log2(0x00, 0x40, FEED_UNAVAILABLE, feed)
                    }
                }
                cursor := add(cursor, 17)
                let program := and(shr(120, head), 0xffffff)
                if iszero(program) { break }
                let path := xor(and(shr(1, program), 0x7ff), 1)
                let merges := shr(12, program)
                switch merges
                case 0 {
                    for {} gt(path, 1) {} {
                        let side := shl(5, and(path, 1))
                        mstore(side, node)
                        calldatacopy(xor(side, 0x20), cursor, 32)
                        node := keccak256(0x00, 0x40)
                        cursor := add(cursor, 32)
                        path := shr(1, path)
                    }
                }
                default {
                    for {} gt(path, 1) {} {
                        let side := shl(5, and(path, 1))
                        mstore(side, node)
                        switch and(merges, 1)
                        case 0 {
                            calldatacopy(xor(side, 0x20), cursor, 32)
                            cursor := add(cursor, 32)
                        }
                        default {
                            top := sub(top, 32)
                            mstore(xor(side, 0x20), mload(top))
                        }
                        merges := shr(1, merges)
                        node := keccak256(0x00, 0x40)
                        path := shr(1, path)
                    }
                }
                fault := or(fault, or(merges, xor(path, 1)))
                if iszero(and(program, 1)) { break }
                mstore(top, node)
                top := add(top, 32)
                count := add(count, 1)
                head := calldataload(cursor)
                if iszero(lt(feed, shr(240, head))) {
                    mstore(0x00, 0x216a2655) // FeedsNotAscending
                    mstore(0x20, shr(240, head))
                    mstore(0x40, feed)
                    revert(0x1c, 0x44)
                }
            }
            if or(or(fault, xor(top, STACK)), or(xor(cursor, end), shr(250, head))) {
                if shr(250, head) {
                    mstore(0x00, 0x9fe831c2) // FeedOutOfRange
                    mstore(0x20, shr(240, head))
                    mstore(0x40, 1023)
                    revert(0x1c, 0x44)
                }
                if xor(cursor, end) {
                    mstore(0x00, 0xab8b67c6) // LengthMismatch
                    mstore(0x20, calldatasize())
                    mstore(0x40, add(cursor, sub(calldatasize(), end)))
                    revert(0x1c, 0x44)
                }
                mstore(0x00, 0x4f7b0f0f) // ProofMalformed
                revert(0x1c, 0x04)
            }
            if skipped {
                if eq(skipped, count) {
                mstore(0x00, 0x876cfe05) // RoundNotNewer
                mstore(0x20, and(shr(98, shared), 0x3fffffff))
                mstore(0x40, 0)
                revert(0x1c, 0x44)
                }
            }
        }
    }
}

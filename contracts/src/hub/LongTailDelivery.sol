// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {LongTailWord} from "../libraries/LongTailWord.sol";
import {Report} from "../libraries/Report.sol";
import {FeedStore} from "./FeedStore.sol";

/// @title Storing pages of long-tail words
/// @notice Like the store of other feeds it works in memory as if nothing else lived there. Pages
/// are copied there to be hashed, and logged as they stood in calldata.
abstract contract LongTailDelivery is FeedStore {
    /// @dev Where they grow from, behind the nodes of a proof.
    uint256 private constant PAYLOAD = 0x300;

    uint256 private constant LANES =
        0xffffffffffffffffffffffffffffffffffffffffffffffffff00000000000000;
    uint256 private constant TIME = 0xffffffffffc000;
    uint256 private constant KEPT = 0x1e00;
    uint256 private constant LONG_TAIL_UPDATED =
        0xf16a22e0a55720e1f991a00ba73116b0489dcea5288fc16110c17d661da72c5a;

    /// @dev Stores the chosen words of pages that are newer than what stands there, from one page
    /// on to the end of the proof, and logs the pages.
    /// @param shared As of feeds with a word of their own; of it the parity of the epoch
    /// @return node The root
    function _storePages(uint256 cursor, uint256 shared, uint256 timeMs)
        internal
        returns (uint256 node)
    {
        uint256 head;
        uint256 end = PAYLOAD;
        assembly {
            head := calldataload(cursor)
            shared := or(shl(14, timeMs), and(shr(149, shared), 0x2000))
        }
        uint256 isUnusual;
        while (true) {
            uint256 from = cursor;
            uint256 tail;
            assembly {
                let size := add(27, mul(25, and(shr(240, head), 15)))
                cursor := add(cursor, size)
                tail := calldataload(cursor)
                calldatacopy(end, from, add(size, 2))
                node := keccak256(end, size)
                end := add(end, add(size, 2))
                cursor := add(cursor, 2)
            }
            _storeWords(from, head, tail, shared);
            uint256 program;
            assembly {
                program := and(shr(216, tail), 0xffffff)
            }
            if (program == 0) break;
            (cursor, node) = Report.climb(cursor, node, program);
            if (program & 1 == 0) break;
            uint256 last = head;
            assembly {
                let top := mload(0x40)
                mstore(add(top, 0xe0), node)
                mstore(0x40, add(top, 0x20))
                mstore(0x60, add(mload(0x60), 1))
                head := calldataload(cursor)
                isUnusual := iszero(gt(shr(240, head), shr(240, last)))
            }
            if (isUnusual != 0) Report.revertNext(head, last);
        }
        assembly {
            let isOpen := or(xor(cursor, calldatasize()), xor(mload(0x40), 0x80))
            isUnusual := or(isOpen, gt(mload(0x60), 0xffff))
        }
        if (isUnusual != 0) _checkEndOfPages(cursor, head, timeMs);
        assembly {
            log2(PAYLOAD, sub(end, PAYLOAD), LONG_TAIL_UPDATED, timeMs)
            mstore(0x60, 0)
        }
    }

    /// @dev Stores the words of a page that were chosen; counts the page as left out if none of
    /// them is newer than what stands there.
    /// @param tail What follows the words: bits of those to store, and more
    /// @param common What the words of this report have in common
    function _storeWords(uint256 from, uint256 head, uint256 tail, uint256 common) private {
        (uint256 isWrong, uint256 stale, uint256 chosen) = (0, 0, 0);
        assembly {
            chosen := shr(240, tail)
            let isBeyond := gt(shr(and(shr(240, head), 15), chosen), 1)
            isWrong := or(or(isBeyond, iszero(chosen)), xor(shr(248, head), 4))
        }
        if (isWrong != 0) _revertPage(head);
        assembly {
            let time := and(common, TIME)
            let slot := add(_latest.slot, and(shr(240, head), 0xfff0))
            for { from := add(from, 2) } eq(and(chosen, 15), 15) { chosen := shr(4, chosen) } {
                let first := sload(slot)
                switch gt(time, and(first, TIME))
                case 0 { stale := add(stale, 1) }
                default {
                    let word := or(and(calldataload(from), LANES), common)
                    sstore(slot, or(word, and(first, KEPT)))
                }
                let second := sload(add(slot, 1))
                switch gt(time, and(second, TIME))
                case 0 { stale := add(stale, 1) }
                default {
                    let word := or(and(calldataload(add(from, 25)), LANES), common)
                    sstore(add(slot, 1), or(word, and(second, KEPT)))
                }
                let third := sload(add(slot, 2))
                switch gt(time, and(third, TIME))
                case 0 { stale := add(stale, 1) }
                default {
                    let word := or(and(calldataload(add(from, 50)), LANES), common)
                    sstore(add(slot, 2), or(word, and(third, KEPT)))
                }
                let fourth := sload(add(slot, 3))
                switch gt(time, and(fourth, TIME))
                case 0 { stale := add(stale, 1) }
                default {
                    let word := or(and(calldataload(add(from, 75)), LANES), common)
                    sstore(add(slot, 3), or(word, and(fourth, KEPT)))
                }
                from := add(from, 100)
                slot := add(slot, 4)
            }
            for {} chosen { chosen := shr(1, chosen) } {
                if and(chosen, 1) {
                    let old := sload(slot)
                    switch gt(time, and(old, TIME))
                    case 0 { stale := add(stale, 1) }
                    default {
                        let word := or(and(calldataload(from), LANES), common)
                        sstore(slot, or(word, and(old, KEPT)))
                    }
                }
                from := add(from, 25)
                slot := add(slot, 1)
            }
        }
        if (stale != 0) _skipStale(tail >> 240, stale);
    }

    /// @dev Counts a page as left out if none of the chosen words was stored.
    function _skipStale(uint256 chosen, uint256 stale) private pure {
        uint256 count = 0;
        for (; chosen != 0; chosen >>= 1) count += chosen & 1;
        if (count == stale) Report.skip();
    }

    /// @dev A page beyond the last, or one of whose words those to store are none.
    function _revertPage(uint256 head) private pure {
        if (head >> 248 != 4) revert FeedOutOfRange(head >> 240, FEEDS - 1);
        revert ProofMalformed();
    }

    /// @dev Refuses pages of the previous committee whose words its successor has reported.
    /// @param parity That of the previous committee's epoch
    function _checkPreviousPages(uint256 cursor, uint256 parity) internal view {
        uint256 tail;
        do {
            uint256 head;
            assembly {
                head := calldataload(cursor)
            }
            uint256 count = ((head >> 240) & 15) + 1;
            cursor += 2 + 25 * count;
            assembly {
                tail := shr(216, calldataload(cursor))
            }
            uint256 chosen = tail >> 24;
            if (head >> 248 != 4 || chosen >> count != 0) _revertPage(head);
            uint256 place = ((head >> 240) & 0xfff0) - FEEDS;
            for (; chosen != 0; chosen >>= 1) {
                uint256 word = _longTail[place++];
                bool isOther = LongTailWord.epochParity(word) != parity;
                if (chosen & 1 == 1 && isOther && LongTailWord.timeMs(word) != 0) {
                    revert CommitteeSuperseded(_FLAGSHIP_FEEDS + 4 * (place - 1));
                }
            }
            cursor += 2 + Report.PROGRAM + 32 * Report.siblings(tail & 0xffffff);
        } while (tail & 1 == 1);
    }

    /// @dev Checks that the proof ended well, and that something was stored.
    /// @param head The last page
    function _checkEndOfPages(uint256 cursor, uint256 head, uint256 timeMs) private view {
        if (Report.checkEnd(cursor) == 0) return;
        uint256 old = _longTail[((head >> 240) & 0xfff0) - FEEDS];
        revert LongTailNotNewer(timeMs, LongTailWord.timeMs(old));
    }
}

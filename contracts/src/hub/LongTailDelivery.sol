// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {LongTailWord} from "../libraries/LongTailWord.sol";
import {Report} from "../libraries/Report.sol";
import {FeedStore} from "./FeedStore.sol";
import {ReportVerifier} from "./ReportVerifier.sol";

/// @title Storing pages of long-tail words
/// @notice Like the store of other feeds it works in memory as if nothing else lived there. The
/// payload for the log grows from PAYLOAD on as pages come; its end stands where Solidity keeps the
/// pointer to free memory, which is 0x80 as long as there was no page, and what the words have in
/// common right before it.
abstract contract LongTailDelivery is FeedStore, ReportVerifier {
    /// @dev Behind the nodes of a proof.
    uint256 private constant SHARED_AT = 0x2e0;
    uint256 private constant LOG_AT = 0x300;
    uint256 private constant PAYLOAD = 0x340;

    uint256 private constant LANES_MASK =
        0xffffffffffffffffffffffffffffffffffffffffffffffffff00000000000000;
    uint256 private constant TIME_MASK = 0xffffffffffc000;
    uint256 private constant HEARTBEAT_MASK = 0x1e00;
    uint256 private constant LONG_TAIL_UPDATED =
        0x404bef3a1efce8bf12fca44b35aa4870adbf9b0ee335b0522eac4c8d68bd2b44;

    /// @dev Stores the chosen words of a page that are newer than what stands there.
    /// @return cursor_ Where the program stands
    /// @return node The leaf
    function _storePage(uint256 cursor, uint256 head)
        internal
        returns (uint256 cursor_, uint256 node, uint256 program)
    {
        uint256 chosen = _chosenOf(head);
        uint256 end;
        uint256 shared;
        assembly {
            end := mload(0x40)
            shared := mload(SHARED_AT)
        }
        if (end < PAYLOAD) (end, shared) = _beginPayload();
        uint256 isStored;
        assembly {
            cursor := add(cursor, 14)
            let size := mul(and(shr(232, head), 0xff), 25)
            mstore(end, or(shl(240, shr(224, head)), shl(224, shr(240, head))))
            calldatacopy(add(end, 4), cursor, size)
            node := keccak256(add(end, 2), add(size, 2))
            mstore(0x40, add(add(end, 4), size))
            cursor_ := add(cursor, size)
            program := shr(232, calldataload(cursor_))
            let timeMs := and(shared, TIME_MASK)
            let slot := add(_latest.slot, shr(240, head))
            for {} chosen {} {
                if and(chosen, 1) {
                    let old := sload(slot)
                    if gt(timeMs, and(old, TIME_MASK)) {
                        let lanes := and(calldataload(cursor), LANES_MASK)
                        sstore(slot, or(or(lanes, shared), and(old, HEARTBEAT_MASK)))
                        isStored := 1
                    }
                }
                chosen := shr(1, chosen)
                cursor := add(cursor, 25)
                slot := add(slot, 1)
            }
        }
        if (isStored == 0) Report.skip();
    }

    /// @dev Words of a page that are to be stored, as bits; there is at least one.
    function _chosenOf(uint256 head) private pure returns (uint256 chosen) {
        uint256 isWrong;
        assembly {
            let count := and(shr(232, head), 0xff)
            chosen := and(shr(224, head), 0xff)
            isWrong := or(or(gt(count, 8), iszero(chosen)), shr(count, chosen))
        }
        if (isWrong != 0) revert ProofMalformed();
    }

    /// @dev Refuses pages of the previous committee whose words its successor has reported.
    /// @param parity That of the previous committee's epoch
    function _checkPreviousPages(uint256 cursor, uint256 parity) internal view {
        uint256 head;
        do {
            assembly {
                head := calldataload(cursor)
            }
            if (!Report.isPage(head)) return;
            uint256 place = (head >> 240) - FEEDS;
            uint256 chosen = _chosenOf(head);
            for (; chosen != 0; chosen >>= 1) {
                uint256 word = _longTail[place++];
                bool isOther = LongTailWord.epochParity(word) != parity;
                if (chosen & 1 == 1 && isOther && LongTailWord.timeMs(word) != 0) {
                    revert CommitteeSuperseded(_FLAGSHIP_FEEDS + 4 * (place - 1));
                }
            }
            cursor += Report.ENTRY + 25 * ((head >> 232) & 0xff);
            assembly {
                head := shr(232, calldataload(cursor))
            }
            cursor += Report.PROGRAM + 32 * Report.siblings(head);
        } while (head & 1 == 1);
    }

    function _beginPayload() private view returns (uint256 end, uint256 shared) {
        (uint256 timeMs, uint256 parity) = _timeOfReport();
        shared = LongTailWord.shared(timeMs, parity);
        assembly {
            mstore(SHARED_AT, shared)
        }
        return (PAYLOAD, shared);
    }

    /// @dev Logs the pages, if there were any; if nothing was stored, refuses them.
    /// @param isSkipped Whether nothing of the report was newer
    /// @param head The last entry
    function _endPayload(bool isSkipped, uint256 head) internal {
        uint256 end;
        uint256 shared;
        assembly {
            end := mload(0x40)
            shared := mload(SHARED_AT)
        }
        if (end < PAYLOAD) return;
        if (isSkipped) {
            uint256 old = _longTail[(head >> 240) - FEEDS];
            revert LongTailNotNewer(LongTailWord.timeMs(shared), LongTailWord.timeMs(old));
        }
        assembly {
            mstore(LOG_AT, 0x20)
            mstore(add(LOG_AT, 0x20), sub(end, PAYLOAD))
            // The array is padded with zeros.
            mstore(end, 0)
            let size := and(add(sub(end, LOG_AT), 0x1f), not(0x1f))
            log2(LOG_AT, size, LONG_TAIL_UPDATED, and(shr(14, shared), 0x3ffffffffff))
        }
    }
}

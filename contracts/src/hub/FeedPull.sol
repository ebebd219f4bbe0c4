// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {Report} from "../libraries/Report.sol";
import {ReportVerifier} from "./ReportVerifier.sol";

/// @title Verifying a report for a reader that brings it along
abstract contract FeedPull is ReportVerifier {
    /// @dev The answer in memory: offset, length, then the words. Nodes of a proof wait below: no
    /// more than the tree is high, which is ten; a proof with more cannot end in the root.
    uint256 private constant ANSWER = 0x2c0;
    uint256 private constant WORDS = 0x300;
    /// @dev Of a program: another feed follows, or a step takes a node that waits.
    uint256 internal constant NOT_PLAIN = 0xfff001;

    /// @dev In seconds: how far ahead of the block's time a report may be.
    uint256 internal immutable _FUTURE_MAX;

    constructor(uint256 futureSecondsMax_) {
        if (futureSecondsMax_ > 1 minutes) {
            revert ParameterOutOfRange(futureSecondsMax_, 1 minutes);
        }
        _FUTURE_MAX = futureSecondsMax_;
    }

    /// @inheritdoc IPriceFeeds
    function futureSecondsMax() external view returns (uint256) {
        return _FUTURE_MAX;
    }

    /// @inheritdoc IPriceFeeds
    function pull_mfwu() external view returns (uint256[] memory) {
        _pull();
    }

    /// @inheritdoc IPriceFeeds
    function pullByPrevious() external view returns (uint256[] memory) {
        uint256 flags;
        assembly {
            flags := byte(10, calldataload(0))
        }
        if (flags & FLAG_PREVIOUS == 0) revert FlagsUnknown(flags);
        _pull();
    }

    /// @dev Ends the call with the words of the report.
    function _pull() private view {
        (uint256 cursor, uint256 key, uint256 round, uint256 timeMs, uint256 shared) =
            _open(_FUTURE_MAX, type(uint64).max);
        (uint256 root, uint256 count) = _collect(cursor, shared);
        uint256 isValid = _checkSignature(key, round, timeMs, root);
        if (isValid == 0) _revertSignature(key);
        _answer(count);
    }

    function _answer(uint256 count) private pure {
        assembly {
            mstore(ANSWER, 0x20)
            mstore(add(ANSWER, 0x20), count)
            return(ANSWER, add(0x40, shl(5, count)))
        }
    }

    /// @dev Puts the words into the answer as the proof is walked.
    function _collect(uint256 cursor, uint256 shared)
        private
        pure
        returns (uint256 node, uint256 count)
    {
        uint256 head;
        assembly {
            head := calldataload(cursor)
        }
        while (true) {
            assembly {
                let signed := and(shl(16, head), not(0xffffffffffffffffffffffffffffffffffffffff))
                mstore(add(WORDS, shl(5, count)), or(or(signed, shared), shr(240, head)))
                count := add(count, 1)
            }
            uint256 program;
            (cursor, node, program) = Report.leaf(cursor, head);
            if (program == 0) break;
            if (program & NOT_PLAIN == 0) {
                // As Report.climb for one feed, in place: a call would cost 40 gas.
                assembly {
                    let path := xor(shl(4, program), 0x20)
                    for { cursor := add(cursor, 3) } gt(path, 0x3f) { path := shr(1, path) } {
                        let side := and(path, 0x20)
                        mstore(side, node)
                        mstore(xor(side, 0x20), calldataload(cursor))
                        cursor := add(cursor, 0x20)
                        node := keccak256(0x00, 0x40)
                    }
                    cursor := add(cursor, shl(64, iszero(path)))
                }
                break;
            }
            (cursor, node) = Report.climb(cursor, node, program);
            if (program & 1 == 0) break;
            head = Report.next(cursor, node, head);
        }
        if (Report.isUnplain(cursor) | head >> 250 != 0) _checkEnd(cursor, head);
    }

    /// @param head The last feed; the others have smaller indices
    function _checkEnd(uint256 cursor, uint256 head) private pure {
        if (head >> 250 != 0) revert FeedOutOfRange(head >> 240, Report.FEEDS - 1);
        Report.checkEnd(cursor);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";

/// @title What the committee signed, read from calldata
/// @notice Every entry point that takes a report takes it in one layout, right behind its selector.
/// Numbers are big-endian (aggregator/report/calldata.ts builds it):
/// ```
///   4  round u32 · offset u16 · flags u8 · observers u32
///  15  slot u8 · signingSet u32 · expectedNext u32
///  24  R.x u256 · R.y u256 · z u256
/// 120  clock, 10 bytes, when the flags hold 4
///      for each feed: index u16 · word 12 bytes · program u24 · its siblings, 32 bytes each
/// ```
/// Flags: 1 and 2 are the parities of the group key's ordinate and of the epoch, 4 says that the
/// clock is not that of the first committee, 8 that the committee before the one in office signed.
/// The feeds prove themselves with one proof, walked in post-order: a feed's leaf is hashed upwards
/// as its program says, and waits when another feed follows. The program, from the lowest bit:
/// ```
/// bit  0       another feed follows
/// bits 1..11   path: one bit a step, set when the other node comes first, and a one that ends it;
///              bit 1 is inverted, so that no steps are zero
/// bits 12..23  merges: set when the step's other node is the one that waits, not a sibling
/// ```
/// A program that is zero, that of the only feed of a tree of one, is left out.
///
/// Long-tail feeds come in pages of up to 16 words of four feeds (LongTailWord), after all feeds
/// with a word of their own. The entry of a page, and its leaf:
/// ```
///   1024 + 16 × page + words − 1 u16 · words, 25 bytes each · bits of those to store u16
///      program u24 · its siblings
///   leaf = keccak256(1024 + 16 × page + words − 1 u16 ‖ words)
/// ```
/// A leaf says its own index, so a path proves it whatever its directions are; leaves (34
/// bytes; 27 to 402 in steps of 25) and nodes (64 bytes) cannot be confused.
///
/// The functions here work in memory as if nothing else lived there: they are called before
/// anything is allocated. What they carry from step to step stands where Solidity keeps its own:
/// at 0x40, which begins as 0x80, how far the waiting nodes reach, with 0x80 for none; at 0x60,
/// which begins as zero, entries that followed (bits 0..15) and entries that were skipped.
library Report {
    uint256 internal constant SIGNATURE = 24;
    uint256 internal constant ENTRIES = 120;

    /// @dev Bytes of an entry up to its program, and of the program.
    uint256 internal constant ENTRY = 14;
    uint256 internal constant PROGRAM = 3;
    /// @dev Indices of feeds are below this, those of pages not.
    uint256 internal constant FEEDS = 1024;
    /// @dev Where the signature is checked; the first 64 bytes stay zero until then.
    uint256 internal constant MEMORY = 0x80;
    /// @dev Where the nodes of a proof wait, where no zeros are needed; 0xe0 beyond what stands at
    /// 0x40.
    uint256 internal constant STACK = 0x160;
    /// @dev Units of what is counted at 0x60.
    uint256 private constant SKIPPED = 0x10000;
    /// @dev The signed part of a word; what is below is zero in a leaf.
    uint256 internal constant WORD_MASK =
        0xffffffffffffffffffffffff0000000000000000000000000000000000000000;

    /// @notice Hashes the leaf of a feed and steps up to its program.
    function leaf(uint256 cursor, uint256 head)
        internal
        pure
        returns (uint256 cursor_, uint256 node, uint256 program)
    {
        assembly {
            // leaf = keccak256(index u16 ‖ word): the word covers what follows the index.
            mstore(0x00, head)
            mstore(0x02, and(shl(16, head), WORD_MASK))
            node := keccak256(0x00, 34)
            program := and(shr(120, head), 0xffffff)
            cursor_ := add(cursor, ENTRY)
        }
    }

    /// @notice Hashes a node upwards as its program, at the cursor, says.
    /// @return Where the next entry stands
    /// @return The node above
    function climb(uint256 cursor, uint256 node, uint256 program)
        internal
        pure
        returns (uint256, uint256)
    {
        assembly {
            // The path, moved so that its lowest bit is the place of the node: 0x00 or 0x20.
            let path := xor(and(shl(4, program), 0xffe0), 0x20)
            let merges := shr(12, program)
            let top := add(mload(0x40), 0xe0)
            // A node that waits comes first; a path that says otherwise would be a second form.
            let left := and(merges, not(shr(5, path)))
            for { cursor := add(cursor, PROGRAM) } gt(path, 0x3f) { path := shr(1, path) } {
                let side := and(path, 0x20)
                switch and(merges, 1)
                case 0 {
                    mstore(side, node)
                    mstore(xor(side, 0x20), calldataload(cursor))
                    cursor := add(cursor, 0x20)
                    node := keccak256(0x00, 0x40)
                }
                default {
                    mstore(top, node)
                    top := sub(top, side)
                    node := keccak256(top, 0x40)
                }
                merges := shr(1, merges)
            }
            // What is left of a program moves the cursor out of calldata, where it is noticed; so
            // does a step that took a node when none waited: what went before is in no root.
            left := or(left, or(merges, xor(shr(5, path), 1)))
            cursor := add(cursor, shl(64, or(left, lt(top, STACK))))
            mstore(0x40, sub(top, 0xe0))
        }
        return (cursor, node);
    }

    /// @notice Keeps a node until a later step takes it, and turns to the next entry.
    /// @param head The entry before it
    function next(uint256 cursor, uint256 node, uint256 head)
        internal
        pure
        returns (uint256 next_)
    {
        uint256 isWrong;
        assembly {
            let top := mload(0x40)
            mstore(add(top, 0xe0), node)
            mstore(0x40, add(top, 0x20))
            mstore(0x60, add(mload(0x60), 1))
            next_ := calldataload(cursor)
            isWrong := iszero(gt(shr(240, next_), shr(240, head)))
        }
        if (isWrong != 0) revertNext(next_, head);
    }

    /// @dev Says what is wrong with the next entry: it is not in order, or there is none since more
    /// nodes were taken than waited.
    function revertNext(uint256 next_, uint256 head) internal pure {
        uint256 isOpen;
        assembly {
            isOpen := slt(mload(0x40), add(MEMORY, 0x20))
        }
        if (isOpen != 0) _revertMalformed();
        revert IPriceFeeds.FeedsNotAscending(next_ >> 240, head >> 240);
    }

    /// @notice How many siblings a program takes.
    function siblings(uint256 program) internal pure returns (uint256 count) {
        uint256 merges = program >> 12;
        for (uint256 path = ((program >> 1) & 0x7ff) ^ 1; path > 1; path >>= 1) {
            if (merges & 1 == 0) count++;
            merges >>= 1;
        }
    }

    /// @notice Counts an entry that was left out.
    function skip() internal pure {
        assembly {
            mstore(0x60, add(mload(0x60), SKIPPED))
        }
    }

    /// @notice Zero when the proof of one feed, not left out, ends where calldata ends. If the feed
    /// had taken a node, the end would lie out of calldata: no node waits then.
    function isUnplain(uint256 cursor) internal pure returns (uint256 unplain) {
        assembly {
            unplain := or(mload(0x60), xor(cursor, calldatasize()))
        }
    }

    /// @notice Checks that a proof ended well: calldata ends here and no node waits.
    /// @return isSkipped 1 if every entry was left out
    function checkEnd(uint256 cursor) internal pure returns (uint256 isSkipped) {
        uint256 isOpen;
        assembly {
            let state := mload(0x60)
            mstore(0x60, 0)
            isOpen := or(shr(64, cursor), xor(mload(0x40), 0x80))
            isSkipped := eq(shr(16, state), add(and(state, 0xffff), 1))
        }
        if (isOpen != 0) _revertMalformed();
        if (cursor != msg.data.length) {
            revert ICommittees.LengthMismatch(msg.data.length, cursor);
        }
    }

    function _revertMalformed() private pure {
        assembly {
            // The pointer to free memory, which a proof may have left anywhere.
            mstore(0x40, 0x80)
        }
        revert IPriceFeeds.ProofMalformed();
    }

    /// @notice The message of protocol §7.
    function message(uint256 round, uint256 timeMs, uint256 feedsRoot)
        internal
        pure
        returns (uint256 digest)
    {
        assembly {
            // "parallax.report.1" ‖ round u64 ‖ timestampMs u64 ‖ observers u32 ‖ root: 69 bytes.
            mstore(0xc0, 0x706172616c6c61782e7265706f72742e31000000000000000000000000000000)
            let header := calldataload(4)
            let middle := or(shl(32, timeMs), and(shr(168, header), 0xffffffff))
            // The last 12 bytes of the tag again, with the numbers behind them.
            mstore(0xc5, or(or(shl(160, 0x6c61782e7265706f72742e31), shl(96, round)), middle))
            mstore(0xe5, feedsRoot)
            digest := keccak256(0xc0, 69)
            // "parallax.sign.1" ‖ reportDigest ‖ slot u8 ‖ signingSet u32 ‖ expectedNext u32: 56
            // bytes.
            mstore(0xc0, 0x706172616c6c61782e7369676e2e310000000000000000000000000000000000)
            mstore(0xcf, digest)
            calldatacopy(0xef, 15, 9)
            digest := keccak256(0xc0, 56)
        }
    }
}

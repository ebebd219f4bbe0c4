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
/// Long-tail feeds come in pages of up to eight words of four feeds (LongTailWord), after all feeds
/// with a word of their own. The entry of a page, and its leaf:
/// ```
///   1024 + 8 × page u16 · words in it u8 · bits of those to store u8 · 72 zero bits · 3 u8
///      words, 25 bytes each · program u24 · its siblings
///   leaf = keccak256(1024 + 8 × page u16 ‖ words)
/// ```
/// A leaf says its own index, so a path proves it whatever its directions are; leaves (34
/// bytes; 27 to 202 in steps of 25) and nodes (64 bytes) cannot be confused.
///
/// The functions here work in memory as if nothing else lived there: they are called before
/// anything is allocated. What they carry from step to step stands at 0x60, which Solidity keeps
/// zero: the end of the waiting nodes (bits 0..63), feeds that followed (64..127), feeds that were
/// skipped.
library Report {
    uint256 internal constant SIGNATURE = 24;
    uint256 internal constant ENTRIES = 120;

    /// @dev Bytes of an entry up to its program, and of the program.
    uint256 internal constant ENTRY = 14;
    uint256 internal constant PROGRAM = 3;
    /// @dev Where a page stands that holds the status of a feed: a status that none has.
    uint256 internal constant STATUS_PAGE = 3;
    /// @dev Indices are below this.
    uint256 internal constant FEEDS = 1024;
    /// @dev Where the signature is checked; the first 64 bytes stay zero until then.
    uint256 internal constant MEMORY = 0x80;
    /// @dev Where the nodes of a proof wait, behind what the signature's check takes.
    uint256 internal constant STACK = 0x160;
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
    function climb(uint256 cursor, uint256 node, uint256 program)
        internal
        pure
        returns (uint256, uint256)
    {
        assembly {
            // The path, moved so that its lowest bit is the place of the node: 0x00 or 0x20.
            let path := xor(and(shl(4, program), 0xffe0), 0x20)
            let merges := shr(12, program)
            cursor := add(cursor, PROGRAM)
            switch merges
            case 0 {
                for {} gt(path, 0x3f) {} {
                    let side := and(path, 0x20)
                    mstore(side, node)
                    mstore(xor(side, 0x20), calldataload(cursor))
                    cursor := add(cursor, 0x20)
                    node := keccak256(0x00, 0x40)
                    path := shr(1, path)
                }
            }
            default {
                for {} gt(path, 0x3f) {} {
                    let side := and(path, 0x20)
                    mstore(side, node)
                    switch and(merges, 1)
                    case 0 {
                        mstore(xor(side, 0x20), calldataload(cursor))
                        cursor := add(cursor, 0x20)
                    }
                    default {
                        let state := sub(mload(0x60), 0x20)
                        mstore(0x60, state)
                        mstore(xor(side, 0x20), mload(add(STACK, and(state, 0xffff))))
                    }
                    merges := shr(1, merges)
                    node := keccak256(0x00, 0x40)
                    path := shr(1, path)
                }
            }
            // What is left of a program moves the cursor out of calldata, where it is noticed.
            cursor := add(cursor, shl(64, or(merges, xor(shr(5, path), 1))))
        }
        return (cursor, node);
    }

    /// @notice Keeps a node until a later step merges it, and turns to the next feed.
    function next(uint256 cursor, uint256 node, uint256 head)
        internal
        pure
        returns (uint256 next_)
    {
        uint256 isWrong;
        assembly {
            let state := mload(0x60)
            mstore(add(STACK, and(state, 0xffff)), node)
            mstore(0x60, add(state, 0x10000000000000020))
            next_ := calldataload(cursor)
            isWrong := or(iszero(gt(shr(240, next_), shr(240, head))), shr(250, head))
            // More nodes were taken than waited: what went before would be in no root.
            isWrong := or(isWrong, and(state, 0x8000000000000000))
        }
        if (isWrong != 0) _checkNext(next_ >> 240, head, isWrong);
    }

    /// @dev Pages come last, and only they may have an index beyond those of feeds.
    function _checkNext(uint256 given, uint256 head, uint256 isWrong) private pure {
        if (isWrong >> 63 != 0) revert IPriceFeeds.ProofMalformed();
        if (given <= head >> 240) revert IPriceFeeds.FeedsNotAscending(given, head >> 240);
        if (!isPage(head)) revert IPriceFeeds.FeedOutOfRange(head >> 240, FEEDS - 1);
    }

    /// @notice Whether an entry is a page of long-tail words: by its index, that of its first word
    /// behind all feeds, and by a status that no feed has.
    function isPage(uint256 head) internal pure returns (bool isOne) {
        assembly {
            // 1,024 to 1,279 in steps of eight, and the status behind 72 zero bits.
            let isPlace := eq(and(shr(240, head), 0xff07), 0x0400)
            isOne := and(isPlace, eq(shr(176, shl(32, head)), STATUS_PAGE))
        }
    }

    /// @notice How many siblings a program takes.
    function siblings(uint256 program) internal pure returns (uint256 count) {
        uint256 merges = program >> 12;
        for (uint256 path = ((program >> 1) & 0x7ff) ^ 1; path > 1; path >>= 1) {
            if (merges & 1 == 0) count++;
            merges >>= 1;
        }
    }

    /// @notice Counts a feed that was left out.
    function skip() internal pure {
        assembly {
            mstore(0x60, add(mload(0x60), shl(128, 1)))
        }
    }

    /// @notice Whether the proof of one feed, not left out, ends where calldata ends.
    function isPlain(uint256 cursor, uint256 head) internal pure returns (bool plain) {
        assembly {
            plain := iszero(or(mload(0x60), or(xor(cursor, calldatasize()), shr(250, head))))
        }
    }

    /// @notice Checks that a proof ended well: calldata ends here and no node waits.
    /// @param head The last feed; the others have smaller indices
    /// @return skipped How many feeds were left out if that were all of them; otherwise 0
    function checkEnd(uint256 cursor, uint256 head) internal pure returns (uint256 skipped) {
        uint256 state;
        assembly {
            state := mload(0x60)
            mstore(0x60, 0)
        }
        if (head >> 250 != 0) {
            if (!isPage(head)) revert IPriceFeeds.FeedOutOfRange(head >> 240, FEEDS - 1);
        }
        if (cursor >> 64 | state << 192 != 0) revert IPriceFeeds.ProofMalformed();
        if (cursor != msg.data.length) {
            revert ICommittees.LengthMismatch(msg.data.length, cursor);
        }
        unchecked {
            skipped = state >> 128;
            if (skipped != ((state >> 64) & 0xffff) + 1) return 0;
        }
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

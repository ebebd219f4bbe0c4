// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {Frost} from "../libraries/Frost.sol";

/// @title A committee in a box, for Solidity tests
/// @notice Signs real certificates for any values, rounds and times. Its key and its nonce stand
/// here: anyone can sign as this committee, so no hub with real readers may have it.
library TestCommittee {
    uint256 internal constant PUBLIC_KEY_X =
        0xba5ef7872868d044e6180682f3e15b66238bf5ff9fe101bd17e3ea137cbba0e0;
    uint256 internal constant GENESIS_MS = 1_767_225_600_000;
    uint256 internal constant ROUND_MS = 500;
    uint256 internal constant INCLUDE_MS = 120;
    uint256 internal constant SKEW_MS = 5;
    /// @dev Observers, signing set and expected members of every report: four members, three sign.
    uint256 internal constant MEMBERS = 0x0f;
    uint256 internal constant SIGNERS = 0x07;

    uint256 private constant SECRET = 0x5061726c6c61782074657374206f6e6c79;
    uint256 private constant NONCE = 0x6e6f6e6365206f6e6c7920666f7220746573747321;
    uint256 private constant R_X =
        0x9c59d510b7b6abb5d96465c7f308fdf6c8ea12b23100a68fe1621b2561f5533f;
    uint256 private constant R_Y =
        0xd05121e0ff6bd170807f2c237a8b3c5148477e29abf1bd35d138d0bf0160add3;

    /// @notice The committee as the first of a hub.
    function committee() internal pure returns (ICommittees.Committee memory) {
        return ICommittees.Committee({
            digest: keccak256("committee in a box"),
            publicKeyX: PUBLIC_KEY_X,
            publicKeyParity: 0,
            activeFromMs: uint48(GENESIS_MS),
            genesisMs: uint48(GENESIS_MS),
            roundMs: uint16(ROUND_MS),
            includeMs: uint16(INCLUDE_MS),
            skewMs: uint16(SKEW_MS)
        });
    }

    /// @notice The round that opened last at a time in seconds.
    function roundAt(uint256 time) internal pure returns (uint32) {
        return uint32((time * 1000 - GENESIS_MS) / ROUND_MS);
    }

    /// @notice The signed part of a word whose status is ok: no spread, four observers.
    function word(int64 value) internal pure returns (bytes12) {
        return word(value, 0, 4, 1);
    }

    /// @notice The code of a spread, which `word` takes: rounded up to 18 significant bits, as the
    /// network does it.
    /// @param spread In the feed's decimals
    function spreadCode(uint256 spread) internal pure returns (uint24) {
        uint256 exponent = 0;
        uint256 mantissa = spread;
        while (mantissa > 0x3ffff) {
            exponent++;
            mantissa = (spread + (1 << exponent) - 1) >> exponent;
        }
        require(exponent < 64, "no word holds this spread");
        return uint24(exponent << 18 | mantissa);
    }

    /// @notice The signed part of a word.
    /// @param code Of the spread, see `spreadCode`
    /// @param observers 0 to 31
    /// @param status 1 ok, 2 unavailable
    function word(int64 value, uint24 code, uint8 observers, uint8 status)
        internal
        pure
        returns (bytes12)
    {
        uint256 last = uint256(observers) << 3 | status;
        return bytes12(uint96(uint256(uint64(value)) << 32 | uint256(code) << 8 | last));
    }

    /// @notice A report of one feed, index 0, as the arguments of every function that takes one.
    function report(uint32 round, int64 value) internal pure returns (bytes memory) {
        bytes12[] memory words = new bytes12[](1);
        words[0] = word(value);
        return report(round, words);
    }

    /// @notice A report of all feeds given, by index.
    function report(uint32 round, bytes12[] memory words) internal pure returns (bytes memory) {
        return report(committee(), 1, round, words);
    }

    /// @notice A report of another committee in this box: its key may have either parity, its clock
    /// may be any.
    /// @param epoch Number of the committee on the hub
    function report(
        ICommittees.Committee memory by,
        uint256 epoch,
        uint32 round,
        bytes12[] memory words
    ) internal pure returns (bytes memory) {
        (bytes memory entries, bytes32 root) = _entries(words);
        return _certified(by, epoch, round, root, entries);
    }

    /// @notice A report of long-tail feeds alone: up to 16 words of four, from the first on.
    /// @param words The signed part, see LongTailWord
    /// @param chosen Bits of the words to store
    function report(uint32 round, bytes25[] memory words, uint16 chosen)
        internal
        pure
        returns (bytes memory)
    {
        return report(committee(), 1, round, words, chosen);
    }

    /// @notice The same by another committee in this box.
    function report(
        ICommittees.Committee memory by,
        uint256 epoch,
        uint32 round,
        bytes25[] memory words,
        uint16 chosen
    ) internal pure returns (bytes memory) {
        bytes memory packed;
        for (uint256 i = 0; i < words.length; i++) {
            packed = abi.encodePacked(packed, words[i]);
        }
        bytes memory page = abi.encodePacked(uint16(1023 + words.length), packed);
        return _certified(by, epoch, round, keccak256(page), abi.encodePacked(page, chosen));
    }

    /// @notice One lane of a long-tail word: four observers, no spread.
    /// @param mantissa 29 bits
    /// @param status 1 ok, 2 unavailable
    function lane(int32 mantissa, uint8 exponent, uint8 status) internal pure returns (uint256) {
        uint256 bits = uint256(uint32(mantissa)) & 0x1fffffff;
        return bits << 21 | uint256(exponent) << 15 | 4 << 2 | status;
    }

    /// @notice The signed part of a long-tail word, the first feed in the highest bits.
    function laneWord(uint256[4] memory lanes) internal pure returns (bytes25) {
        uint256 packed = lanes[0] << 150 | lanes[1] << 100 | lanes[2] << 50 | lanes[3];
        return bytes25(uint200(packed));
    }

    /// @notice Signs any 32 bytes with the key of a parity; R is the same every time. The key with
    /// the odd ordinate is the negative of the other.
    function sign(uint256 parity, bytes32 message) internal pure returns (uint256 z) {
        uint256 c = challenge(R_X, R_Y, PUBLIC_KEY_X, parity, abi.encodePacked(message));
        uint256 secret = parity == 0 ? SECRET : Frost.N - SECRET;
        return addmod(NONCE, mulmod(c, secret, Frost.N), Frost.N);
    }

    /// @notice R, z of a signature by the key of a parity.
    function signature(uint256 parity, bytes32 message) internal pure returns (bytes memory) {
        return abi.encodePacked(R_X, R_Y, sign(parity, message));
    }

    /// @notice R, z of a signature in the form that calldata carries.
    function signature(bytes32 message) internal pure returns (bytes memory) {
        return signature(0, message);
    }

    /// @notice H2 of RFC 9591 §6.5 as it is written there: hash_to_field with 48 bytes.
    function challenge(
        uint256 rx,
        uint256 ry,
        uint256 px,
        uint256 parity,
        bytes memory message
    ) internal pure returns (uint256) {
        bytes memory signed =
            abi.encodePacked(uint8(2 + (ry & 1)), rx, uint8(2 + parity), px, message);
        bytes memory domain = abi.encodePacked("FROST-secp256k1-SHA256-v1chal", uint8(29));
        bytes32 b0 = sha256(abi.encodePacked(new bytes(64), signed, uint16(48), uint8(0), domain));
        bytes32 b1 = sha256(abi.encodePacked(b0, uint8(1), domain));
        bytes32 b2 = sha256(abi.encodePacked(b0 ^ b1, uint8(2), domain));
        uint256 high = mulmod(uint256(b1), 1 << 128, Frost.N);
        return addmod(high, uint256(b2) >> 128, Frost.N);
    }

    function _digest(ICommittees.Committee memory by, uint32 round, bytes32 root)
        private
        pure
        returns (bytes32)
    {
        uint64 timeMs = by.genesisMs + uint64(round) * by.roundMs;
        return keccak256(
            abi.encodePacked("parallax.report.1", uint64(round), timeMs, uint32(MEMBERS), root)
        );
    }

    function _clock(ICommittees.Committee memory by) private pure returns (bytes memory) {
        uint16 tail = by.includeMs + 2 * by.skewMs;
        return abi.encodePacked(uint48(by.genesisMs - by.skewMs), by.roundMs, tail);
    }

    function _certified(
        ICommittees.Committee memory by,
        uint256 epoch,
        uint32 round,
        bytes32 root,
        bytes memory entries
    ) private pure returns (bytes memory) {
        bytes memory tail = abi.encodePacked(uint8(0), uint32(SIGNERS), uint32(MEMBERS));
        bytes32 message =
            keccak256(abi.encodePacked("parallax.sign.1", _digest(by, round, root), tail));
        bool isFirstClock = by.genesisMs == GENESIS_MS && by.roundMs == ROUND_MS;
        uint256 flags = by.publicKeyParity | (epoch & 1) << 1 | (isFirstClock ? 0 : 4);
        bytes memory header =
            abi.encodePacked(round, by.skewMs, uint8(flags), uint32(MEMBERS), tail);
        return abi.encodePacked(
            header,
            signature(by.publicKeyParity, message),
            isFirstClock ? bytes("") : _clock(by),
            entries
        );
    }

    /// @dev Every feed with its program: a leaf is merged as often as its index ends in ones, the
    /// last one with all that still waits.
    function _entries(bytes12[] memory words)
        private
        pure
        returns (bytes memory entries, bytes32 root)
    {
        bytes32[] memory waiting = new bytes32[](words.length);
        uint256 count = 0;
        for (uint256 index = 0; index < words.length; index++) {
            bool isLast = index == words.length - 1;
            bytes32 node = keccak256(abi.encodePacked(uint16(index), bytes32(words[index])));
            uint256 merges = 0;
            while (isLast ? count > 0 : (index >> merges) & 1 == 1) {
                node = keccak256(abi.encodePacked(waiting[--count], node));
                merges++;
            }
            waiting[count++] = node;
            uint256 path = (2 << merges) - 1;
            uint256 program = ((1 << merges) - 1) << 12 | (path ^ 1) << 1 | (isLast ? 0 : 1);
            entries = abi.encodePacked(entries, uint16(index), words[index]);
            if (program != 0) entries = abi.encodePacked(entries, uint24(program));
        }
        return (entries, waiting[0]);
    }
}

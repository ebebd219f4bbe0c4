// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {Frost} from "../../../contracts/src/libraries/Frost.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title Whatever is done to a certificate, the hub refuses it by name and keeps its storage
contract HostileTest is HubFixture {
    bytes internal single;
    bytes internal several;
    mapping(bytes4 selector => bool) internal isNamed;

    function setUp() public {
        _setUpHub();
        _deliver(_words(1000));
        VM.warp(START + 10);
        uint32 round = TestCommittee.roundAt(block.timestamp);
        single = _update(TestCommittee.report(round, 7));
        several = _update(TestCommittee.report(round, _words(2000)));
        _nameErrors();
    }

    function _nameErrors() private {
        isNamed[IPriceFeeds.FeedOutOfRange.selector] = true;
        isNamed[IPriceFeeds.FeedsNotAscending.selector] = true;
        isNamed[IPriceFeeds.FlagsUnknown.selector] = true;
        isNamed[IPriceFeeds.KeyUnknown.selector] = true;
        isNamed[ICommittees.CommitteeExpired.selector] = true;
        isNamed[ICommittees.LengthMismatch.selector] = true;
        isNamed[IPriceFeeds.PointOutOfRange.selector] = true;
        isNamed[IPriceFeeds.ProofMalformed.selector] = true;
        isNamed[IPriceFeeds.ReportFromFuture.selector] = true;
        isNamed[IPriceFeeds.ReportTooOld.selector] = true;
        isNamed[IPriceFeeds.RoundNotNewer.selector] = true;
        isNamed[IPriceFeeds.RoundOutOfRange.selector] = true;
        isNamed[IPriceFeeds.ScalarOutOfRange.selector] = true;
        isNamed[ICommittees.SignatureInvalid.selector] = true;
        isNamed[IPriceFeeds.StatusUnknown.selector] = true;
        isNamed[IPriceFeeds.TimeNotNewer.selector] = true;
        isNamed[IPriceFeeds.TimeOutsideRound.selector] = true;
    }

    function _assertRefused(bytes memory data) private {
        bytes32 before = _stored();
        assertHolds("the error is one of IPriceFeeds", isNamed[_refusal(data)]);
        assertHolds("storage is unchanged", _stored() == before);
    }

    function test_update_givenTheCertificatesThemselves_stores() public {
        _send(several);
        assertEqual("value", uint64(hub.latest(7).value), 2007);
    }

    function test_update_givenAnyBitOfOneFeedFlipped_isRefused() public {
        for (uint256 bit = 32; bit < single.length * 8; bit++) {
            bytes memory flipped = single;
            flipped[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
            assertHolds("named", isNamed[_refusal(flipped)]);
        }
    }

    function testFuzz_update_givenAnyBitFlipped_isRefused(uint256 chance) public {
        bytes memory flipped = several;
        uint256 bit = bound(chance, 32, flipped.length * 8 - 1);
        flipped[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        _assertRefused(flipped);
    }

    function testFuzz_update_givenAnyBytesOverwritten_isRefused(uint256 chance, bytes memory junk)
        public
    {
        VM.assume(junk.length > 0);
        bytes memory data = several;
        uint256 place = bound(chance, 4, data.length - 1);
        for (uint256 i = 0; i < junk.length && place + i < data.length; i++) {
            data[place + i] = junk[i];
        }
        VM.assume(keccak256(data) != keccak256(several));
        _assertRefused(data);
    }

    function testFuzz_update_givenAnyLength_isRefused(uint256 chance, bytes memory more) public {
        bytes memory data = several;
        uint256 length = bound(chance, 4, data.length);
        bytes memory cut = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            cut[i] = data[i];
        }
        data = abi.encodePacked(cut, more);
        VM.assume(keccak256(data) != keccak256(several));
        _assertRefused(data);
    }

    function testFuzz_update_givenAnyProgram_isRefused(uint256 feed, uint24 program) public {
        bytes memory data = several;
        uint256 place = 120 + 17 * (feed % FEED_COUNT) + 14;
        for (uint256 i = 0; i < 3; i++) {
            data[place + i] = bytes3(program)[i];
        }
        VM.assume(keccak256(data) != keccak256(several));
        _assertRefused(data);
    }

    /// @dev Two feeds that nobody signed, each with any program, before one that is proven.
    function testFuzz_update_givenForgedFeedsBefore_isRefused(uint64 first, uint64 second)
        public
    {
        uint32 round = TestCommittee.roundAt(block.timestamp);
        bytes12[] memory words = new bytes12[](3);
        for (uint16 feed = 0; feed < 3; feed++) words[feed] = TestCommittee.word(3000);
        bytes memory signed = TestCommittee.report(round, words);
        bytes memory header = new bytes(116);
        for (uint256 i = 0; i < 116; i++) header[i] = signed[i];
        bytes32 left = keccak256(
            abi.encodePacked(
                keccak256(abi.encodePacked(uint16(0), bytes32(words[0]))),
                keccak256(abi.encodePacked(uint16(1), bytes32(words[1])))
            )
        );
        // One step, its sibling on the left.
        bytes memory proven = abi.encodePacked(uint16(2), words[2], uint24(4), left);
        bytes memory forged = abi.encodePacked(_forged(0, first), _forged(1, second), proven);
        _assertRefused(_update(bytes.concat(header, forged)));
        _assertRefused(bytes.concat(IPriceFeeds.pull_mfwu.selector, header, forged));
        _send(_update(bytes.concat(header, proven)));
    }

    /// @dev A feed that takes as many nodes as a program can although none waits, others that make
    /// up for them, and one that is proven.
    function test_update_givenAProofThatTakesMoreThanWaits_isRefused() public {
        (bytes memory header, bytes memory proven) = _lastOfSixteen();
        for (uint256 taken = 1; taken <= 11; taken++) {
            // Each step takes the waiting node; bit 1 of the program is inverted.
            uint256 path = (2 << taken) - 1;
            uint256 merges = (1 << taken) - 1;
            uint24 program = uint24(merges << 12 | (path ^ 1) << 1 | 1);
            bytes memory forged = abi.encodePacked(uint16(0), TestCommittee.word(666), program);
            for (uint16 feed = 1; feed < taken; feed++) {
                forged = abi.encodePacked(forged, feed, TestCommittee.word(666), uint24(1));
            }
            bytes memory data = bytes.concat(header, forged, proven);
            assertHolds("", _refusal(_update(data)) == IPriceFeeds.ProofMalformed.selector);
            data = bytes.concat(IPriceFeeds.pull_mfwu.selector, data);
            assertHolds("pull", _refusal(data) == IPriceFeeds.ProofMalformed.selector);
        }
        _send(_update(bytes.concat(header, proven)));
    }

    /// @dev Of a report of sixteen feeds what comes before them, and the last with its proof.
    function _lastOfSixteen() private view returns (bytes memory header, bytes memory proven) {
        bytes12[] memory words = new bytes12[](16);
        bytes32[] memory nodes = new bytes32[](16);
        for (uint16 feed = 0; feed < 16; feed++) {
            words[feed] = TestCommittee.word(3000);
            nodes[feed] = keccak256(abi.encodePacked(feed, bytes32(words[feed])));
        }
        bytes memory signed = TestCommittee.report(TestCommittee.roundAt(block.timestamp), words);
        header = new bytes(116);
        for (uint256 i = 0; i < 116; i++) header[i] = signed[i];
        // Four steps, their siblings on the left.
        proven = abi.encodePacked(uint16(15), words[15], uint24((31 ^ 1) << 1));
        for (uint256 count = 16; count > 1; count /= 2) {
            proven = abi.encodePacked(proven, nodes[count - 2]);
            for (uint256 i = 0; i < count / 2; i++) {
                nodes[i] = keccak256(abi.encodePacked(nodes[2 * i], nodes[2 * i + 1]));
            }
        }
    }

    /// @dev A feed whose program has up to two steps, and says that another feed follows.
    function _forged(uint16 feed, uint256 chance) private pure returns (bytes memory entry) {
        uint256 steps = chance % 3;
        uint256 path = 1 << steps | ((chance >> 8) & ((1 << steps) - 1));
        uint256 merges = (chance >> 16) & ((1 << steps) - 1);
        uint24 program = uint24(merges << 12 | (path ^ 1) << 1 | 1);
        entry = abi.encodePacked(feed, TestCommittee.word(666), program);
        for (uint256 i = 0; i < steps; i++) {
            if ((merges >> i) & 1 == 0) entry = abi.encodePacked(entry, bytes32(chance));
        }
    }

    function testFuzz_update_givenAnySignature_isRefused(uint256 rx, uint256 ry, uint256 z) public {
        bytes memory data = single;
        assembly {
            mstore(add(data, 56), rx)
            mstore(add(data, 88), ry)
            mstore(add(data, 120), z)
        }
        _assertRefused(data);
    }

    function test_update_givenTheScalarMovedByTheOrder_isRefused() public {
        bytes memory data = single;
        uint256 z;
        assembly {
            z := mload(add(data, 120))
        }
        // z + N leaves 256 bits for every z that is not tiny; a tiny one cannot be signed for here.
        assertHolds("no second form", z > type(uint256).max - Frost.N);
        assembly {
            mstore(add(data, 120), sub(0x01, 0x02))
        }
        assertHolds("range", _refusal(data) == IPriceFeeds.ScalarOutOfRange.selector);
    }
}

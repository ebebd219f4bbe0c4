// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Frost} from "../../../contracts/src/libraries/Frost.sol";
import {FrostHarness} from "../../../contracts/src/testing/FrostHarness.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestBase} from "../derivatives/support/TestBase.sol";

/// @title The in-place check against the challenge as RFC 9591 writes it
contract FrostTest is TestBase {
    FrostHarness internal harness;

    function setUp() public {
        harness = FrostHarness(deploy("FrostHarness", ""));
    }

    /// @dev What Frost.verify promises, written with the published challenge and plain ecrecover.
    function _reference(
        uint256 px,
        uint256 parity,
        bytes memory message,
        bytes memory signature
    )
        private
        pure
        returns (bool)
    {
        (uint256 rx, uint256 ry, uint256 z) =
            abi.decode(signature, (uint256, uint256, uint256));
        if (z >= Frost.N || px >= Frost.N) return false;
        uint256 c = TestCommittee.challenge(rx, ry, px, parity, message);
        address recovered = ecrecover(
            bytes32(Frost.N - mulmod(z, px, Frost.N)),
            uint8(27 + parity),
            bytes32(px),
            bytes32(Frost.N - mulmod(c, px, Frost.N))
        );
        address expected = address(uint160(uint256(keccak256(abi.encodePacked(rx, ry)))));
        return recovered != address(0) && recovered == expected;
    }

    /// @dev RFC 9591, Appendix E.5; the message there is shorter than ours, so it judges the
    /// reference, which in turn judges the in-place check.
    function test_reference_givenThePublishedVector_accepts() public pure {
        uint256 px = 0xf37c34b66ced1fb51c34a90bdae006901f10625cc06c4f64663b0eae87d87b4f;
        bytes memory signature = abi.encode(
            0x05b6d04d3774c8929413e3c76024d54149c372d57aae62574ed74319b5ea14d0,
            0xe8c864734e5a7ca750bae921423cf8d29a9a9e6251f09269480a7770b8204a36,
            0xc65dde8492a7471437e6c2fe3da49b90d23f642b5c6dbe7e36089f096dd97324
        );
        assertHolds("published", _reference(px, 0, "test", signature));
        assertHolds("another message", !_reference(px, 0, "tesu", signature));
        assertHolds("another parity", !_reference(px, 1, "test", signature));
    }

    function testFuzz_verify_givenAnyMessage_acceptsItsSignature(bytes32 message) public view {
        bytes memory signature = TestCommittee.signature(message);
        uint256 px = TestCommittee.PUBLIC_KEY_X;
        assertHolds("reference", _reference(px, 0, abi.encode(message), signature));
        assertHolds("in place", harness.verify(px, 0, message, signature));
    }

    function testFuzz_verify_givenAnyChange_agreesWithTheReference(
        bytes32 message,
        uint256 place,
        bytes32 change,
        uint256 parity
    ) public view {
        bytes memory signature = TestCommittee.signature(message);
        uint256 at32 = 32 * bound(place, 1, 3);
        assembly {
            let slot := add(signature, at32)
            mstore(slot, xor(mload(slot), change))
        }
        uint256 px = TestCommittee.PUBLIC_KEY_X;
        bool accepted = harness.verify(px, parity & 1, message, signature);
        bool expected = _reference(px, parity & 1, abi.encode(message), signature);
        assertHolds("agree", accepted == expected);
        assertHolds("only the signature", accepted == (change == 0 && parity & 1 == 0));
    }

    function testFuzz_verify_givenAnyKey_agreesWithTheReference(uint256 px, uint256 parity)
        public
        view
    {
        bytes memory signature = TestCommittee.signature(bytes32(px));
        px = bound(px, 0, Frost.N - 1);
        bool accepted = harness.verify(px, parity & 1, bytes32(px), signature);
        assertHolds("agree", accepted == _reference(px, parity & 1, abi.encode(px), signature));
    }
}

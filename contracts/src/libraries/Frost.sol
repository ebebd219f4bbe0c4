// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title FROST(secp256k1, SHA-256) of RFC 9591, verified with one ecrecover
/// @notice A signature (R, z) over a message under the public key P is valid when R = z·G − c·P
/// with c = H2(R ‖ P ‖ message) (RFC 9591 §3.2.2, §6.5). ecrecover(m, v, r, s) returns the address
/// of r⁻¹·(s·A − m·G), where A is the point with abscissa r and the parity that v names. With r =
/// P.x, s = −c·P.x and m = −z·P.x that is the address of z·G − c·P, so it is compared with that of
/// R. Forging an address instead of a point costs 2^160: c binds R before z can be chosen.
library Frost {
    /// @dev Order of the group.
    uint256 internal constant N =
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    /// @dev Prime of the field.
    uint256 internal constant P =
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

    /// @notice Checks a signature over a message of 32 bytes.
    /// @dev R needs no range check: the recovered address is that of a canonical point. px must be
    /// below N; with px = 0 nothing verifies. Uses 0x140 bytes from `free`, of which the first 64
    /// and that at 0xa2 must be zero.
    /// @param px Abscissa of the public key
    /// @param parity Its lowest bit is 0 when the ordinate of the public key is even, 1 when it is
    /// odd
    /// @param message What was signed
    /// @param rAt Offset in calldata of R.x, R.y and z
    /// @param free Memory for the computation
    function verify(uint256 px, uint256 parity, uint256 message, uint256 rAt, uint256 free)
        internal
        view
        returns (uint256 valid)
    {
        assembly {
            // expand_message_xmd of RFC 9380 §5.3.1 for 48 bytes, laid out in place:
            // 64 zeros ‖ R (33) ‖ P (33) ‖ message (32) ‖ 0x0030 ‖ 0x00 ‖ DST ‖ len(DST)
            let n := N
            parity := and(parity, 1)
            let z := calldataload(add(rAt, 64))
            mstore8(add(free, 0x40), add(2, and(calldataload(add(rAt, 32)), 1)))
            calldatacopy(add(free, 0x41), rAt, 32)
            mstore8(add(free, 0x61), add(2, parity))
            mstore(add(free, 0x62), px)
            mstore(add(free, 0x82), message)
            // The first byte of 0x0030 is zero already; "FROST-secp256k1-SHA256-v1chal" has 29.
            mstore(
                add(free, 0xa3), 0x300046524f53542d736563703235366b312d5348413235362d76316368616c1d
            )
            // b0; the precompile 2 is SHA-256 and fails only without gas, then so does ecrecover.
            pop(staticcall(gas(), 2, free, 195, add(free, 0x84), 32))
            mstore8(add(free, 0xa4), 1)
            // b1 = H(b0 ‖ 1 ‖ DST'), b2 = H((b0 ⊕ b1) ‖ 2 ‖ DST')
            pop(staticcall(gas(), 2, add(free, 0x84), 63, 0x00, 32))
            let b1 := mload(0x00)
            mstore(add(free, 0x84), xor(mload(add(free, 0x84)), b1))
            mstore8(add(free, 0xa4), 2)
            pop(staticcall(gas(), 2, add(free, 0x84), 63, 0x00, 32))
            // c = 48 bytes, big-endian, modulo N.
            let c := mulmod(b1, 0x100000000000000000000000000000000, n)
            c := addmod(c, shr(128, mload(0x00)), n)

            mstore(free, sub(n, mulmod(z, px, n)))
            mstore(add(free, 0x20), add(27, parity))
            mstore(add(free, 0x40), px)
            mstore(add(free, 0x60), sub(n, mulmod(c, px, n)))
            // A failed recovery returns nothing and leaves b2 there, a hash that is no address.
            pop(staticcall(gas(), 1, free, 0x80, 0x00, 32))
            calldatacopy(free, rAt, 64)
            let signer := and(keccak256(free, 64), 0xffffffffffffffffffffffffffffffffffffffff)
            // z in full range would be a second form of the same signature.
            valid := and(eq(mload(0x00), signer), lt(z, n))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Identity keys of members: their addresses and their signatures (protocol §2.1)
library IdentityKey {
    /// @dev Prime of the field of secp256k1.
    uint256 private constant P =
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    /// @dev Half of the order of the group, rounded down: above it s is high.
    uint256 private constant HALF_N =
        0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice The address of a compressed key whose ordinate the caller brings: to check it is
    /// cheaper than to compute it, and no other ordinate passes.
    /// @param prefix 2 when the ordinate is even, 3 when it is odd
    /// @return identity Zero when that is no point of the curve, or not the one with this prefix
    function addressOf(uint256 prefix, uint256 x, uint256 y)
        internal
        pure
        returns (address identity)
    {
        if (prefix != 2 + (y & 1) || x >= P || y >= P) return address(0);
        uint256 cube = mulmod(x, mulmod(x, x, P), P);
        if (mulmod(y, y, P) != addmod(cube, 7, P)) return address(0);
        return address(uint160(uint256(keccak256(abi.encodePacked(x, y)))));
    }

    /// @notice Whether a key signed a digest. Exactly one form of a signature passes: s is low, and
    /// the parity of R, which the 64 bytes do not say, is whichever recovers the key.
    /// @dev A point R whose abscissa is not below the order of the group has no parity that
    /// ecrecover knows. Nobody can make one: there are fewer than 2^129 among 2^256.
    function signed(address identity, bytes32 digest, bytes32 r, bytes32 s)
        internal
        pure
        returns (bool)
    {
        // A failed recovery gives the zero address, which is nobody's.
        if (identity == address(0) || uint256(s) > HALF_N) return false;
        return ecrecover(digest, 27, r, s) == identity || ecrecover(digest, 28, r, s) == identity;
    }
}

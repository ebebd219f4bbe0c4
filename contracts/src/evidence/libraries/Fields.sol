// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Big-endian fields of canonical bytes
/// @notice Every read is bounded by the bytes themselves: beyond their end it reverts.
library Fields {
    function u8(bytes calldata given, uint256 offset) internal pure returns (uint256) {
        return uint8(given[offset]);
    }

    function u16(bytes calldata given, uint256 offset) internal pure returns (uint256) {
        return uint16(bytes2(given[offset:offset + 2]));
    }

    function u32(bytes calldata given, uint256 offset) internal pure returns (uint256) {
        return uint32(bytes4(given[offset:offset + 4]));
    }

    function u64(bytes calldata given, uint256 offset) internal pure returns (uint256) {
        return uint64(bytes8(given[offset:offset + 8]));
    }

    function i128(bytes calldata given, uint256 offset) internal pure returns (int256) {
        return int128(uint128(bytes16(given[offset:offset + 16])));
    }

    function word(bytes calldata given, uint256 offset) internal pure returns (bytes32) {
        return bytes32(given[offset:offset + 32]);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

/// @title The cheat codes of the Solidity test runner that are used here
interface Vm {
    function warp(uint256 timestamp) external;

    function prank(address sender) external;

    function assume(bool condition) external pure;

    function expectRevert(bytes calldata data) external;

    function getCode(string calldata artifact) external view returns (bytes memory);
}

/// @title What a Solidity test needs: cheat codes, bounds and comparisons
abstract contract TestBase {
    /// @notice A comparison failed.
    error NotEqual(string what, uint256 given, uint256 expected);
    /// @notice Something that must hold does not.
    error Broken(string what);

    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function assertEqual(string memory what, uint256 given, uint256 expected) internal pure {
        if (given != expected) revert NotEqual(what, given, expected);
    }

    function assertHolds(string memory what, bool holds) internal pure {
        if (!holds) revert Broken(what);
    }

    /// @notice Deploys a contract from its artifact, with its encoded constructor arguments.
    /// @dev `new` would put a copy of the whole contract into every test contract, to be compiled
    /// again each time; that took two thirds of the compiler's work.
    function deploy(string memory name, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(VM.getCode(name), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                returndatacopy(mload(0x40), 0, returndatasize())
                revert(mload(0x40), returndatasize())
            }
        }
    }

    /// @notice Folds any number into [low, high].
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + x % (high - low + 1);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title EIP-2362: a value by its id
interface IEIP2362 {
    /// @notice The value with an id.
    /// @return value In the decimals that the id names
    /// @return timestamp When it was observed, in seconds
    /// @return status 200 when it may be used, 400 for an unknown id, 404 while there is none
    function valueFor(bytes32 id)
        external
        view
        returns (int256 value, uint256 timestamp, uint256 status);
}

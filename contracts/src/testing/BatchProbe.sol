// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Many calls in one, for tests that compare contracts with TypeScript by the million
contract BatchProbe {
    /// @notice Makes each call without effect and says how it ended.
    /// @return done Whether it came back
    /// @return results What it gave, or the data of its error
    function outcomes(address target, bytes[] calldata calls)
        external
        view
        returns (bool[] memory done, bytes[] memory results)
    {
        done = new bool[](calls.length);
        results = new bytes[](calls.length);
        for (uint256 index = 0; index < calls.length; index++) {
            (done[index], results[index]) = target.staticcall(calls[index]);
        }
    }
}

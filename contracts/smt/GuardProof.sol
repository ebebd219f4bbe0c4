// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A value that passes the guard of age is not older than the limit
/// @notice The comparison of FeedGuards, without a subtraction that could wrap around.
contract GuardProof {
    function check(uint32 time, uint32 blockTime, uint32 limit) external pure {
        if (blockTime > time && blockTime - time > limit) return;
        assert(uint256(blockTime) <= uint256(time) + limit);
    }
}

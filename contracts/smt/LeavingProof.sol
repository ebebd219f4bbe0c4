// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Evidence in time comes before the stake leaves
contract LeavingProof {
    /// @notice What was signed before stake was asked back, and is reported within the window, is
    /// reported before the stake may be released.
    function check(
        uint48 signedAt,
        uint48 askedAt,
        uint48 reportedAt,
        uint32 windowSeconds,
        uint32 delaySeconds
    ) external pure {
        require(delaySeconds > windowSeconds);
        require(signedAt <= askedAt);
        require(uint256(reportedAt) <= uint256(signedAt) + windowSeconds);
        assert(uint256(reportedAt) < uint256(askedAt) + delaySeconds);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What is read of the uptime feed of a layer-2 chain's sequencer
interface ISequencerUptime {
    /// @notice Whether the sequencer is up: `answer` is 0 while it is, 1 while it is down;
    /// `startedAt` says since when, in seconds.
    function latestRoundData()
        external
        view
        returns (
            uint80 roundId,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );
}

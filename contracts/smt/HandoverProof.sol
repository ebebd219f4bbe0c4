// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Committees take office one after the other, the owner's never before its delay
/// @notice The rule of CommitteeHandover on its numbers: an announcement is for the next number, a
/// committee in office makes every older announcement worthless.
contract HandoverProof {
    uint256 private constant PROPOSAL_SECONDS = 14 days;

    uint256 private immutable _DELAY;

    uint256 private _now;
    uint256 private _epoch = 1;
    uint256 private _announcedFor;
    uint256 private _announcedAt;
    uint256 private _readyAt;

    constructor(uint256 delaySeconds) {
        _DELAY = delaySeconds;
    }

    function pass(uint32 duration) external {
        _now += duration;
    }

    function propose(uint256 activeFrom) external {
        require(activeFrom >= _now + _DELAY);
        _readyAt = activeFrom;
        (_announcedFor, _announcedAt) = (_epoch + 1, _now);
    }

    function byCommittee() external {
        _epoch++;
    }

    function activate() external {
        require(_announcedFor == _epoch + 1);
        require(_now >= _readyAt);
        require(_now <= _readyAt + PROPOSAL_SECONDS);
        assert(_now >= _announcedAt + _DELAY);
        _announcedFor = 0;
        _epoch++;
    }

    function check() external view {
        assert(_announcedFor <= _epoch + 1);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A settlement price is final once and then for ever
/// @notice The rule of Settlement.settle and settlementPrice on its numbers: an exact round ends
/// it, an earlier round replaces a later one while the window is open, after it the exact round
/// comes where nothing is, time only passes.
contract SettlementProof {
    uint256 private immutable _FIRST;
    uint256 private immutable _CLOSES;

    uint256 private _now;
    bool private _isSet;
    bool private _isExact;
    uint256 private _round;
    int256 private _value;

    bool private _wasFinal;
    int256 private _finalValue;

    constructor(uint256 first, uint256 closes) {
        (_FIRST, _CLOSES) = (first, closes);
    }

    function pass(uint32 duration) external {
        _now += duration;
    }

    function settle(uint256 round, int256 value) external {
        require(_now <= _CLOSES || (!_isSet && round == _FIRST));
        require(round >= _FIRST);
        require(!_isSet || round < _round);
        (_isSet, _isExact, _round, _value) = (true, round == _FIRST, round, value);
    }

    function check() external {
        bool isFinal = _isExact || (_isSet && _now > _CLOSES);
        if (_wasFinal) {
            assert(isFinal);
            assert(_value == _finalValue);
        }
        if (isFinal) (_wasFinal, _finalValue) = (true, _value);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The accounts of MemberBonds: one key, one reward pool, everybody's credits as one sum
/// @notice The steps of BondCredits, BondStakes and MemberBonds on their amounts, without the calls
/// to registry and hub, whose answers are arguments here: whatever they say, the sum holds.
contract BondsProof {
    uint256 private _balance;
    uint256 private _staked;
    uint256 private _leaving;
    uint256 private _pool;
    uint256 private _credits;

    function stake(uint128 amount) external {
        _balance += amount;
        _staked += amount;
    }

    function fund(uint128 amount) external {
        _balance += amount;
        _pool += amount;
    }

    function ask(uint256 amount) external {
        require(amount <= _staked);
        _staked -= amount;
        _leaving += amount;
    }

    function release() external {
        _credits += _leaving;
        _leaving = 0;
    }

    function slash() external {
        _credits += _staked + _leaving;
        _staked = 0;
        _leaving = 0;
    }

    function collect(uint256 amount) external {
        require(amount <= _pool);
        _pool -= amount;
        _credits += amount;
    }

    function withdraw(uint256 amount) external {
        require(amount <= _credits);
        _credits -= amount;
        _balance -= amount;
    }

    function check() external view {
        assert(_balance == _staked + _leaving + _pool + _credits);
    }
}

/// @title What is owed for signatures is in the pool
/// @notice Of what was counted, some is collected and some is free again: of convicted members, and
/// what lapsed.
contract PoolProof {
    uint256 private _pool;
    uint256 private _owed;

    function fund(uint128 amount) external {
        _pool += amount;
    }

    function count(uint128 reward) external {
        require(_owed + reward <= _pool);
        _owed += reward;
    }

    function collect(uint256 amount) external {
        require(amount <= _owed);
        _pool -= amount;
        _owed -= amount;
    }

    function forfeit(uint256 amount) external {
        require(amount <= _owed);
        _owed -= amount;
    }

    function check() external view {
        assert(_owed <= _pool);
    }
}

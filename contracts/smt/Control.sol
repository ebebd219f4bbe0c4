// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What is false, so that a solver which proves anything is noticed
contract Control {
    uint256 private _sum;

    function add(uint128 amount) external {
        _sum += amount;
        assert(_sum != 7);
    }
}

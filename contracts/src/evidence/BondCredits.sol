// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMemberBonds} from "./interfaces/IMemberBonds.sol";

/// @title Money that is owed, and the only way out of the contract
abstract contract BondCredits is IMemberBonds {
    mapping(address account => uint256) private _credits;

    /// @inheritdoc IMemberBonds
    function withdraw() external {
        uint256 amount = _credits[msg.sender];
        if (amount == 0) revert AmountZero();
        // Before the call: whoever calls back finds nothing left.
        _credits[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        (bool isPaid,) = msg.sender.call{value: amount}("");
        if (!isPaid) revert PaymentRefused(msg.sender);
    }

    /// @inheritdoc IMemberBonds
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    function _credit(address account, uint256 amount) internal {
        _credits[account] += amount;
    }
}

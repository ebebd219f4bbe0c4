// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "./interfaces/IERC20.sol";

/// @title Token transfers that either happened in full or revert
library TokenTransfer {
    /// @notice The token reverted, said false, or is no contract.
    error TransferFailed(address token);
    /// @notice Less arrived than was sent: the token takes a fee.
    error TransferShort(uint256 given, uint256 expected);

    function pull(IERC20 token, address from, uint256 amount) internal {
        if (amount == 0) return;
        uint256 before = token.balanceOf(address(this));
        _call(token, abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)));
        uint256 arrived = token.balanceOf(address(this)) - before;
        if (arrived < amount) revert TransferShort(arrived, amount);
    }

    function push(IERC20 token, address to, uint256 amount) internal {
        if (amount == 0) return;
        _call(token, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    /// Some tokens return nothing where the standard says true; both count as success.
    function _call(IERC20 token, bytes memory data) private {
        (bool success, bytes memory result) = address(token).call(data);
        bool accepted = result.length == 0
            ? address(token).code.length > 0
            : result.length >= 32 && abi.decode(result, (uint256)) == 1;
        if (!success || !accepted) revert TransferFailed(address(token));
    }
}

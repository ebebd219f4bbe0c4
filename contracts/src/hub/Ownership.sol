// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";

/// @title An owner that changes in two steps
/// @notice It may be a multi-signature wallet, or nobody: then only a committee hands over to the
/// next.
abstract contract Ownership is ICommittees {
    address private _owner;
    address private _offeredTo;

    constructor(address owner_) {
        _owner = owner_;
        emit OwnershipTaken(owner_);
    }

    modifier onlyOwner() {
        if (msg.sender != _owner) revert NotOwner(msg.sender);
        _;
    }

    /// @inheritdoc ICommittees
    function owner() external view returns (address current, address offeredTo) {
        return (_owner, _offeredTo);
    }

    /// @inheritdoc ICommittees
    function offerOwnership(address next) external onlyOwner {
        _offeredTo = next;
        emit OwnershipOffered(next);
    }

    /// @inheritdoc ICommittees
    function takeOwnership() public virtual {
        // Zero stands for no offer, and no call comes from there on any chain we know of.
        if (msg.sender != _offeredTo || msg.sender == address(0)) revert NotOwner(msg.sender);
        _owner = msg.sender;
        _offeredTo = address(0);
        emit OwnershipTaken(msg.sender);
    }
}

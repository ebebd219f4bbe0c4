// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";

/// @title One feed in Chainlink's form
/// @notice Answers AggregatorV3Interface and AggregatorInterface by forwarding to the hub, which
/// holds the functions; read it through those interfaces. There is nothing to upgrade and nobody to
/// do it.
contract AggregatorFacade {
    address private immutable _HUB;
    uint256 private immutable _PREFIX;

    /// @param hub The PriceFeeds contract
    /// @param feed Index of the feed in it
    constructor(address hub, uint16 feed) {
        _HUB = hub;
        _PREFIX = uint256(bytes32(IPriceFeeds.facade_BGcLb.selector)) | uint256(feed) << 208;
    }

    /// @dev Sends selector ‖ feed ‖ own calldata to the hub and hands on what comes back.
    fallback() external {
        address hub = _HUB;
        uint256 prefix = _PREFIX;
        assembly {
            mstore(0x00, prefix)
            calldatacopy(6, 0, calldatasize())
            let done := staticcall(gas(), hub, 0x00, add(6, calldatasize()), 0x00, 0x00)
            returndatacopy(0x00, 0, returndatasize())
            if iszero(done) { revert(0x00, returndatasize()) }
            return(0x00, returndatasize())
        }
    }
}

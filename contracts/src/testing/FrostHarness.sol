// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Frost} from "../libraries/Frost.sol";

/// @title Entrance to the in-place check with R, z at a place of their own in calldata
contract FrostHarness {
    function verify(uint256 px, uint256 parity, bytes32 message, bytes calldata signature)
        external
        view
        returns (bool)
    {
        uint256 place;
        assembly {
            place := signature.offset
        }
        return Frost.verify(px, parity, uint256(message), place, 0x400) == 1;
    }
}

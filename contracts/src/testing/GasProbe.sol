// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {Frost} from "../libraries/Frost.sol";
import {PullReader} from "../libraries/PullReader.sol";

/// @title Measures what a reader pays, for contracts/gas.json
contract GasProbe {

    /// @notice Gas of one call in a contract that has touched nothing before.
    function read(address target, bytes calldata data) external view returns (uint256 used) {
        bytes memory copy = data;
        uint256 before = gasleft();
        assembly {
            if iszero(staticcall(gas(), target, add(copy, 0x20), mload(copy), 0x00, 0x00)) {
                revert(0x00, 0x00)
            }
        }
        return before - gasleft();
    }

    /// @notice Gas of the signature check alone.
    function frost(uint256 px, uint256 parity, bytes32 message, bytes calldata signature)
        external
        view
        returns (uint256 used)
    {
        uint256 place;
        assembly {
            place := signature.offset
        }
        uint256 before = gasleft();
        uint256 isValid = Frost.verify(px, parity, uint256(message), place, 0x80);
        used = before - gasleft();
        if (isValid == 0) revert ICommittees.SignatureInvalid();
        // The check wrote over the pointer's target, not the pointer: answer from scratch memory.
        assembly {
            mstore(0x00, used)
            return(0x00, 0x20)
        }
    }

    /// @notice Verifies a report and uses a value of it, as a consumer's own function would.
    function pull(IPriceFeeds hub, uint256 feed, uint256 ageSecondsMax, bytes calldata report)
        external
        view
        returns (int256 value)
    {
        (value,) = PullReader.read(hub, feed, ageSecondsMax, report);
    }
}

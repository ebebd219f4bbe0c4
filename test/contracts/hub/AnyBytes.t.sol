// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AggregatorInterface} from "../../../contracts/src/interfaces/AggregatorInterface.sol";
import {AggregatorV3Interface} from
    "../../../contracts/src/interfaces/AggregatorV3Interface.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title Calls that nobody meant
contract AnyBytesTest is HubFixture {
    function setUp() public {
        _setUpHub();
    }

    /// @dev The selector of an update is four zeros: fewer are none, and ether is never taken.
    function test_hub_givenLessThanASelector_hasNoFunction() public {
        for (uint256 length = 0; length < 4; length++) {
            (bool done, bytes memory result) = address(hub).call(new bytes(length));
            assertHolds("no", !done && bytes4(result) == IPriceFeeds.FunctionUnknown.selector);
        }
        for (uint256 length = 4; length < 160; length++) {
            (bool done,) = address(hub).call(new bytes(length));
            assertHolds("no report", !done);
        }
        (bool paid,) = address(hub).call{value: 1}(new bytes(4));
        assertHolds("no ether", !paid);
    }

    /// @dev A report of hundreds of feeds that nobody proves costs gas and changes nothing.
    function testFuzz_pull_givenBytesOfAnyKind_isRefused(bytes memory junk) public view {
        (bool done,) =
            address(hub).staticcall(bytes.concat(IPriceFeeds.pull_mfwu.selector, junk));
        assertHolds("refused", !done);
    }

    function testFuzz_facade_givenBytesOfAnyKind_answersNothingElse(bytes4 inner, bytes memory junk)
        public
    {
        _deliver(100);
        bytes memory data = abi.encodePacked(IPriceFeeds.facade_BGcLb.selector, uint16(0), inner);
        (bool done, bytes memory result) = address(hub).staticcall(bytes.concat(data, junk));
        if (!done) assertHolds("named", result.length >= 4);
        else assertHolds("known", _isOfChainlink(inner));
    }

    function test_facade_givenItsFunctions_answers() public {
        _deliver(100);
        bytes4[7] memory known = _withoutArguments();
        for (uint256 i = 0; i < known.length; i++) {
            bytes memory data =
                abi.encodePacked(IPriceFeeds.facade_BGcLb.selector, uint16(0), known[i]);
            (bool done,) = address(hub).staticcall(data);
            assertHolds("answers", done);
        }
    }

    function _isOfChainlink(bytes4 inner) private pure returns (bool) {
        bytes4[7] memory known = _withoutArguments();
        for (uint256 i = 0; i < known.length; i++) {
            if (inner == known[i]) return true;
        }
        return inner == AggregatorV3Interface.getRoundData.selector
            || inner == AggregatorInterface.getAnswer.selector
            || inner == AggregatorInterface.getTimestamp.selector;
    }

    function _withoutArguments() private pure returns (bytes4[7] memory) {
        return [
            AggregatorV3Interface.latestRoundData.selector,
            AggregatorV3Interface.decimals.selector,
            AggregatorV3Interface.description.selector,
            AggregatorV3Interface.version.selector,
            AggregatorInterface.latestAnswer.selector,
            AggregatorInterface.latestTimestamp.selector,
            AggregatorInterface.latestRound.selector
        ];
    }
}

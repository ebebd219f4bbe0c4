// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {PullReader} from "../libraries/PullReader.sol";

/// @title A consumer that brings its report along
contract PullConsumer {
    function read(IPriceFeeds hub, uint256 feed, uint256 ageSecondsMax, bytes calldata report)
        external
        view
        returns (int256 value, uint256 time)
    {
        return PullReader.read(hub, feed, ageSecondsMax, report);
    }

    function words(IPriceFeeds hub, bytes calldata report)
        external
        view
        returns (uint256[] memory)
    {
        return PullReader.verify(hub, report);
    }

    function readMany(
        IPriceFeeds hub,
        uint256[] calldata feeds,
        uint256 ageSecondsMax,
        bytes calldata report
    ) external view returns (int256[] memory values, uint256 time) {
        return PullReader.readMany(hub, feeds, ageSecondsMax, report);
    }

    function updateAndRead(IPriceFeeds hub, uint256 feed, bytes calldata report)
        external
        returns (int256 value, uint256 time)
    {
        return PullReader.updateAndRead(hub, feed, IPriceFeeds.Guard(0, 0, 0), report);
    }
}

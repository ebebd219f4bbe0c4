// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEIP2362} from "../interfaces/IEIP2362.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";

/// @title Feeds in the form of EIP-2362
/// @notice Ids are keccak256 of `Price-NAME-DECIMALS`, such as `Price-BTC/USD-8`, as the proposal's
/// registry names them. The feeds are fixed at deployment.
contract ValueByIdAdapter is IEIP2362 {
    /// @notice The hub that is read.
    IPriceFeeds public immutable HUB;

    /// @dev The feed's index plus one; zero for none.
    mapping(bytes32 id => uint256) private _places;

    /// @param hub The PriceFeeds contract
    /// @param feeds Indices of the feeds to name
    constructor(IPriceFeeds hub, uint256[] memory feeds) {
        HUB = hub;
        for (uint256 i = 0; i < feeds.length; i++) {
            _places[idOf(feeds[i])] = feeds[i] + 1;
        }
    }

    /// @inheritdoc IEIP2362
    function valueFor(bytes32 id) external view returns (int256, uint256, uint256) {
        uint256 place = _places[id];
        if (place == 0) return (0, 0, 400);
        IPriceFeeds.Feed memory feed = HUB.latest(place - 1);
        // Consumers take the time from the block's; a report may lie a little ahead of it.
        uint256 time = feed.time > block.timestamp ? block.timestamp : feed.time;
        if (feed.status == 1) return (feed.value, time, 200);
        // Only values of flagship feeds have a number, and only those are kept.
        if (feed.sequence == 0) return (0, 0, 404);
        // While the feed is unavailable the answer is the last value with its own time.
        return (feed.value, time, 404);
    }

    /// @notice The id under which a feed of the hub stands.
    function idOf(uint256 feed) public view returns (bytes32) {
        IPriceFeeds.FeedConfig memory config = HUB.feedConfig(feed);
        return keccak256(abi.encodePacked("Price-", config.name, "-", _digits(config.decimals)));
    }

    /// @dev A number of at most 18 as text.
    function _digits(uint256 number) private pure returns (bytes memory) {
        bytes1 last = bytes1(uint8(48 + number % 10));
        return number < 10 ? abi.encodePacked(last) : abi.encodePacked("1", last);
    }
}

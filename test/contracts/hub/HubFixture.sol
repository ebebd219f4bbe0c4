// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters, PriceFeeds} from "../../../contracts/src/PriceFeeds.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestBase} from "../derivatives/support/TestBase.sol";

/// @title A hub of eight feeds, six of them with history, and the committee in a box
/// @notice The clock stands at an hour; no feed has a value.
abstract contract HubFixture is TestBase {
    uint256 internal constant START = 1_770_000_000;
    uint256 internal constant FEED_COUNT = 8;
    uint16 internal constant HISTORY_FEEDS = 6;
    uint32 internal constant REPORT_AGE_MAX = 60;
    uint32 internal constant FUTURE_MAX = 2;
    address internal constant OWNER = address(0x0123);
    uint32 internal constant OWNER_DELAY = 2 days;

    PriceFeeds internal hub;

    /// @dev The sequencer's uptime feed; none unless a test says so.
    function _sequencer() internal virtual returns (address) {
        return address(0);
    }

    function _setUpHub() internal {
        VM.warp(START);
        IPriceFeeds.FeedConfig[] memory feeds = new IPriceFeeds.FeedConfig[](FEED_COUNT);
        for (uint256 feed = 0; feed < FEED_COUNT; feed++) {
            feeds[feed] = IPriceFeeds.FeedConfig("FEED/USD", 8, 60);
        }
        Parameters memory parameters =
            Parameters({
                committee: TestCommittee.committee(),
                historyFeeds: HISTORY_FEEDS,
                flagshipFeeds: 1024,
                reportAgeSecondsMax: REPORT_AGE_MAX,
                futureSecondsMax: FUTURE_MAX,
                owner: OWNER,
                ownerDelaySeconds: OWNER_DELAY,
                sequencer: _sequencer(),
                sequencerGraceSeconds: 3600,
                feeds: feeds
            });
        hub = PriceFeeds(deploy("PriceFeeds", abi.encode(parameters)));
    }

    function _update(bytes memory report) internal pure returns (bytes memory) {
        return abi.encodePacked(IPriceFeeds.update_WNFio.selector, report);
    }

    /// @dev Delivers the report of a round that opened just now.
    function _deliver(bytes12[] memory words) internal {
        _send(_update(TestCommittee.report(TestCommittee.roundAt(block.timestamp), words)));
    }

    function _deliver(int64 value) internal {
        _send(_update(TestCommittee.report(TestCommittee.roundAt(block.timestamp), value)));
    }

    function _send(bytes memory data) internal {
        (bool done, bytes memory result) = address(hub).call(data);
        if (done) return;
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }

    /// @dev The selector of the error that a call ends in.
    function _refusal(bytes memory data) internal returns (bytes4) {
        (bool done, bytes memory result) = address(hub).call(data);
        assertHolds("the call is refused", !done);
        assertHolds("the refusal has a name", result.length >= 4);
        return bytes4(result);
    }

    /// @dev Eight words, each other than the next.
    function _words(int64 base) internal pure returns (bytes12[] memory words) {
        words = new bytes12[](FEED_COUNT);
        for (uint256 feed = 0; feed < FEED_COUNT; feed++) {
            words[feed] = TestCommittee.word(base + int64(uint64(feed)));
        }
    }

    /// @dev Everything that readers can see of the feeds.
    function _stored() internal view returns (bytes32 digest) {
        for (uint256 feed = 0; feed < FEED_COUNT; feed++) {
            digest = keccak256(abi.encode(digest, hub.latest(feed)));
        }
    }
}

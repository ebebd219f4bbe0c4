// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters, PriceFeeds} from "../../../contracts/src/PriceFeeds.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title A hub of two flagship feeds and twelve long-tail feeds in three words
abstract contract LongTailFixture is HubFixture {
    uint256 internal constant FLAGSHIPS = 2;
    uint256 internal constant TAIL = 12;

    function _setUpLongTail() internal {
        VM.warp(START);
        IPriceFeeds.FeedConfig[] memory feeds = new IPriceFeeds.FeedConfig[](FLAGSHIPS + TAIL);
        for (uint256 feed = 0; feed < feeds.length; feed++) {
            feeds[feed] = IPriceFeeds.FeedConfig("FEED/USD", 8, feed % 4 == 3 ? 60 : 3600);
        }
        Parameters memory parameters = Parameters({
            committee: TestCommittee.committee(),
            historyFeeds: uint16(FLAGSHIPS),
            flagshipFeeds: uint16(FLAGSHIPS),
            reportAgeSecondsMax: REPORT_AGE_MAX,
            futureSecondsMax: FUTURE_MAX,
            owner: OWNER,
            ownerDelaySeconds: OWNER_DELAY,
            sequencer: address(0),
            sequencerGraceSeconds: 0,
            feeds: feeds
        });
        hub = PriceFeeds(deploy("PriceFeeds", abi.encode(parameters)));
    }

    /// @dev Three words whose values count up from a base.
    function _lanes(int32 base) internal pure returns (bytes25[] memory words) {
        words = new bytes25[](TAIL / 4);
        for (uint256 i = 0; i < words.length; i++) {
            int32 first = base + int32(uint32(4 * i));
            words[i] = TestCommittee.laneWord(
                [
                    TestCommittee.lane(first, 0, 1),
                    TestCommittee.lane(first + 1, 0, 1),
                    TestCommittee.lane(first + 2, 0, 1),
                    TestCommittee.lane(first + 3, 0, 1)
                ]
            );
        }
    }

    function _signed(bytes25[] memory words, uint8 chosen) internal view returns (bytes memory) {
        return TestCommittee.report(TestCommittee.roundAt(block.timestamp), words, chosen);
    }

    function _deliver(bytes25[] memory words, uint8 chosen) internal {
        _send(_update(_signed(words, chosen)));
    }

    /// @dev Everything that readers can see of the long-tail feeds.
    function _storedTail() internal view returns (bytes32 digest) {
        for (uint256 feed = 0; feed < TAIL; feed++) {
            digest = keccak256(abi.encode(digest, hub.latest(FLAGSHIPS + feed)));
        }
    }
}

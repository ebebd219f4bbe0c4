// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters} from "../PriceFeeds.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {TestCommittee} from "./TestCommittee.sol";

/// @title A hub of the committee in a box, for Solidity tests
/// @notice `new PriceFeeds(TestHub.parameters(feeds))` is the real hub; what stands here signs for
/// it and delivers. Set the clock first, later than the committee's beginning, 1 January 2026:
/// reports are signed as observed in the block's second, and a feed takes one report a second.
library TestHub {
    /// @notice A hub with these feeds: history for all, none long-tail, reports up to a minute old,
    /// two seconds ahead, no owner, no sequencer. Change what your test is about.
    function parameters(IPriceFeeds.FeedConfig[] memory feeds)
        internal
        pure
        returns (Parameters memory)
    {
        return Parameters({
            committee: TestCommittee.committee(),
            historyFeeds: 1024,
            flagshipFeeds: 1024,
            reportAgeSecondsMax: 60,
            futureSecondsMax: 2,
            owner: address(0),
            ownerDelaySeconds: 0,
            sequencer: address(0),
            sequencerGraceSeconds: 0,
            feeds: feeds
        });
    }

    /// @notice Delivers values of the feeds by index, from 0: ok, no spread, four observers.
    function deliver(IPriceFeeds hub, int64[] memory values) internal {
        bytes12[] memory words = new bytes12[](values.length);
        for (uint256 feed = 0; feed < values.length; feed++) {
            words[feed] = TestCommittee.word(values[feed]);
        }
        deliver(hub, words);
    }

    /// @notice Delivers what `TestCommittee.word` made for the feeds by index, from 0.
    function deliver(IPriceFeeds hub, bytes12[] memory words) internal {
        bytes memory data = abi.encodePacked(IPriceFeeds.update_WNFio.selector, signed(words));
        (bool done, bytes memory result) = address(hub).call(data);
        if (done) return;
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }

    /// @notice A report of this second, as pull, `PullReader` and `Settlement.settle` take it.
    function signed(bytes12[] memory words) internal view returns (bytes memory report) {
        return TestCommittee.report(TestCommittee.roundAt(block.timestamp), words);
    }
}

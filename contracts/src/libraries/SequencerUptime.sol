// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {ISequencerUptime} from "../interfaces/ISequencerUptime.sol";

/// @title Whether the sequencer of a layer-2 chain has been up for long enough
library SequencerUptime {
    /// @notice Reverts with SequencerDown or SequencerGrace of IPriceFeeds; passes where there is
    /// no sequencer.
    /// @dev Chainlink's uptime feeds answer 0 while the sequencer is up, since `startedAt`.
    /// @param uptimeFeed Uptime feed of the sequencer; zero where there is none
    /// @param graceSeconds How long it must be up
    function check(address uptimeFeed, uint256 graceSeconds) internal view {
        if (uptimeFeed == address(0)) return;
        (, int256 isDown, uint256 since,,) = ISequencerUptime(uptimeFeed).latestRoundData();
        // A feed that was never written has no start.
        if (isDown != 0 || since == 0) revert IPriceFeeds.SequencerDown();
        uint256 up = since < block.timestamp ? block.timestamp - since : 0;
        if (up <= graceSeconds) revert IPriceFeeds.SequencerGrace(up, graceSeconds);
    }
}

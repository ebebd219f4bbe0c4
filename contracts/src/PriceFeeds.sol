// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommitteeHandover} from "./hub/CommitteeHandover.sol";
import {CommitteeKeys} from "./hub/CommitteeKeys.sol";
import {FeedAverages} from "./hub/FeedAverages.sol";
import {FeedDelivery} from "./hub/FeedDelivery.sol";
import {FeedGuards} from "./hub/FeedGuards.sol";
import {FeedPull} from "./hub/FeedPull.sol";
import {FeedReader} from "./hub/FeedReader.sol";
import {FeedStore} from "./hub/FeedStore.sol";
import {Ownership} from "./hub/Ownership.sol";
import {IPriceFeeds} from "./interfaces/IPriceFeeds.sol";

/// @notice What is fixed at deployment.
/// @param committee The first committee
/// @param historyFeeds Feeds below this index keep their history, 0 to flagshipFeeds
/// @param flagshipFeeds Feeds from this index on are long-tail feeds, 0 to 1024
/// @param reportAgeSecondsMax A report older than this is not accepted as the latest, to 1 hour
/// @param futureSecondsMax How far a report may lie ahead of the block's time, to 1 minute
/// @param owner Who may propose a committee when the one in office cannot; zero for nobody
/// @param ownerDelaySeconds How long such a proposal waits, to 30 days
/// @param sequencer Uptime feed of the chain's sequencer; zero where there is none
/// @param sequencerGraceSeconds How long the sequencer must be up before values are given, to 1 day
/// @param feeds Configuration of the first feeds, by index
struct Parameters {
    IPriceFeeds.Committee committee;
    uint16 historyFeeds;
    uint16 flagshipFeeds;
    uint32 reportAgeSecondsMax;
    uint32 futureSecondsMax;
    address owner;
    uint32 ownerDelaySeconds;
    address sequencer;
    uint32 sequencerGraceSeconds;
    IPriceFeeds.FeedConfig[] feeds;
}

/// @title Parallax price feeds
/// @notice The hub; IPriceFeeds says what each function promises.
contract PriceFeeds is FeedDelivery, FeedReader, FeedAverages, FeedGuards, CommitteeHandover {
    constructor(Parameters memory parameters)
        CommitteeKeys(parameters.committee)
        FeedStore(parameters.historyFeeds, parameters.flagshipFeeds, parameters.feeds)
        Ownership(parameters.owner)
        CommitteeHandover(parameters.ownerDelaySeconds)
        FeedPull(parameters.futureSecondsMax)
        FeedDelivery(parameters.reportAgeSecondsMax)
        FeedGuards(parameters.sequencer, parameters.sequencerGraceSeconds)
    {}

    /// @dev Anything that no function answers.
    fallback() external {
        revert FunctionUnknown(msg.sig);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "./ICommittees.sol";

/// @title Parallax price feeds: the specification
/// @notice The hub verifies one threshold signature of the oracle committee and stores any feeds of
/// that report. Anyone may deliver: the signature is the authority, the sender is nobody (protocol
/// §8.1). Values are signed 64-bit integers in the feed's own decimals. Times are Unix time, in
/// seconds where a name says nothing else, and always the time of observation, never that of the
/// block. The functions that are called most have names with four letters behind an underscore:
/// they were sought so that their selectors come first in the dispatcher, which saves gas at every
/// call.
interface IPriceFeeds is ICommittees {
    /// @notice What the contract keeps about one feed besides its reports.
    /// @param name 1 to 31 ASCII characters, such as `BTC/USD`
    /// @param decimals Decimals of the feed's values, 0 to 18
    /// @param heartbeatSeconds Longest time between two updates; one of `heartbeats()`
    struct FeedConfig {
        string name;
        uint8 decimals;
        uint32 heartbeatSeconds;
    }

    /// @notice The latest of a feed.
    /// @param value In the feed's decimals
    /// @param spread Median absolute deviation of the observations, in the feed's decimals
    /// @param observers Members whose observation held a value, 0 to 31
    /// @param status 0 never reported, 1 ok, 2 unavailable: the value is the last that was ok, or
    /// of a long-tail feed zero, since none is kept
    /// @param time When the value was observed; of a long-tail feed that is unavailable, when that
    /// was found
    /// @param round Round of the latest report, also of one that said unavailable
    /// @param sequence Number of values stored so far; the newest has this number, the first has 1
    /// @param heartbeatSeconds Longest time between two updates; 0 when the feed is not configured
    struct Feed {
        int64 value;
        uint256 spread;
        uint8 observers;
        uint8 status;
        uint32 time;
        uint32 round;
        uint32 sequence;
        uint32 heartbeatSeconds;
    }

    /// @notice What a reader accepts; each limit that is passed has its own error.
    /// @param ageSecondsMax Longest time since the observation; 0 for the feed's own heartbeat and
    /// a minute for its delivery
    /// @param spreadBpsMax Largest spread relative to the value, in 1/10,000; 0 for any
    /// @param observersMin Fewest members whose observation held a value
    struct Guard {
        uint32 ageSecondsMax;
        uint16 spreadBpsMax;
        uint8 observersMin;
    }

    /// @notice A value became the latest of a feed. The form is Chainlink's.
    /// @param current The value, in the feed's decimals
    /// @param roundId feed × 2^64 + sequence
    /// @param updatedAt When the value was observed
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// @notice The committee could not form a value; the last value stays, its status is
    /// unavailable.
    event FeedUnavailable(uint256 indexed feed, uint256 round, uint256 observers);

    /// @notice Long-tail feeds of a report were delivered. The data of the log is not encoded as
    /// ABI: it has each page as it stood in calldata (Report.sol), that is 1024 + 16 × page +
    /// words − 1 u16 ‖ words of 25 bytes ‖ chosen u16. Those words were stored that the bits of
    /// `chosen` name, each where its time is newer than that of what stood there.
    /// @param timeMs When the values were observed
    event LongTailUpdated(uint256 indexed timeMs);

    /// @notice A feed got its name, decimals and heartbeat.
    event FeedConfigured(
        uint256 indexed feed, string name, uint8 decimals, uint32 heartbeatSeconds
    );

    /// @notice No function has this selector.
    error FunctionUnknown(bytes4 given);
    /// @notice The flags hold a bit that has no meaning.
    error FlagsUnknown(uint256 given);
    /// @notice Feeds must be named once each, in ascending order.
    error FeedsNotAscending(uint256 given, uint256 previous);
    /// @notice The feed's index is beyond the last that can exist.
    error FeedOutOfRange(uint256 given, uint256 limit);
    /// @notice The proof asks for a node that is not there, or leaves more than the root.
    error ProofMalformed();
    /// @notice A status other than ok (1) and unavailable (2).
    error StatusUnknown(uint256 given);

    /// @notice No committee with these flags and this clock is in office.
    error KeyUnknown(uint256 flags, uint256 clock);
    /// @notice A coordinate of R is not below the field's prime, or R is zero.
    error PointOutOfRange(uint256 x, uint256 y);
    /// @notice The signature's scalar is zero or not below the group's order.
    error ScalarOutOfRange(uint256 given);
    /// @notice The round's number does not fit 30 bits.
    error RoundOutOfRange(uint256 given, uint256 limit);
    /// @notice The report's time lies later after the opening of its round than observations may.
    error TimeOutsideRound(uint256 givenMs, uint256 limitMs);
    /// @notice The report is from the future. In seconds.
    error ReportFromFuture(uint256 given, uint256 limit);
    /// @notice The report is older than a latest value may be. In seconds.
    error ReportTooOld(uint256 given, uint256 limit);
    /// @notice No feed of the update is newer than what is stored.
    error RoundNotNewer(uint256 given, uint256 stored);
    /// @notice The report's time is before that of the stored value.
    error TimeNotNewer(uint256 given, uint256 stored);
    /// @notice No long-tail feed of the update is newer than what is stored. In milliseconds.
    error LongTailNotNewer(uint256 givenMs, uint256 storedMs);

    /// @notice The committee could not form a value (2), or never did (0).
    error FeedHalted(uint256 feed, uint256 status);
    /// @notice The value is older than the reader accepts. In seconds.
    error FeedStale(uint256 feed, uint256 age, uint256 limit);
    /// @notice The observations lie too far apart.
    error FeedWide(uint256 feed, uint256 spread, uint256 limit);
    /// @notice Too few members observed a value.
    error FeedThin(uint256 feed, uint256 observers, uint256 limit);
    /// @notice The sequencer of this layer-2 chain is down.
    error SequencerDown();
    /// @notice The sequencer is up again, but not for long enough. In seconds.
    error SequencerGrace(uint256 up, uint256 limit);
    /// @notice The feed was updated since this transaction read it first.
    error PriceChangedInTransaction(uint256 feed);
    /// @notice The feed has no value yet.
    error FeedEmpty(uint256 feed);
    /// @notice The hub was not told the feed's name and decimals.
    error FeedUnnamed(uint256 feed);
    /// @notice No value of the feed has this number.
    error SequenceUnknown(uint256 given, uint256 latest);
    /// @notice The value with this number is no longer kept.
    error SequenceTooOld(uint256 given, uint256 oldest);

    /// @notice A long-tail feed has no history.
    error HistoryNotKept(uint256 feed);
    /// @notice A window must end after it begins. In seconds.
    error WindowEmpty(uint256 from, uint256 to);
    /// @notice A window must not end after the block. In seconds.
    error WindowInFuture(uint256 given, uint256 limit);
    /// @notice The window begins before the oldest value that is kept. In seconds.
    error WindowBeforeHistory(uint256 given, uint256 oldest);
    /// @notice The sums, modulo 2^64, cannot tell the average of a window that long. In seconds.
    error WindowTooLong(uint256 given, uint256 limit);
    /// @notice A heartbeat that has no code; see FeedWord.
    error HeartbeatUnknown(uint256 givenSeconds);
    /// @notice A name has 1 to 31 bytes.
    error NameInvalid(string given);
    /// @notice More decimals than a feed may have.
    error DecimalsOutOfRange(uint256 given, uint256 limit);

    /// @notice Delivers feeds of one certified report. The arguments are packed behind the selector
    /// 0x00000000 as Report.sol says; aggregator/report/calldata.ts builds them.
    /// @dev Feeds that are not newer than the stored ones are skipped, so that nobody can block a
    /// delivery by delivering a part of it first; if none is newer, it reverts. During the hour
    /// after a hand-over it also takes reports of the committee that was in office before, marked
    /// by a flag, for feeds that its successor has not reported.
    function update_WNFio() external;

    /// @notice Verifies a report that the caller brings, in the layout of `update_WNFio`, and
    /// stores nothing. How old it may be is the reader's decision: see PullReader.
    /// @return words As FeedWord says, with the feed's index in the lowest 16 bits and no sequence
    function pull_mfwu() external view returns (uint256[] memory words);

    /// @notice The same for a report of the committee that was in office before, marked by the
    /// flag, during the hour after a hand-over.
    function pullByPrevious() external view returns (uint256[] memory words);

    /// @notice The latest value of a feed if it passes the guard and, on a layer-2 chain, the
    /// sequencer is up.
    /// @return value In the feed's decimals
    /// @return time When it was observed
    function price_CQcm(uint256 feed, Guard calldata guard)
        external
        view
        returns (int256 value, uint256 time);

    /// @notice The same, and in one transaction only ever one value: reverts if the feed was
    /// updated since this transaction read it first, through any contract. Where one transaction
    /// carries many users, a delivery between two of them refuses the later.
    function priceOnce(uint256 feed, Guard calldata guard)
        external
        returns (int256 value, uint256 time);

    /// @notice The uptime feed of the sequencer, zero where there is none, and how long it must be
    /// up.
    function sequencer() external view returns (address uptimeFeed, uint256 graceSeconds);

    /// @notice The latest of a feed, unguarded: look at `status` and `time` before use.
    function latest(uint256 feed) external view returns (Feed memory);

    /// @notice The latest value in Chainlink's form.
    /// @dev Reverts with FeedEmpty before the first value. While the feed is unavailable this is
    /// the last value with its own time, so that it ages. Of a value that was observed up to
    /// `futureSecondsMax` after the block's time `startedAt` and `updatedAt` are the block's time:
    /// consumers subtract them from it. The same for `getRoundData` and the facade.
    function latestRoundData_5d7w(uint256 feed)
        external
        view
        returns (
            uint80 roundId,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );

    /// @notice The value with a number of its own, without gaps: of a feed with history for the
    /// last 8,192 values, of any other the latest only.
    function getRoundData(uint256 feed, uint80 roundId)
        external
        view
        returns (
            uint80,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );

    /// @notice Slots of the history as they are stored (FeedWord): the pair with the number k holds
    /// the values 2k and 2k + 1. The newest value stands in a pair only if its number is odd.
    /// @param first Number of the first pair; the ring has 4,096
    /// @param count 1 to 4,096
    function history(uint256 feed, uint256 first, uint256 count)
        external
        view
        returns (uint256[] memory pairs);

    /// @notice The time-weighted average of a feed, rounded down: exact, from the cumulative sums.
    /// A value holds from its observation until the next one; the last holds on.
    /// @dev Exact while |average| × window < 2^63 s. Refused beyond it, taking for granted that the
    /// average is at most twice the larger magnitude of the values at both ends: 5.3 days for a
    /// price of 100,000 at 8 decimals. Of a feed that peaks between two ends near zero that need
    /// not hold, and the answer is then wrong: 0, five minutes of 0.05 with 18 decimals, and 0.
    /// @param from Beginning, in seconds; not before the oldest value that is kept
    /// @param to End, in seconds; not after the block
    function average(uint256 feed, uint256 from, uint256 to) external view returns (int256);

    /// @notice Entry of the feed's facade: the feed's index in two bytes and the facade's own
    /// calldata stand behind the selector.
    function facade_BGcLb() external view;

    /// @notice Name, decimals and heartbeat of a feed. FeedUnnamed for one that the hub was not
    /// told of: it may have values all the same, brought by a later committee.
    function feedConfig(uint256 feed) external view returns (FeedConfig memory);

    /// @notice Feeds below this index keep their history.
    function historyFeeds() external view returns (uint256);

    /// @notice Feeds below this index have a word of their own; those from it on are long-tail
    /// feeds: four in a word, with 28 significant bits, a common time, no history (LongTailWord).
    function flagshipFeeds() external view returns (uint256);

    /// @notice A report older than this is not accepted as the latest.
    function reportAgeSecondsMax() external view returns (uint256);

    /// @notice How far a report may lie ahead of the block's time.
    function futureSecondsMax() external view returns (uint256);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {FeedGuard} from "../derivatives/FeedGuard.sol";
import {OptionMath} from "../derivatives/OptionMath.sol";
import {OptionSeries} from "../derivatives/OptionSeries.sol";
import {IOptionMarket} from "../derivatives/interfaces/IOptionMarket.sol";
import {CommitteeBytes} from "../evidence/libraries/CommitteeBytes.sol";
import {Fields} from "../evidence/libraries/Fields.sol";
import {IdentityKey} from "../evidence/libraries/IdentityKey.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {LongTailWord} from "../libraries/LongTailWord.sol";

/// @title Libraries behind external functions, for tests that compare them with TypeScript
/// @notice Arguments and units are those of the libraries.
contract LibraryHarness {
    function feedWord(uint256 word)
        external
        pure
        returns (
            int64 value,
            uint256 spread,
            uint8 observers,
            uint256 parity,
            uint8 status,
            uint32 time,
            uint32 round,
            uint32 sequence,
            uint64 sum,
            uint32 heartbeatSeconds
        )
    {
        value = FeedWord.value(word);
        spread = FeedWord.spread(word);
        observers = FeedWord.observers(word);
        parity = FeedWord.epochParity(word);
        status = FeedWord.status(word);
        time = FeedWord.time(word);
        round = FeedWord.round(word);
        sequence = FeedWord.sequence(word);
        sum = FeedWord.sum(word);
        heartbeatSeconds = FeedWord.heartbeatSeconds(word);
    }

    /// @notice What is written into a word: the code of a heartbeat, the word with it, and its sum
    /// at a time.
    function feedWordWith(uint256 word, uint256 heartbeatSeconds, uint256 time)
        external
        pure
        returns (uint256 code, uint256 changed, uint64 sum)
    {
        code = FeedWord.heartbeatCode(heartbeatSeconds);
        return (code, FeedWord.withHeartbeat(word, code), FeedWord.sumAfter(word, time));
    }

    /// @notice What a word says, and of each lane as a word of its own the value, the spread, and
    /// the 168 bits below them.
    function longTailWord(uint256 word)
        external
        pure
        returns (
            uint256 timeMs,
            uint256 parity,
            uint256 code,
            int64[4] memory values,
            uint256[4] memory spreads,
            uint256[4] memory others
        )
    {
        timeMs = LongTailWord.timeMs(word);
        parity = LongTailWord.epochParity(word);
        code = LongTailWord.heartbeatCode(word);
        for (uint256 lane = 0; lane < 4; lane++) {
            uint256 expanded = LongTailWord.expand(word, lane);
            values[lane] = FeedWord.value(expanded);
            spreads[lane] = FeedWord.spread(expanded);
            others[lane] = expanded & ((1 << 168) - 1);
        }
    }

    function longTailWordWith(uint256 word, uint256 timeMs, uint256 parity, uint256 code)
        external
        pure
        returns (uint256 shared, uint256 changed)
    {
        return (LongTailWord.shared(timeMs, parity), LongTailWord.withHeartbeat(word, code));
    }

    /// @notice Each function of OptionMath at a place of its own range.
    function optionMath(
        uint256[2] calldata ratio,
        uint256[2] calldata terms,
        uint256 n,
        int256 x,
        int256 d,
        uint256 tail
    )
        external
        pure
        returns (int256 ln, uint256 deviation, uint256 root, uint256 exp, uint256 bell, uint256 end)
    {
        ln = OptionMath.lnRatio(ratio[0], ratio[1]);
        deviation = OptionMath.deviation(terms[0], terms[1]);
        root = OptionMath.squareRoot(n);
        exp = OptionMath.expSmall(x);
        bell = OptionMath.gaussian(d);
        end = OptionMath.scaledTail(tail);
    }

    function optionSeries(
        IOptionMarket.Side side,
        uint64 strike,
        uint32 expiry,
        uint256 amount,
        uint256 price,
        uint256 scale
    )
        external
        pure
        returns (uint256 series, uint256 collateral, uint256 numerator, uint256 denominator)
    {
        series = OptionSeries.pack(side, strike, expiry);
        assert(OptionSeries.sideOf(series) == side);
        assert(OptionSeries.strikeOf(series) == strike);
        assert(OptionSeries.expiryOf(series) == expiry);
        collateral = OptionSeries.collateral(series, amount, scale);
        (numerator, denominator) = OptionSeries.payout(series, amount, price, scale);
    }

    function fields(bytes calldata given, uint256 offset)
        external
        pure
        returns (uint256 u8, uint256 u16, uint256 u32, uint256 u64, int256 i128, bytes32 word)
    {
        u8 = Fields.u8(given, offset);
        u16 = Fields.u16(given, offset);
        u32 = Fields.u32(given, offset);
        u64 = Fields.u64(given, offset);
        i128 = Fields.i128(given, offset);
        word = Fields.word(given, offset);
    }

    function identity(uint256 prefix, uint256 x, uint256 y, bytes32 digest, bytes32 r, bytes32 s)
        external
        pure
        returns (address found, bool isSigned)
    {
        found = IdentityKey.addressOf(prefix, x, y);
        isSigned = IdentityKey.signed(found, digest, r, s);
    }

    /// @notice What is read of a committee, the key of a member and the bounds of a feed of it.
    function committee(bytes calldata parameters, uint256 member, uint256 feed)
        external
        pure
        returns (
            CommitteeBytes.Facts memory facts,
            uint256 prefix,
            uint256 x,
            int256 valueMin,
            int256 valueMax
        )
    {
        facts = CommitteeBytes.read(parameters);
        (prefix, x) = CommitteeBytes.keyOf(parameters, facts, member);
        uint256 offset = facts.feedsAt;
        for (; feed != 0; feed--) offset = CommitteeBytes.afterFeed(parameters, offset);
        (valueMin, valueMax) = CommitteeBytes.boundsOf(parameters, offset);
    }

    function guarded(IPriceFeeds hub, uint256 feed, FeedGuard.Guard calldata guard)
        external
        view
        returns (uint256 value, uint256 spread)
    {
        return FeedGuard.read(hub, feed, guard);
    }

    function guardedSigned(IPriceFeeds hub, uint256 feed, FeedGuard.Guard calldata guard)
        external
        view
        returns (int256 value)
    {
        return FeedGuard.readSigned(hub, feed, guard);
    }

    /// @notice The time of the block that a batch of calls sees.
    function time() external view returns (uint256) {
        return block.timestamp;
    }
}

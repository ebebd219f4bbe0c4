// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {FeedStore} from "./FeedStore.sol";

/// @title Reading the latest values and the history
/// @dev A report may lie a little ahead of the block. Readers in Chainlink's form take the time
/// from the block's, which panics below zero, and anybody could bring such a report before them:
/// they are given the block's time at most.
abstract contract FeedReader is FeedStore {
    using FeedWord for uint256;

    uint256 private constant LATEST_ROUND_DATA = 0xfeaf968c;
    uint256 private constant GET_ROUND_DATA = 0x9a6fc8f5;
    uint256 private constant SEQUENCE_MASK = 0x3fffffff;
    /// @dev FEEDS, and HISTORY without the newest: assembly takes plain numbers only.
    uint256 private constant FEED_LIMIT = 1024;
    uint256 private constant OLDER_LIMIT = 8191;

    /// @inheritdoc IPriceFeeds
    function latest(uint256 feed) external view returns (Feed memory) {
        uint256 word = _word(feed);
        return Feed({
            value: word.value(),
            spread: word.spread(),
            observers: word.observers(),
            status: word.status(),
            time: word.time(),
            round: word.round(),
            sequence: word.sequence(),
            heartbeatSeconds: word.heartbeatSeconds()
        });
    }

    /// @inheritdoc IPriceFeeds
    function latestRoundData_5d7w(uint256 feed)
        external
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        assembly {
            if lt(feed, FEED_LIMIT) {
                let word := sload(add(_latest.slot, feed))
                let sequence := and(shr(68, word), SEQUENCE_MASK)
                if sequence {
                    let time := and(shr(128, word), 0xffffffff)
                    if gt(time, timestamp()) { time := timestamp() }
                    let roundId := or(shl(64, feed), sequence)
                    mstore(0x00, roundId)
                    mstore(0x20, sar(192, word))
                    mstore(0x40, time)
                    mstore(0x60, time)
                    mstore(0x80, roundId)
                    return(0x00, 0xa0)
                }
            }
        }
        uint256 filled = _filled(feed);
        _returnRound(_roundId(feed, filled), filled.value(), filled.time());
    }

    /// @inheritdoc IPriceFeeds
    function getRoundData(uint256 feed, uint80 roundId)
        external
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        (int256 answer, uint256 time) = _round(feed, roundId);
        _returnRound(roundId, answer, time);
    }

    /// @inheritdoc IPriceFeeds
    function history(uint256 feed, uint256 first, uint256 count)
        external
        view
        returns (uint256[] memory pairs)
    {
        if (feed >= _HISTORY_FEEDS) revert HistoryNotKept(feed);
        if (count > PAIRS) revert ParameterOutOfRange(count, PAIRS);
        pairs = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            pairs[i] = _history[feed][(first + i) % PAIRS];
        }
    }

    /// @inheritdoc IPriceFeeds
    /// @dev The two functions that are called most are answered in one piece when nothing is out of
    /// the ordinary; all the rest, and whatever must be refused, goes the long way.
    function facade_BGcLb() external view {
        uint256 historyFeeds_ = _HISTORY_FEEDS;
        uint256 feed;
        uint256 selector;
        assembly {
            let head := calldataload(4)
            feed := shr(240, head)
            selector := and(shr(208, head), 0xffffffff)
            if eq(selector, LATEST_ROUND_DATA) {
                if lt(feed, FEED_LIMIT) {
                    let word := sload(add(_latest.slot, feed))
                    let sequence := and(shr(68, word), SEQUENCE_MASK)
                    if sequence {
                        let time := and(shr(128, word), 0xffffffff)
                        if gt(time, timestamp()) { time := timestamp() }
                        let roundId := or(shl(64, feed), sequence)
                        mstore(0x00, roundId)
                        mstore(0x20, sar(192, word))
                        mstore(0x40, time)
                        mstore(0x60, time)
                        mstore(0x80, roundId)
                        return(0x00, 0xa0)
                    }
                }
            }
            if eq(selector, GET_ROUND_DATA) {
                // A number of another feed differs above its sequence, so that it is none of this
                // one. Values with history are older than the newest by 1 to 8,191.
                if and(lt(feed, historyFeeds_), gt(calldatasize(), 41)) {
                    let roundId := calldataload(10)
                    let sequence := xor(roundId, shl(64, feed))
                    let newest := and(shr(68, sload(add(_latest.slot, feed))), SEQUENCE_MASK)
                    if and(lt(sub(sub(newest, sequence), 1), OLDER_LIMIT), gt(sequence, 0)) {
                        let place := or(shl(12, feed), and(shr(1, sequence), 0xfff))
                        // The odd value and its time stand 64 and 32 bits below those of the even.
                        let pair := sload(add(_history.slot, place))
                        let shift := shl(5, and(sequence, 1))
                        let time := and(shr(sub(96, shift), pair), 0xffffffff)
                        if gt(time, timestamp()) { time := timestamp() }
                        mstore(0x00, roundId)
                        mstore(0x20, sar(192, shl(shl(1, shift), pair)))
                        mstore(0x40, time)
                        mstore(0x60, time)
                        mstore(0x80, roundId)
                        return(0x00, 0xa0)
                    }
                }
            }
        }
        _answerFacade(feed, selector);
    }

    /// @dev The rest of AggregatorV3Interface and AggregatorInterface.
    function _answerFacade(uint256 feed, uint256 selector) private view {
        if (selector == LATEST_ROUND_DATA) {
            uint256 word = _filled(feed);
            _returnRound(_roundId(feed, word), word.value(), word.time());
        }
        if (selector == GET_ROUND_DATA) {
            uint256 roundId = _argument();
            (int256 value, uint256 time) = _round(feed, roundId);
            _returnRound(roundId, value, time);
        }
        uint256 answer;
        if (selector == 0x313ce567) answer = _decimals(feed);
        else if (selector == 0x54fd4d50) answer = 1;
        else if (selector == 0x50d25bcd) answer = uint256(int256(_filled(feed).value()));
        else if (selector == 0x8205bf6a) answer = _past(_filled(feed).time());
        else if (selector == 0x668a0f02) answer = _roundId(feed, _filled(feed));
        else if (selector == 0xb5ab58dc) answer = _roundAnswer(feed);
        else if (selector == 0xb633620c) answer = _roundTime(feed);
        else if (selector == 0x7284e416) _returnString(_name(feed));
        else revert FunctionUnknown(bytes4(uint32(selector)));
        assembly {
            mstore(0x00, answer)
            return(0x00, 0x20)
        }
    }

    function _roundAnswer(uint256 feed) private view returns (uint256) {
        (int256 answer,) = _round(feed, _argument());
        return uint256(answer);
    }

    function _roundTime(uint256 feed) private view returns (uint256) {
        (, uint256 time) = _round(feed, _argument());
        return _past(time);
    }

    function _past(uint256 time) private view returns (uint256) {
        return time > block.timestamp ? block.timestamp : time;
    }

    /// @dev The argument of a function with one, behind selector, feed and the inner selector.
    function _argument() private pure returns (uint256 argument) {
        if (msg.data.length < 42) revert LengthMismatch(msg.data.length, 42);
        assembly {
            argument := calldataload(10)
        }
    }

    function _returnRound(uint256 roundId, int256 answer, uint256 time) private view {
        time = _past(time);
        assembly {
            mstore(0x00, roundId)
            mstore(0x20, answer)
            mstore(0x40, time)
            mstore(0x60, time)
            mstore(0x80, roundId)
            return(0x00, 0xa0)
        }
    }

    function _returnString(string memory text) private pure {
        bytes memory encoded = abi.encode(text);
        assembly {
            return(add(encoded, 0x20), mload(encoded))
        }
    }

    /// @dev A value by its Chainlink number.
    function _round(uint256 feed, uint256 roundId) private view returns (int256, uint256) {
        uint256 word = _filled(feed);
        if (feed >= _FLAGSHIP_FEEDS) return _longTailRound(feed, word, roundId);
        // A number of another feed differs above its sequence, so that it is none of this one.
        return _value(feed, word, roundId ^ feed << 64);
    }

    /// @dev Of a long-tail feed the latest only.
    function _longTailRound(uint256 feed, uint256 word, uint256 roundId)
        private
        view
        returns (int256, uint256)
    {
        uint256 latestId = _roundId(feed, word);
        if (roundId == latestId) return (word.value(), word.time());
        uint256 number = roundId ^ feed << 64;
        uint256 newest = uint64(latestId);
        if (number > newest) revert SequenceUnknown(number, newest);
        revert SequenceTooOld(number, newest);
    }

    /// @dev A value by its sequence, from the latest word or from the history.
    function _value(uint256 feed, uint256 word, uint256 sequence)
        private
        view
        returns (int256 value, uint256 time)
    {
        uint256 newest = word.sequence();
        if (sequence == newest) return (word.value(), word.time());
        uint256 kept = HISTORY;
        if (feed >= _HISTORY_FEEDS) kept = 1;
        unchecked {
            // The age of the value asked for wraps around for one that is not there yet.
            if (newest - sequence >= kept || sequence == 0) _revertSequence(newest, sequence, kept);
        }
        assembly {
            let place := or(shl(12, feed), and(shr(1, sequence), 0xfff))
            // The odd value and its time stand 64 and 32 bits below those of the even one.
            let isOdd := and(sequence, 1)
            let pair := sload(add(_history.slot, place))
            value := sar(192, shl(shl(6, isOdd), pair))
            time := and(shr(sub(96, shl(5, isOdd)), pair), 0xffffffff)
        }
    }

    function _revertSequence(uint256 newest, uint256 sequence, uint256 kept) private pure {
        if (sequence == 0 || sequence > newest) revert SequenceUnknown(sequence, newest);
        revert SequenceTooOld(sequence, newest - kept + 1);
    }
}

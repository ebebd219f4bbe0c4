// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
import {LongTailWord} from "../libraries/LongTailWord.sol";
import {Report} from "../libraries/Report.sol";

/// @title Storage of the feeds and its configuration
abstract contract FeedStore is IPriceFeeds {
    using FeedWord for uint256;

    uint256 internal constant FEEDS = Report.FEEDS;
    /// @dev Values kept of a feed with history.
    uint256 internal constant HISTORY = 8192;
    /// @dev They stand in pairs; see FeedWord.
    uint256 internal constant PAIRS = 4096;

    uint256[1024] internal _latest;
    /// @dev Four feeds each, from the first long-tail feed on; see LongTailWord. Pages are named by
    /// the slot of their first word, which the delivery of any entry reads.
    uint256[256] internal _longTail;
    uint256[4096][1024] internal _history;
    /// @dev 31 bytes of name, then the decimals.
    bytes32[1024] private _names;

    uint256 internal immutable _HISTORY_FEEDS;
    uint256 internal immutable _FLAGSHIP_FEEDS;

    constructor(uint256 historyFeeds_, uint256 flagshipFeeds_, FeedConfig[] memory feeds) {
        if (flagshipFeeds_ > FEEDS) revert ParameterOutOfRange(flagshipFeeds_, FEEDS);
        if (historyFeeds_ > flagshipFeeds_) {
            revert ParameterOutOfRange(historyFeeds_, flagshipFeeds_);
        }
        if (feeds.length > FEEDS) revert FeedOutOfRange(feeds.length, FEEDS);
        _HISTORY_FEEDS = historyFeeds_;
        _FLAGSHIP_FEEDS = flagshipFeeds_;
        for (uint256 feed = 0; feed < feeds.length; feed++) {
            _configure(feed, feeds[feed]);
        }
    }

    /// @inheritdoc IPriceFeeds
    function feedConfig(uint256 feed) external view returns (FeedConfig memory) {
        return FeedConfig({
            name: _name(feed),
            decimals: uint8(_decimals(feed)),
            heartbeatSeconds: _word(feed).heartbeatSeconds()
        });
    }

    /// @inheritdoc IPriceFeeds
    function historyFeeds() external view returns (uint256) {
        return _HISTORY_FEEDS;
    }

    /// @inheritdoc IPriceFeeds
    function flagshipFeeds() external view returns (uint256) {
        return _FLAGSHIP_FEEDS;
    }

    /// @dev A word of its own, or the lane of a long-tail feed in the form of one. Nothing is
    /// stored under a long-tail feed's own index.
    function _word(uint256 feed) internal view returns (uint256 word) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        assembly {
            word := sload(add(_latest.slot, feed))
        }
        if (word == 0) word = _longTailWord(feed);
    }

    /// @dev Zero for a flagship feed.
    function _longTailWord(uint256 feed) private view returns (uint256 word) {
        if (feed < _FLAGSHIP_FEEDS) return 0;
        uint256 number = feed - _FLAGSHIP_FEEDS;
        return LongTailWord.expand(_longTail[number / 4], number % 4);
    }

    /// @dev The word of a feed that has a value.
    function _filled(uint256 feed) internal view returns (uint256 word) {
        word = _word(feed);
        if (word.sequence() != 0) return word;
        uint256 status = word.status();
        if (feed < _FLAGSHIP_FEEDS || status == 0) revert FeedEmpty(feed);
        // The word of a long-tail feed that is unavailable holds no older value.
        if (status != FeedWord.STATUS_OK) revert FeedHalted(feed, status);
    }

    /// @dev In Chainlink's form: the sequence, or of a long-tail feed the time in milliseconds.
    function _roundId(uint256 feed, uint256 word) internal view returns (uint256) {
        if (feed < _FLAGSHIP_FEEDS) return feed << 64 | word.sequence();
        return feed << 64 | LongTailWord.timeMs(_longTail[(feed - _FLAGSHIP_FEEDS) / 4]);
    }

    /// @dev A feed that came with a later committee has no name here, and none are made up.
    function _decimals(uint256 feed) internal view returns (uint256) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        uint256 packed = uint256(_names[feed]);
        if (packed == 0) revert FeedUnnamed(feed);
        return packed & 0xff;
    }

    function _name(uint256 feed) internal view returns (string memory name) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        bytes32 packed = _names[feed];
        uint256 length = 0;
        while (length < 31 && packed[length] != 0) length++;
        name = new string(length);
        assembly {
            mstore(add(name, 0x20), and(packed, not(0xff)))
        }
    }

    function _configure(uint256 feed, FeedConfig memory config) private {
        bytes memory name = bytes(config.name);
        if (name.length == 0 || name.length > 31) revert NameInvalid(config.name);
        if (config.decimals > 18) revert DecimalsOutOfRange(config.decimals, 18);
        uint256 code = FeedWord.heartbeatCode(config.heartbeatSeconds);
        if (code == 0) revert HeartbeatUnknown(config.heartbeatSeconds);
        // A string in memory is padded with zeros up to the word.
        _names[feed] = bytes32(name) | bytes32(uint256(config.decimals));
        if (feed < _FLAGSHIP_FEEDS) {
            _latest[feed] = _latest[feed].withHeartbeat(code);
        } else {
            uint256 place = (feed - _FLAGSHIP_FEEDS) / 4;
            uint256 word = _longTail[place];
            uint256 known = LongTailWord.heartbeatCode(word);
            // Codes rise with the seconds; the word is due when the first of its feeds is.
            if (known == 0 || code < known) {
                _longTail[place] = LongTailWord.withHeartbeat(word, code);
            }
        }
        emit FeedConfigured(feed, config.name, config.decimals, config.heartbeatSeconds);
    }
}

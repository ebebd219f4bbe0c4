// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {FeedWord} from "../libraries/FeedWord.sol";
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
    uint256[4096][1024] internal _history;
    /// @dev 31 bytes of name, then the decimals.
    bytes32[1024] private _names;

    uint256 internal immutable _HISTORY_FEEDS;

    constructor(uint256 historyFeeds_, FeedConfig[] memory feeds) {
        if (historyFeeds_ > FEEDS) revert ParameterOutOfRange(historyFeeds_, FEEDS);
        if (feeds.length > FEEDS) revert FeedOutOfRange(feeds.length, FEEDS);
        _HISTORY_FEEDS = historyFeeds_;
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

    function _word(uint256 feed) internal view returns (uint256 word) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        assembly {
            word := sload(add(_latest.slot, feed))
        }
    }

    /// @dev The word of a feed that has a value.
    function _filled(uint256 feed) internal view returns (uint256 word) {
        word = _word(feed);
        if (word.sequence() == 0) revert FeedEmpty(feed);
    }

    function _decimals(uint256 feed) internal view returns (uint256) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        return uint256(_names[feed]) & 0xff;
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
        _latest[feed] = _latest[feed].withHeartbeat(code);
        emit FeedConfigured(feed, config.name, config.decimals, config.heartbeatSeconds);
    }
}

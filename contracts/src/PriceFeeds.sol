// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "./interfaces/IPriceFeeds.sol";
import {FeedWord} from "./libraries/FeedWord.sol";
import {Frost} from "./libraries/Frost.sol";

/// @title Parallax price feeds
/// @notice See IPriceFeeds for what each function promises.
contract PriceFeeds is IPriceFeeds {
    using FeedWord for uint256;

    /// @notice What is fixed at deployment.
    /// @param committee The first committee
    /// @param historyFeeds Feeds below this index keep their history, 0 to 1024
    /// @param reportAgeMsMax A report older than this is not accepted as the latest, to 1 hour
    /// @param futureMsMax How far a report may lie ahead of the block's time, to 1 minute
    /// @param feeds Configuration of the first feeds, by index
    struct Parameters {
        Committee committee;
        uint16 historyFeeds;
        uint32 reportAgeMsMax;
        uint32 futureMsMax;
        FeedConfig[] feeds;
    }

    uint256 private constant FEEDS = 1024;
    uint256 private constant HISTORY = 8192;
    uint256 private constant PAIRS = HISTORY / 2;
    uint256 private constant ROUND_LIMIT = 1 << 30;

    // Calldata of an update, behind the selector.
    uint256 private constant HEADER_AT = 4;
    uint256 private constant SIGNATURE_AT = 24;
    uint256 private constant COUNT_AT = 120;
    uint256 private constant ENTRIES_AT = 121;
    uint256 private constant ENTRY_BYTES = 17;
    uint256 private constant CLOCK_BYTES = 10;

    uint256 private constant FLAGS_EPOCH = 2;
    uint256 private constant FLAGS_CLOCK = 4;
    uint256 private constant FLAGS_MAX = 7;

    // Memory while a report is verified. The proof stack grows from the same place; nothing else
    // lives in memory then.
    uint256 private constant AT = 0x80;

    // Keys in office stand at slots that hold the clock and the flags in their number, so that one
    // read tells the key and proves the clock: 2^255 + clock × 2^8 + flags. The clock is
    // genesisMs − skewMs (48 bits), roundMs (16) and includeMs + 2 × skewMs (16).
    uint256 private constant KEYS_AT = 1 << 255;

    uint256[FEEDS] private _latest;
    uint256[PAIRS][FEEDS] private _history;
    bytes32[FEEDS] private _names;
    mapping(uint256 epoch => Committee) private _committees;
    uint256 private _epoch;

    uint256 private immutable _CLOCK;
    uint256 private immutable _HISTORY_FEEDS;
    uint256 private immutable _REPORT_AGE_MS_MAX;
    uint256 private immutable _FUTURE_MS_MAX;

    constructor(Parameters memory parameters) {
        if (parameters.historyFeeds > FEEDS) revert ParameterOutOfRange(parameters.historyFeeds, FEEDS);
        if (parameters.reportAgeMsMax > 1 hours * 1000) {
            revert ParameterOutOfRange(parameters.reportAgeMsMax, 1 hours * 1000);
        }
        if (parameters.futureMsMax > 1 minutes * 1000) {
            revert ParameterOutOfRange(parameters.futureMsMax, 1 minutes * 1000);
        }
        if (parameters.feeds.length > FEEDS) revert FeedOutOfRange(parameters.feeds.length, FEEDS);

        _CLOCK = _clockOf(parameters.committee);
        _HISTORY_FEEDS = parameters.historyFeeds;
        _REPORT_AGE_MS_MAX = parameters.reportAgeMsMax;
        _FUTURE_MS_MAX = parameters.futureMsMax;

        _activate(parameters.committee);
        for (uint256 feed = 0; feed < parameters.feeds.length; feed++) {
            _configure(feed, parameters.feeds[feed]);
        }
    }

    /// @dev Anything that no function answers.
    fallback() external {
        revert FunctionUnknown(msg.sig);
    }

    // ------------------------------------------------------------------ delivery

    /// @inheritdoc IPriceFeeds
    function update_WNFio() external {
        unchecked {
            uint256 header = _calldata(HEADER_AT);
            uint256 timeMs = _verify(header);
            _checkAge(timeMs);

            uint256 round = (header >> 216) & 0xffffffff;
            // What all words of this report share: epoch parity, time and round.
            uint256 shared =
                ((header >> 249) & 1) << 162 | (timeMs / 1000) << 128 | round << 98;
            uint256 end = ENTRIES_AT + ENTRY_BYTES * (_calldata(COUNT_AT) >> 248);
            uint256 stored = ROUND_LIMIT;
            for (uint256 position = ENTRIES_AT; position != end; position += ENTRY_BYTES) {
                stored = _store(_calldata(position), shared, stored);
            }
            if (stored != 0) revert RoundNotNewer(round, stored);
        }
    }

    /// @dev Checks everything about the certificate except its age.
    /// @return timeMs The report's time
    function _verify(uint256 header) private view returns (uint256 timeMs) {
        unchecked {
            uint256 flags = header >> 248;
            uint256 end = msg.data.length;
            uint256 clock = _CLOCK;
            if (flags >= FLAGS_CLOCK) {
                if (flags > FLAGS_MAX) revert FlagsUnknown(flags);
                end -= CLOCK_BYTES;
                clock = _calldata(end) >> 176;
                flags &= 3;
            }
            uint256 round = (header >> 216) & 0xffffffff;
            if (round >= ROUND_LIMIT) revert RoundOutOfRange(round, ROUND_LIMIT - 1);
            uint256 offset = (header >> 200) & 0xffff;
            if (offset > (clock & 0xffff)) revert TimeOutsideRound(offset, clock & 0xffff);
            timeMs = (clock >> 32) + round * ((clock >> 16) & 0xffff) + offset;

            uint256 key;
            uint256 keyAt = KEYS_AT | clock << 8 | flags;
            assembly {
                key := sload(keyAt)
            }
            if (key == 0) revert KeyUnknown(flags, clock);

            uint256 message = _message(header, timeMs, _root(end));
            _checkSignature(key, flags & 1, message);
        }
    }

    /// @dev Root of the tree that the feeds and the siblings of the update make. A feed's index is
    /// in its leaf, so a path proves it whatever the directions are.
    function _root(uint256 end) private pure returns (uint256 root) {
        uint256 fault;
        uint256 given;
        uint256 limit;
        assembly {
            let count := byte(0, calldataload(COUNT_AT))
            let entry := ENTRIES_AT
            let siblings := add(ENTRIES_AT, mul(ENTRY_BYTES, count))
            let entriesEnd := siblings
            let top := AT
            let next := 0
            for {} lt(entry, entriesEnd) { entry := add(entry, ENTRY_BYTES) } {
                let head := calldataload(entry)
                let index := shr(240, head)
                if lt(index, next) {
                    fault := 1
                    given := index
                    limit := sub(next, 1)
                    break
                }
                next := add(index, 1)
                // leaf = keccak256(index ‖ word): 14 bytes of the entry, then 20 zeros.
                mstore(0x00, and(head, not(0xffffffffffffffffffffffffffffffffffff)))
                mstore(0x20, 0)
                root := keccak256(0x00, 34)
                // Two bits a step: 1 hashes a sibling on the right, 2 one on the left, 3 the node
                // before it.
                for { let program := and(shr(120, head), 0xffffff) } program { program := shr(2, program) } {
                    switch and(program, 3)
                    case 1 {
                        mstore(0x00, root)
                        mstore(0x20, calldataload(siblings))
                        siblings := add(siblings, 32)
                    }
                    case 2 {
                        mstore(0x00, calldataload(siblings))
                        mstore(0x20, root)
                        siblings := add(siblings, 32)
                    }
                    case 3 {
                        if eq(top, AT) {
                            fault := 2
                            break
                        }
                        top := sub(top, 32)
                        mstore(0x00, mload(top))
                        mstore(0x20, root)
                    }
                    default {
                        fault := 2
                        break
                    }
                    root := keccak256(0x00, 0x40)
                }
                mstore(top, root)
                top := add(top, 32)
            }
            // One node, the root, is left.
            if iszero(eq(top, add(AT, 32))) { if iszero(fault) { fault := 2 } }
            if gt(next, FEEDS) {
                fault := 3
                given := sub(next, 1)
            }
            if iszero(eq(siblings, end)) {
                if iszero(fault) {
                fault := 4
                limit := add(siblings, sub(calldatasize(), end))
                }
            }
            if iszero(count) { fault := 5 }
        }
        if (fault != 0) _revertProof(fault, given, limit);
    }

    function _revertProof(uint256 fault, uint256 given, uint256 limit) private pure {
        if (fault == 1) revert FeedsNotAscending(given, limit);
        if (fault == 3) revert FeedOutOfRange(given, FEEDS - 1);
        if (fault == 4) revert LengthMismatch(msg.data.length, limit);
        if (fault == 5) revert NoFeeds();
        revert ProofMalformed();
    }

    /// @dev The message of protocol §7.
    function _message(uint256 header, uint256 timeMs, uint256 root) private pure returns (uint256 message) {
        assembly {
            // "parallax.report.1" ‖ round u64 ‖ timestampMs u64 ‖ observers u32 ‖ root: 69 bytes.
            mstore(0xc0, 0x706172616c6c61782e7265706f72742e31000000000000000000000000000000)
            mstore(
                0xc5,
                or(
                    or(
                        0x6c61782e7265706f72742e310000000000000000000000000000000000000000,
                        shl(96, and(shr(216, header), 0xffffffff))
                    ),
                    or(shl(32, timeMs), and(shr(168, header), 0xffffffff))
                )
            )
            mstore(0xe5, root)
            let digest := keccak256(0xc0, 69)
            // "parallax.sign.1" ‖ reportDigest ‖ slot u8 ‖ signingSet u32 ‖ expectedNext u32: 56 bytes.
            mstore(0xc0, 0x706172616c6c61782e7369676e2e310000000000000000000000000000000000)
            mstore(0xcf, digest)
            mstore(0xef, shl(184, shr(96, header)))
            message := keccak256(0xc0, 56)
            // The proof stack may have been here; the challenge begins with 64 zeros.
            mstore(0x80, 0)
            mstore(0xa0, 0)
        }
    }

    function _checkSignature(uint256 key, uint256 parity, uint256 message) private view {
        unchecked {
            uint256 z = _calldata(SIGNATURE_AT + 64);
            // z − 1 wraps around for 0.
            if (z - 1 >= Frost.N - 1) revert ScalarOutOfRange(z);
            if (Frost.verify(key, parity, message, SIGNATURE_AT, AT)) return;
        }
        uint256 x = _calldata(SIGNATURE_AT);
        uint256 y = _calldata(SIGNATURE_AT + 32);
        if (x >= Frost.P || y >= Frost.P || x | y == 0) revert PointOutOfRange(x, y);
        revert SignatureInvalid();
    }

    function _checkAge(uint256 timeMs) private view {
        unchecked {
            uint256 limitMs = block.timestamp * 1000 + _FUTURE_MS_MAX;
            // limit − time wraps around for a time beyond the limit.
            if (limitMs - timeMs <= _REPORT_AGE_MS_MAX + _FUTURE_MS_MAX) return;
            if (timeMs > limitMs) revert ReportFromFuture(timeMs, limitMs);
            revert ReportTooOld(timeMs, block.timestamp * 1000 - _REPORT_AGE_MS_MAX);
        }
    }

    /// @dev Stores one feed if the report is newer.
    /// @param stored Zero when a feed of the update was stored already
    /// @return Zero when a feed was stored, otherwise the round that stands there
    function _store(uint256 entry, uint256 shared, uint256 stored) private returns (uint256) {
        unchecked {
            uint256 feed = entry >> 240;
            uint256 old;
            assembly {
                old := sload(add(_latest.slot, feed))
            }
            if (((shared >> 98) & 0x3fffffff) <= old.round()) return stored == 0 ? 0 : old.round();

            // The upper 96 bits as they were signed.
            uint256 head = (entry << 16) & (type(uint256).max << 160);
            uint256 status = (head >> 160) & 7;
            if (status != FeedWord.STATUS_OK) {
                _storeUnavailable(feed, old, head, shared);
                return 0;
            }
            uint256 time = (shared >> 128) & 0xffffffff;
            if (time < old.time()) revert TimeNotNewer(time, old.time());
            // The sequence fits: it counts rounds, which rise strictly and fit 30 bits.
            uint256 word = head | shared | (old & (0x3fffffff << 68 | 15 << 64)) + (1 << 68)
                | old.sumAfter(time);
            assembly {
                sstore(add(_latest.slot, feed), word)
            }
            if (word & (1 << 68) != 0 && feed < _HISTORY_FEEDS) _storePair(feed, old, word);
            emit AnswerUpdated(word.value(), feed << 64 | word.sequence(), time);
            return 0;
        }
    }

    /// @dev Two consecutive values share a slot, which is written when the second arrives.
    function _storePair(uint256 feed, uint256 even, uint256 odd) private {
        uint256 pair = (even & (type(uint256).max << 192)) | (odd >> 192) << 128
            | uint256(even.time()) << 96 | uint256(odd.time()) << 64 | even.sum();
        uint256 position = (odd.sequence() >> 1) & (PAIRS - 1);
        assembly {
            sstore(add(add(_history.slot, shl(12, feed)), position), pair)
        }
    }

    /// @dev Keeps value, spread, time and sum, so that the value ages and the average goes on.
    function _storeUnavailable(uint256 feed, uint256 old, uint256 head, uint256 shared) private {
        uint256 status = (head >> 160) & 7;
        if (status != FeedWord.STATUS_UNAVAILABLE) revert StatusUnknown(status);
        uint256 replaced = uint256(0xff) << 160 | uint256(0x3fffffff) << 98;
        uint256 word = (old & ~replaced) | (head & (uint256(0xff) << 160))
            | (shared & (uint256(1) << 162 | uint256(0x3fffffff) << 98));
        assembly {
            sstore(add(_latest.slot, feed), word)
        }
        emit FeedUnavailable(feed, word.round(), word.observers());
    }

    function _calldata(uint256 position) private pure returns (uint256 word) {
        assembly {
            word := calldataload(position)
        }
    }

    // ------------------------------------------------------------------ reading

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
    function latestRoundData(uint256 feed) external view returns (uint80, int256, uint256, uint256, uint80) {
        return _latestRoundData(feed);
    }

    /// @inheritdoc IPriceFeeds
    function getRoundData(uint256 feed, uint80 roundId)
        external
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        return _getRoundData(feed, roundId);
    }

    /// @inheritdoc IPriceFeeds
    function facade_Cmgi() external view {
        // selector ‖ feed u16 ‖ the facade's own calldata: its selector and at most one argument.
        uint256 feed = _calldata(4) >> 240;
        bytes4 selector = bytes4(msg.data[6:]);
        if (selector == 0xfeaf968c) {
            (uint80 roundId, int256 answer, uint256 time,,) = _latestRoundData(feed);
            _returnRound(roundId, answer, time);
        }
        if (selector == 0x9a6fc8f5) {
            (uint80 roundId, int256 answer, uint256 time,,) = _getRoundData(feed, _argument());
            _returnRound(roundId, answer, time);
        }
        _answerFacade(feed, selector);
    }

    function _argument() private pure returns (uint256 argument) {
        if (msg.data.length < 42) revert LengthMismatch(msg.data.length, 42);
        return _calldata(10);
    }

    function _returnRound(uint256 roundId, int256 answer, uint256 time) private pure {
        assembly {
            mstore(0x80, roundId)
            mstore(0xa0, answer)
            mstore(0xc0, time)
            mstore(0xe0, time)
            mstore(0x100, roundId)
            return(0x80, 0xa0)
        }
    }

    /// @dev The rest of AggregatorV3Interface and AggregatorInterface.
    function _answerFacade(uint256 feed, bytes4 selector) private view {
        uint256 answer;
        if (selector == 0x313ce567) answer = _decimals(feed);
        else if (selector == 0x54fd4d50) answer = 1;
        else if (selector == 0x50d25bcd) answer = uint256(int256(_filled(feed).value()));
        else if (selector == 0x8205bf6a) answer = _filled(feed).time();
        else if (selector == 0x668a0f02) answer = feed << 64 | _filled(feed).sequence();
        else if (selector == 0xb5ab58dc) (, answer,) = _roundOf(feed, _argument());
        else if (selector == 0xb633620c) (,, answer) = _roundOf(feed, _argument());
        else if (selector == 0x7284e416) _returnString(_name(feed));
        else revert FunctionUnknown(selector);
        assembly {
            mstore(0x00, answer)
            return(0x00, 0x20)
        }
    }

    function _roundOf(uint256 feed, uint256 roundId) private view returns (uint256, uint256, uint256) {
        (uint80 id, int256 answer, uint256 time,,) = _getRoundData(feed, roundId);
        return (id, uint256(answer), time);
    }

    function _returnString(string memory text) private pure {
        bytes memory encoded = abi.encode(text);
        assembly {
            return(add(encoded, 0x20), mload(encoded))
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
    function committee(uint256 epoch_) external view returns (Committee memory) {
        return _committees[epoch_];
    }

    /// @inheritdoc IPriceFeeds
    function epoch() external view returns (uint256) {
        return _epoch;
    }

    /// @inheritdoc IPriceFeeds
    function historyFeeds() external view returns (uint256) {
        return _HISTORY_FEEDS;
    }

    /// @inheritdoc IPriceFeeds
    function reportAgeMsMax() external view returns (uint256) {
        return _REPORT_AGE_MS_MAX;
    }

    /// @inheritdoc IPriceFeeds
    function futureMsMax() external view returns (uint256) {
        return _FUTURE_MS_MAX;
    }

    function _latestRoundData(uint256 feed) private view returns (uint80, int256, uint256, uint256, uint80) {
        uint256 word = _filled(feed);
        uint80 roundId = uint80(feed << 64 | word.sequence());
        uint256 time = word.time();
        return (roundId, word.value(), time, time, roundId);
    }

    function _getRoundData(uint256 feed, uint256 roundId)
        private
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        (int256 value, uint256 time) = _atSequence(feed, _filled(feed), roundId ^ feed << 64);
        return (uint80(roundId), value, time, time, uint80(roundId));
    }

    /// @dev A value by its number, from the latest word or from the history.
    function _atSequence(uint256 feed, uint256 word, uint256 sequence)
        private
        view
        returns (int256 value, uint256 time)
    {
        unchecked {
            uint256 newest = word.sequence();
            if (sequence == newest) return (word.value(), word.time());
            if (sequence - 1 >= newest) revert SequenceUnknown(sequence, newest);
            uint256 kept = feed < _HISTORY_FEEDS ? HISTORY : 1;
            if (sequence + kept <= newest) revert SequenceTooOld(sequence, newest - kept + 1);
            uint256 pair = _history[feed][(sequence >> 1) & (PAIRS - 1)];
            if (sequence & 1 == 0) return (int64(int256(pair) >> 192), uint32(pair >> 96));
            return (int64(int256(pair << 64) >> 192), uint32(pair >> 64));
        }
    }

    function _word(uint256 feed) private view returns (uint256 word) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        assembly {
            word := sload(add(_latest.slot, feed))
        }
    }

    function _filled(uint256 feed) private view returns (uint256 word) {
        word = _word(feed);
        if (word.sequence() == 0) revert FeedEmpty(feed);
    }

    function _decimals(uint256 feed) private view returns (uint256) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        return uint256(_names[feed]) & 0xff;
    }

    function _name(uint256 feed) private view returns (string memory name) {
        if (feed >= FEEDS) revert FeedOutOfRange(feed, FEEDS - 1);
        bytes32 packed = _names[feed];
        uint256 length = 0;
        while (length < 31 && packed[length] != 0) length++;
        name = new string(length);
        assembly {
            mstore(add(name, 0x20), and(packed, not(0xff)))
        }
    }

    // ------------------------------------------------------------------ parameters

    /// @dev The clock of a committee as it stands in the slot of its key.
    function _clockOf(Committee memory given) private pure returns (uint256) {
        uint256 window = uint256(given.includeMs) + 2 * uint256(given.skewMs);
        // protocol §3: Δ > includeMs + 2 × skew, so that the times of two rounds cannot cross.
        if (window >= given.roundMs) revert ClockInvalid(given.roundMs, given.includeMs, given.skewMs);
        if (given.genesisMs < given.skewMs) revert GenesisInvalid(given.genesisMs, given.skewMs);
        return uint256(given.genesisMs - given.skewMs) << 32 | uint256(given.roundMs) << 16 | window;
    }

    function _activate(Committee memory given) private {
        _checkKey(given.publicKeyX, given.publicKeyParity);
        uint256 next = ++_epoch;
        _committees[next] = given;
        uint256 position = KEYS_AT | _clockOf(given) << 8 | (next & 1) << 1 | given.publicKeyParity;
        uint256 key = given.publicKeyX;
        assembly {
            sstore(position, key)
        }
        emit CommitteeActivated(next, given);
    }

    /// @dev The abscissa must be that of a point: x³ + 7 is a square when its power (p − 1) / 2 is 1.
    function _checkKey(uint256 x, uint256 parity) private view {
        if (x == 0 || x >= Frost.N || parity > 1) revert PublicKeyInvalid(x, parity);
        uint256 square = addmod(mulmod(mulmod(x, x, Frost.P), x, Frost.P), 7, Frost.P);
        (bool done, bytes memory result) =
            address(5).staticcall(abi.encode(32, 32, 32, square, (Frost.P - 1) / 2, Frost.P));
        if (!done || abi.decode(result, (uint256)) != 1) revert PublicKeyInvalid(x, parity);
    }

    function _configure(uint256 feed, FeedConfig memory config) private {
        bytes memory name = bytes(config.name);
        if (name.length == 0 || name.length > 31) revert NameInvalid(config.name);
        if (config.decimals > 18) revert DecimalsOutOfRange(config.decimals, 18);
        uint256 code = FeedWord.heartbeatCode(config.heartbeatSeconds);
        if (code == 0) revert HeartbeatUnknown(config.heartbeatSeconds);
        // Strings in memory are padded with zeros up to the word.
        _names[feed] = bytes32(name) | bytes32(uint256(config.decimals));
        _latest[feed] = _latest[feed].withHeartbeat(code);
        emit FeedConfigured(feed, config.name, config.decimals, config.heartbeatSeconds);
    }
}

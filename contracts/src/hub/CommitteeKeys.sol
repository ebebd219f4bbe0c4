// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {Frost} from "../libraries/Frost.sol";

/// @title The committees of a hub and the keys that verify
/// @notice A key in office stands at a slot whose number holds the clock of its committee, the
/// parity of its epoch and that of its ordinate: 2^255 + clock × 2^8 + 2 × epoch parity + ordinate
/// parity. So one read gives the key and proves that the clock belongs to it. The clock is
/// genesisMs − skewMs (48 bits) ‖ roundMs (16) ‖ includeMs + 2 × skewMs (16). The key that was in
/// office before stands at the same number with 2^254 in place of 2^255.
abstract contract CommitteeKeys is ICommittees {
    uint256 private constant KEYS = 1 << 255;
    /// @dev What tells the slot of a key in office from that of the key before.
    uint256 private constant PREVIOUS = 3 << 254;

    /// @dev How long after a hand-over the previous committee's reports are still taken.
    uint256 internal constant OVERLAP = 1 hours;

    /// @dev A committee's first round lies below it. Rounds of the hub end at 2^30 and never go
    /// back, so that one near to it would leave no successor a round.
    uint256 private constant FIRST_ROUND_LIMIT = 1 << 29;

    mapping(uint256 number => Committee) private _committees;
    uint256 internal _epoch;
    /// @dev Until when reports of the previous committee are read, and until when they are stored.
    uint256 internal _overlapEnds;
    uint256 internal _storingEnds;

    // The first committee's clock, in the code: a later committee with another one sends it along.
    uint256 internal immutable _FIRST_KEYS;
    uint256 internal immutable _FIRST_OPENING_MS;
    uint256 internal immutable _FIRST_ROUND_MS;
    uint256 internal immutable _FIRST_WINDOW_MS;

    constructor(Committee memory first) {
        uint256 clock = _clockOf(first);
        _FIRST_KEYS = _keysOf(clock);
        _FIRST_OPENING_MS = clock >> 32;
        _FIRST_ROUND_MS = first.roundMs;
        _FIRST_WINDOW_MS = clock & 0xffff;
        _firstRoundOf(first);
        _activate(first, true);
    }

    /// @inheritdoc ICommittees
    function committee(uint256 number) external view returns (Committee memory) {
        return _committees[number];
    }

    /// @inheritdoc ICommittees
    function epoch() external view returns (uint256) {
        return _epoch;
    }

    /// @dev Slot of the keys of a clock; the parities come into its two lowest bits.
    function _keysOf(uint256 clock) internal pure returns (uint256) {
        return KEYS | clock << 8;
    }

    /// @dev Slot of the key that was in office before, from the one that it had then; reverts when
    /// its reports are no longer taken.
    function _previousOf(uint256 keyAt) internal view returns (uint256) {
        if (block.timestamp > _overlapEnds) revert CommitteeExpired(block.timestamp, _overlapEnds);
        return keyAt ^ PREVIOUS;
    }

    /// @dev The first committee's clock, put together again.
    function _firstClock() internal view returns (uint256) {
        return (_FIRST_KEYS >> 8) & (2 ** 80 - 1);
    }

    function _clockOf(Committee memory given) internal pure returns (uint256) {
        uint256 window = uint256(given.includeMs) + 2 * uint256(given.skewMs);
        // protocol §3: Δ > includeMs + 2 × skew, so that the times of two rounds cannot cross.
        if (window >= given.roundMs) {
            revert ClockInvalid(given.roundMs, given.includeMs, given.skewMs);
        }
        if (given.genesisMs < given.skewMs) revert GenesisInvalid(given.genesisMs, given.skewMs);
        uint256 opening = given.genesisMs - given.skewMs;
        return opening << 32 | uint256(given.roundMs) << 16 | window;
    }

    function _inOffice() internal view returns (Committee memory) {
        return _committees[_epoch];
    }

    /// @dev Checks that a committee may follow the one in office: its key and clock are sound, it
    /// does not begin before it, and its rounds count on where those of the other end.
    function _checkSuccession(Committee memory next) internal view {
        _checkKey(next.publicKeyX, next.publicKeyParity);
        Committee memory current = _inOffice();
        uint256 fromMs = next.activeFromMs;
        if (fromMs < current.activeFromMs) {
            revert ActiveFromTooEarly(fromMs, current.activeFromMs);
        }
        if (_clockOf(next) == _clockOf(current)) return;
        // With another clock, every round of the next must be beyond all that the other can still
        // report, or a feed could wait for the numbers to meet.
        uint256 first = _firstRoundOf(next);
        uint256 last = (fromMs + OVERLAP * 1000 - current.genesisMs) / current.roundMs;
        if (first <= last) revert RoundsNotRising(first, last);
    }

    /// @dev The round with which a committee begins.
    function _firstRoundOf(Committee memory given) private pure returns (uint256 round) {
        if (given.activeFromMs < given.genesisMs) {
            revert GenesisInvalid(given.genesisMs, given.activeFromMs);
        }
        round = (given.activeFromMs - given.genesisMs) / given.roundMs;
        if (round >= FIRST_ROUND_LIMIT) revert RoundsTooFar(round, FIRST_ROUND_LIMIT - 1);
    }

    /// @dev Moves the key in office to where the previous one stands and puts the next one in.
    /// @param isSigned Whether the previous committee named it. One that the owner replaced is
    /// heard for settlements of its term; reports ahead of the block would keep its successor's
    /// from being stored.
    function _activate(Committee memory given, bool isSigned) internal {
        _checkKey(given.publicKeyX, given.publicKeyParity);
        uint256 number = _epoch + 1;
        if (_epoch != 0) {
            if (_epoch != 1) _setKey(_slotOf(_epoch - 1, _committees[_epoch - 1]) ^ PREVIOUS, 0);
            Committee memory current = _inOffice();
            uint256 slot = _slotOf(_epoch, current);
            _setKey(slot, 0);
            _setKey(slot ^ PREVIOUS, current.publicKeyX);
            uint256 ends = block.timestamp + OVERLAP;
            _overlapEnds = ends;
            _storingEnds = isSigned ? ends : 0;
        }
        _epoch = number;
        _committees[number] = given;
        _setKey(_slotOf(number, given), given.publicKeyX);
        emit CommitteeActivated(number, given);
    }

    function _slotOf(uint256 number, Committee memory given) private pure returns (uint256) {
        return _keysOf(_clockOf(given)) | (number & 1) << 1 | given.publicKeyParity;
    }

    function _setKey(uint256 slot, uint256 key) private {
        assembly {
            sstore(slot, key)
        }
    }

    /// @dev The abscissa must be that of a point: x³ + 7 is a square when its power (p − 1) / 2 is
    /// 1.
    function _checkKey(uint256 x, uint256 parity) private view {
        if (x == 0 || x >= Frost.N || parity > 1) revert PublicKeyInvalid(x, parity);
        uint256 square = addmod(mulmod(mulmod(x, x, Frost.P), x, Frost.P), 7, Frost.P);
        (bool done, bytes memory result) =
            address(5).staticcall(abi.encode(32, 32, 32, square, (Frost.P - 1) / 2, Frost.P));
        if (!done || abi.decode(result, (uint256)) != 1) revert PublicKeyInvalid(x, parity);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {Frost} from "../libraries/Frost.sol";
import {CommitteeKeys} from "./CommitteeKeys.sol";
import {Ownership} from "./Ownership.sol";

/// @title From one committee to the next (protocol §11.2)
/// @notice The committee in office signs the next one, or the owner proposes it and waits. Either
/// is announced with everything that it says, and takes office by a call that anyone may send.
abstract contract CommitteeHandover is CommitteeKeys, Ownership {
    /// @dev How far ahead a committee may be announced: longer would let a wrong one block the
    /// right.
    uint256 private constant AHEAD_MS_MAX = 30 days * 1000;
    /// @dev How long the owner's proposal can be activated: what nobody wanted for two weeks should
    /// not be found years later.
    uint256 private constant PROPOSAL_SECONDS = 14 days;

    uint256 private immutable _OWNER_DELAY;

    mapping(HandoverSource source => Handover) private _handovers;

    constructor(uint256 ownerDelaySeconds_) {
        if (ownerDelaySeconds_ > 30 days) revert ParameterOutOfRange(ownerDelaySeconds_, 30 days);
        _OWNER_DELAY = ownerDelaySeconds_;
    }

    /// @inheritdoc ICommittees
    function handOver(Committee calldata next, bytes calldata signature) external {
        if (signature.length != 96) revert LengthMismatch(signature.length, 96);
        Committee memory current = _inOffice();
        bytes32 message = handoverMessage(_epoch + 1, next);
        bytes memory space = new bytes(0x180);
        uint256 place;
        uint256 free;
        assembly {
            place := signature.offset
            free := add(space, 0x20)
        }
        uint256 isValid = Frost.verify(
            current.publicKeyX, current.publicKeyParity, uint256(message), place, free
        );
        if (isValid == 0) revert SignatureInvalid();
        _announce(HandoverSource.COMMITTEE, next, block.timestamp);
    }

    /// @inheritdoc ICommittees
    function proposeCommittee(Committee calldata next) external onlyOwner {
        uint256 earliest = block.timestamp + _OWNER_DELAY;
        // The committee in office goes on until then: what expires before is its to settle.
        if (next.activeFromMs < earliest * 1000) {
            revert ActiveFromTooEarly(next.activeFromMs, earliest * 1000);
        }
        _announce(HandoverSource.OWNER, next, earliest);
    }

    /// @inheritdoc ICommittees
    function withdrawProposal() external onlyOwner {
        _withdraw();
    }

    /// @inheritdoc ICommittees
    function takeOwnership() public override(ICommittees, Ownership) {
        super.takeOwnership();
        _withdraw();
    }

    /// @inheritdoc ICommittees
    function activate(HandoverSource source) external {
        Handover memory announced = _handovers[source];
        uint256 number = _epoch + 1;
        if (announced.epoch != number) revert HandoverMissing(number);
        uint256 readyAt = announced.readyAt;
        if (block.timestamp < readyAt) revert HandoverTooEarly(block.timestamp, readyAt);
        Committee memory next = announced.next;
        bool isSigned = source == HandoverSource.COMMITTEE;
        if (!isSigned) {
            uint256 limit = readyAt + PROPOSAL_SECONDS;
            if (block.timestamp > limit) revert HandoverTooLate(block.timestamp, limit);
            // The committee in office did not agree to go: it reports until now, and what expired
            // until now is its to settle.
            next.activeFromMs = uint48(block.timestamp * 1000);
        }
        // What was true at the announcement may not be any more: another committee has come
        // between.
        _checkSuccession(next);
        delete _handovers[source];
        _activate(next, isSigned);
    }

    /// @inheritdoc ICommittees
    function handover(HandoverSource source) external view returns (Handover memory) {
        return _handovers[source];
    }

    /// @inheritdoc ICommittees
    function ownerDelaySeconds() external view returns (uint256) {
        return _OWNER_DELAY;
    }

    /// @inheritdoc ICommittees
    function handoverMessage(uint256 number, Committee calldata next)
        public
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(
                "parallax.handover.1",
                uint64(number),
                next.digest,
                uint8(2 + next.publicKeyParity),
                next.publicKeyX,
                uint64(next.activeFromMs),
                uint64(next.genesisMs),
                uint32(next.roundMs),
                uint32(next.includeMs),
                uint32(next.skewMs)
            )
        );
    }

    function _announce(HandoverSource source, Committee calldata next, uint256 earliest) private {
        uint256 limitMs = earliest * 1000 + AHEAD_MS_MAX;
        if (next.activeFromMs > limitMs) revert ActiveFromTooLate(next.activeFromMs, limitMs);
        _checkSuccession(next);
        uint256 activeFrom = (uint256(next.activeFromMs) + 999) / 1000;
        uint256 readyAt = activeFrom > earliest ? activeFrom : earliest;
        uint256 number = _epoch + 1;
        _handovers[source] =
            Handover({next: next, epoch: uint32(number), readyAt: uint48(readyAt)});
        emit HandoverAnnounced(number, source, next, readyAt);
    }

    function _withdraw() private {
        uint256 number = _handovers[HandoverSource.OWNER].epoch;
        delete _handovers[HandoverSource.OWNER];
        // One for another number was void: there is nothing to tell.
        if (number == _epoch + 1) emit HandoverWithdrawn(number);
    }
}

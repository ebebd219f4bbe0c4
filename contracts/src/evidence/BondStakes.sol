// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BondCredits} from "./BondCredits.sol";
import {IEvidenceRegistry} from "./interfaces/IEvidenceRegistry.sol";
import {IMemberBonds} from "./interfaces/IMemberBonds.sol";
import {IdentityKey} from "./libraries/IdentityKey.sol";

/// @notice What is fixed about stakes at deployment.
/// @param registry Where members are convicted
/// @param beneficiary Gets what convicted members lose, less the reporter's part
/// @param stakeMin Least stake that counts as bonded, in wei
/// @param evidenceSeconds How long after a round evidence about it takes stake
/// @param leavingSeconds How long stake waits after it was asked back; longer than that
struct StakeParameters {
    IEvidenceRegistry registry;
    address beneficiary;
    uint128 stakeMin;
    uint32 evidenceSeconds;
    uint32 leavingSeconds;
}

/// @title Stakes by identity key
abstract contract BondStakes is BondCredits {
    /// @notice Part of lost stake that goes to who reported, in basis points: enough to pay for the
    /// transaction, too little for a member to save its stake by reporting itself.
    uint256 public constant REPORTER_BPS = 500;

    uint256 private constant DELAY_SECONDS_MAX = 365 days;

    /// @notice Where members are convicted.
    IEvidenceRegistry public immutable REGISTRY;
    /// @notice Gets what convicted members lose, less the reporter's part.
    address public immutable BENEFICIARY;
    /// @notice Least stake that counts as bonded, in wei.
    uint256 public immutable STAKE_MIN;
    /// @notice How long after a round evidence about it takes stake.
    uint256 public immutable EVIDENCE_SECONDS;
    /// @notice How long stake waits after it was asked back.
    uint256 public immutable LEAVING_SECONDS;

    mapping(address identity => Bond) internal _bonds;
    mapping(bytes32 committee => mapping(uint256 member => uint32)) private _answered;

    constructor(StakeParameters memory given) {
        if (given.beneficiary == address(0)) revert AddressZero();
        if (given.leavingSeconds > DELAY_SECONDS_MAX) {
            revert ParameterOutOfRange(given.leavingSeconds, DELAY_SECONDS_MAX);
        }
        if (given.leavingSeconds <= given.evidenceSeconds) {
            revert ParameterOutOfRange(given.leavingSeconds, uint256(given.evidenceSeconds) + 1);
        }
        REGISTRY = given.registry;
        BENEFICIARY = given.beneficiary;
        STAKE_MIN = given.stakeMin;
        EVIDENCE_SECONDS = given.evidenceSeconds;
        LEAVING_SECONDS = given.leavingSeconds;
    }

    modifier onlyOperator(address identity) {
        address operator = _bonds[identity].operator;
        if (msg.sender != operator) revert NotOperator(msg.sender, operator);
        _;
    }

    /// @inheritdoc IMemberBonds
    function enroll(address identity, address payee, bytes32 r, bytes32 s) external {
        Bond storage bond = _bonds[identity];
        if (bond.operator != address(0)) revert AlreadyEnrolled(identity);
        if (payee == address(0)) revert AddressZero();
        if (!IdentityKey.signed(identity, authorizationOf(msg.sender), r, s)) {
            revert AuthorizationInvalid(identity, msg.sender);
        }
        bond.operator = msg.sender;
        bond.payee = payee;
        emit Enrolled(identity, msg.sender);
        emit PayeeChanged(identity, payee);
    }

    /// @inheritdoc IMemberBonds
    function stake(address identity) external payable {
        Bond storage bond = _bonds[identity];
        if (bond.operator == address(0)) revert NotEnrolled(identity);
        if (msg.value == 0) revert AmountZero();
        _refuseUnanswered(identity);
        bool wasBonded = bond.staked >= STAKE_MIN;
        // All the currency of a chain fits 128 bits.
        bond.staked += uint128(msg.value);
        if (!wasBonded && bond.staked >= STAKE_MIN) bond.bondedAt = uint48(block.timestamp);
        emit Staked(identity, msg.value);
    }

    /// @inheritdoc IMemberBonds
    function changePayee(address identity, address payee) external onlyOperator(identity) {
        if (payee == address(0)) revert AddressZero();
        _bonds[identity].payee = payee;
        emit PayeeChanged(identity, payee);
    }

    /// @inheritdoc IMemberBonds
    function ask(address identity, uint256 amount) external onlyOperator(identity) {
        Bond storage bond = _bonds[identity];
        if (amount == 0) revert AmountZero();
        if (amount > bond.staked) revert AmountTooLarge(amount, bond.staked);
        bond.staked -= uint128(amount);
        bond.leaving += uint128(amount);
        bond.leavesAt = uint48(block.timestamp + LEAVING_SECONDS);
        emit LeavingAsked(identity, amount, bond.leavesAt);
    }

    /// @inheritdoc IMemberBonds
    function release(address identity) external {
        Bond storage bond = _bonds[identity];
        uint256 amount = bond.leaving;
        if (amount == 0) revert NothingLeaving(identity);
        if (block.timestamp < bond.leavesAt) {
            revert LeavingTooEarly(block.timestamp, bond.leavesAt);
        }
        _refuseUnanswered(identity);
        bond.leaving = 0;
        bond.leavesAt = 0;
        _credit(bond.payee, amount);
        emit Released(identity, bond.payee, amount);
    }

    /// @inheritdoc IMemberBonds
    function slash(bytes32 committee, uint256 member) external {
        IEvidenceRegistry.Conviction memory found = REGISTRY.convictionOf(committee, member);
        if (found.convictedAt == 0) revert NotConvicted(committee, member);
        uint32 answered = _answered[committee][member];
        if (answered == found.times) revert AlreadySlashed(committee, member);
        _answered[committee][member] = found.times;
        Bond storage bond = _bonds[found.identity];
        bond.settled += found.times - answered;
        uint256 amount = 0;
        uint256 dueMs = uint256(found.openedMs) + EVIDENCE_SECONDS * 1000;
        if (uint256(found.convictedAt) * 1000 <= dueMs) {
            amount = uint256(bond.staked) + bond.leaving;
            bond.staked = 0;
            bond.leaving = 0;
            bond.leavesAt = 0;
            uint256 toReporter = amount * REPORTER_BPS / 10_000;
            _credit(found.reporter, toReporter);
            _credit(BENEFICIARY, amount - toReporter);
        }
        emit Slashed(found.identity, committee, member, amount);
    }

    /// @inheritdoc IMemberBonds
    function bondOf(address identity) external view returns (Bond memory) {
        return _bonds[identity];
    }

    /// @inheritdoc IMemberBonds
    function isBonded(address identity) external view returns (bool) {
        return _bonds[identity].staked >= STAKE_MIN && REGISTRY.convictionsOf(identity) == 0;
    }

    /// @inheritdoc IMemberBonds
    function authorizationOf(address operator) public view returns (bytes32) {
        return keccak256(
            abi.encodePacked("parallax.bond.1", block.chainid, address(this), operator)
        );
    }

    /// @dev Nothing comes in or goes out while a conviction waits for its answer.
    function _refuseUnanswered(address identity) private view {
        if (REGISTRY.convictionsOf(identity) != _bonds[identity].settled) {
            revert SlashPending(identity);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../interfaces/ICommittees.sol";
import {IPriceFeeds} from "../interfaces/IPriceFeeds.sol";
import {Frost} from "../libraries/Frost.sol";
import {BondStakes, StakeParameters} from "./BondStakes.sol";
import {IMemberBonds} from "./interfaces/IMemberBonds.sol";

/// @notice What is fixed about rewards at deployment.
/// @param hub Where certificates are delivered
/// @param weiPerSignature Reward of each member of a signing set
/// @param roundsBetween Least distance of two rounds that are counted
struct RewardParameters {
    IPriceFeeds hub;
    uint96 weiPerSignature;
    uint32 roundsBetween;
}

/// @title Stakes of members, what they lose by evidence and earn by signing
/// @notice Has no owner. Rewards follow signing sets that the committee signed with reports. Where
/// a round has several certificates, whoever counts chooses one, delivered or not.
contract MemberBonds is BondStakes {
    /// @dev What was counted for a member when notice was given, and when that was.
    struct Notice {
        uint32 counted;
        uint48 givenAt;
    }

    /// @notice How long a member has after a notice until its rewards lapse.
    uint256 public constant CLAIM_SECONDS = 180 days;

    /// @notice The hub whose certificates are counted.
    IPriceFeeds public immutable HUB;
    /// @notice Reward of each member of a signing set.
    uint256 public immutable WEI_PER_SIGNATURE;
    /// @notice Least distance of two rounds that are counted.
    uint256 public immutable ROUNDS_BETWEEN;

    /// @dev Counters of 32 bits, eight in a word: a whole signing set costs at most four words.
    mapping(bytes32 committee => mapping(uint256 eighth => uint256)) private _counted;
    mapping(bytes32 committee => mapping(uint256 member => uint256)) private _paid;
    mapping(bytes32 committee => mapping(uint256 member => Notice)) private _notices;
    mapping(bytes32 committee => uint256) private _lastRound;
    uint128 private _pool;
    uint128 private _owed;

    constructor(StakeParameters memory stakes, RewardParameters memory rewards)
        BondStakes(stakes)
    {
        if (rewards.roundsBetween == 0) revert ParameterOutOfRange(0, 1);
        HUB = rewards.hub;
        WEI_PER_SIGNATURE = rewards.weiPerSignature;
        ROUNDS_BETWEEN = rewards.roundsBetween;
    }

    /// @inheritdoc IMemberBonds
    function fund() external payable {
        if (msg.value == 0) revert AmountZero();
        // All the currency of a chain fits 128 bits.
        _pool += uint128(msg.value);
        emit Funded(msg.sender, msg.value);
    }

    /// @inheritdoc IMemberBonds
    function count(uint256 feed, Certificate calldata certificate, bytes calldata signature)
        external
    {
        ICommittees.Committee memory signer = HUB.committee(HUB.epoch());
        IPriceFeeds.Feed memory latest = HUB.latest(feed);
        // An unavailable feed keeps the time of its value: its round alone must do.
        if (latest.status == 0 || latest.round != certificate.round) {
            revert NotDelivered(feed, certificate.round);
        }
        uint256 earliest = _lastRound[signer.digest] + ROUNDS_BETWEEN;
        if (certificate.round < earliest) revert RoundTooEarly(certificate.round, earliest);
        _checkSignature(signer, certificate, signature);
        _lastRound[signer.digest] = certificate.round;
        _countSet(signer.digest, certificate.signingSet);
        emit SignaturesCounted(signer.digest, certificate.round, certificate.signingSet);
    }

    /// @inheritdoc IMemberBonds
    function collect(bytes32 committee, uint256 member) external {
        address identity = REGISTRY.identityOf(committee, member);
        Bond storage bond = _bonds[identity];
        bool isConvicted = REGISTRY.convictionsOf(identity) != 0;
        if (!isConvicted && bond.operator == address(0)) revert NotEnrolled(identity);
        if (!isConvicted && bond.staked < STAKE_MIN) {
            revert StakeTooSmall(bond.staked, STAKE_MIN);
        }
        uint256 counted = _countedOf(committee, member);
        uint256 amount = (counted - _paid[committee][member]) * WEI_PER_SIGNATURE;
        if (amount == 0) revert AmountZero();
        _paid[committee][member] = counted;
        // Counting set this amount aside.
        _owed -= uint128(amount);
        if (isConvicted) {
            emit Forfeited(committee, member, amount);
            return;
        }
        _pool -= uint128(amount);
        _credit(bond.payee, amount);
        emit Rewarded(committee, member, bond.payee, amount);
    }

    /// @inheritdoc IMemberBonds
    function warn(bytes32 committee, uint256 member) external {
        (uint256 paid, Notice memory notice) = _noticeOfUnbonded(committee, member);
        uint256 counted = _countedOf(committee, member);
        if (counted == paid) revert AmountZero();
        // Otherwise the member itself would put it off for ever.
        if (notice.counted > paid) revert AlreadyWarned(committee, member);
        _notices[committee][member] = Notice(uint32(counted), uint48(block.timestamp));
        emit Warned(committee, member, counted, block.timestamp + CLAIM_SECONDS);
    }

    /// @inheritdoc IMemberBonds
    function lapse(bytes32 committee, uint256 member) external {
        (uint256 paid, Notice memory notice) = _noticeOfUnbonded(committee, member);
        if (notice.counted <= paid) revert NotWarned(committee, member);
        uint256 lapsesAt = notice.givenAt + CLAIM_SECONDS;
        if (block.timestamp < lapsesAt) revert LapseTooEarly(block.timestamp, lapsesAt);
        uint256 amount = (notice.counted - paid) * WEI_PER_SIGNATURE;
        _paid[committee][member] = notice.counted;
        // Counting set this amount aside.
        _owed -= uint128(amount);
        emit Forfeited(committee, member, amount);
    }

    /// @inheritdoc IMemberBonds
    function rewardPool() external view returns (uint256 pool, uint256 owed) {
        return (_pool, _owed);
    }

    /// @inheritdoc IMemberBonds
    function signaturesOf(bytes32 committee, uint256 member)
        external
        view
        returns (uint256 counted, uint256 paid)
    {
        return (_countedOf(committee, member), _paid[committee][member]);
    }

    /// @dev Adds one for each member of the set and sets its reward aside.
    function _countSet(bytes32 committee, uint256 set) private {
        uint256 signatures = 0;
        for (uint256 eighth = 0; eighth < 4; eighth++) {
            uint256 word = 0;
            for (uint256 place = 0; place < 8; place++) {
                if ((set >> (8 * eighth + place)) & 1 == 0) continue;
                word |= 1 << (32 * place);
                signatures++;
            }
            // Rounds rise and fit 30 bits, so no counter reaches 32 and carries into the next.
            if (word != 0) _counted[committee][eighth] += word;
        }
        uint256 owed = _owed + signatures * WEI_PER_SIGNATURE;
        if (owed > _pool) revert PoolEmpty(owed, _pool);
        _owed = uint128(owed);
    }

    /// @dev What was paid of a member that cannot collect, and the notice that runs about it: none
    /// when it has been able to since, and needed nobody's leave.
    function _noticeOfUnbonded(bytes32 committee, uint256 member)
        private
        view
        returns (uint256 paid, Notice memory notice)
    {
        address identity = REGISTRY.identityOf(committee, member);
        Bond storage bond = _bonds[identity];
        bool isBonded_ = bond.operator != address(0) && bond.staked >= STAKE_MIN;
        if (isBonded_) revert MemberBonded(identity);
        paid = _paid[committee][member];
        notice = _notices[committee][member];
        if (bond.bondedAt >= notice.givenAt) delete notice;
    }

    function _countedOf(bytes32 committee, uint256 member) private view returns (uint256) {
        return uint32(_counted[committee][member / 8] >> (32 * (member % 8)));
    }

    /// @dev The committee in office signed exactly this certificate (protocol §7).
    function _checkSignature(
        ICommittees.Committee memory signer,
        Certificate calldata given,
        bytes calldata signature
    ) private view {
        if (signature.length != 96) revert LengthMismatch(signature.length, 96);
        bytes32 reportDigest = keccak256(
            abi.encodePacked(
                "parallax.report.1",
                given.round,
                given.timestampMs,
                given.observers,
                given.feedsRoot
            )
        );
        bytes32 message = keccak256(
            abi.encodePacked(
                "parallax.sign.1",
                reportDigest,
                given.slot,
                given.signingSet,
                given.expectedNext
            )
        );
        bytes memory space = new bytes(0x180);
        uint256 place;
        uint256 free;
        assembly ("memory-safe") {
            place := signature.offset
            free := add(space, 0x20)
        }
        uint256 isValid = Frost.verify(
            signer.publicKeyX, signer.publicKeyParity, uint256(message), place, free
        );
        if (isValid == 0) revert SignatureInvalid();
    }
}

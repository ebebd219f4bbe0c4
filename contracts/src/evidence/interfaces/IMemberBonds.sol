// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Stakes of members, what they lose by evidence and earn by signing
/// @notice Everything is in the chain's own currency, in wei. Every wei that came in by a function
/// here is at any time in exactly one of: a stake, stake that is leaving, the reward pool, a
/// credit. Only credits leave, and only to whom they belong.
interface IMemberBonds {
    /// @notice The stake of one identity key.
    /// @param operator Decides over the stake; zero until the key authorized one
    /// @param leavesAt When what is leaving may be released, in seconds; 0 when nothing leaves
    /// @param settled Convictions that this contract has answered, as the registry counts them
    /// @param payee Gets released stake and rewards
    /// @param bondedAt When the stake last came to the least that earns rewards, in seconds
    /// @param staked What secures the member
    /// @param leaving What was asked back: secures it still, until it is released
    struct Bond {
        address operator;
        uint48 leavesAt;
        uint48 settled;
        address payee;
        uint48 bondedAt;
        uint128 staked;
        uint128 leaving;
    }

    /// @notice A certificate without its feeds (protocol §7).
    struct Certificate {
        uint64 round;
        uint64 timestampMs;
        uint32 observers;
        bytes32 feedsRoot;
        uint8 slot;
        uint32 signingSet;
        uint32 expectedNext;
    }

    /// @notice The key put its stake into an operator's hands.
    event Enrolled(address indexed identity, address indexed operator);
    /// @notice Stake came in.
    event Staked(address indexed identity, uint256 amount);
    /// @notice Stake was asked back.
    event LeavingAsked(address indexed identity, uint256 amount, uint256 leavesAt);
    /// @notice Stake was released to the payee.
    event Released(address indexed identity, address indexed payee, uint256 amount);
    /// @notice A conviction was answered; the amount is 0 when its evidence came too late.
    event Slashed(
        address indexed identity, bytes32 indexed committee, uint256 member, uint256 amount
    );
    /// @notice The payee changed.
    event PayeeChanged(address indexed identity, address indexed payee);
    /// @notice Money came into the reward pool.
    event Funded(address indexed from, uint256 amount);
    /// @notice The signatures of a certificate were counted.
    event SignaturesCounted(bytes32 indexed committee, uint256 indexed round, uint32 signingSet);
    /// @notice Rewards of a member became a credit of its payee.
    event Rewarded(
        bytes32 indexed committee, uint256 member, address indexed payee, uint256 amount
    );
    /// @notice Rewards of a member that cannot collect lapse, unless it becomes able to.
    event Warned(
        bytes32 indexed committee, uint256 indexed member, uint256 counted, uint256 lapsesAt
    );
    /// @notice Rewards of a convicted member, or that lapsed, are free again in the pool.
    event Forfeited(bytes32 indexed committee, uint256 member, uint256 amount);
    /// @notice A credit was paid.
    event Withdrawn(address indexed payee, uint256 amount);

    /// @notice A parameter is out of its range.
    error ParameterOutOfRange(uint256 given, uint256 limit);
    /// @notice The key has an operator already.
    error AlreadyEnrolled(address identity);
    /// @notice The key has no operator yet.
    error NotEnrolled(address identity);
    /// @notice The key did not authorize this operator.
    error AuthorizationInvalid(address identity, address operator);
    /// @notice Only the operator of the key may do this.
    error NotOperator(address given, address operator);
    /// @notice An address must not be zero.
    error AddressZero();
    /// @notice An amount must not be zero.
    error AmountZero();
    /// @notice More than there is.
    error AmountTooLarge(uint256 given, uint256 limit);
    /// @notice Nothing is leaving.
    error NothingLeaving(address identity);
    /// @notice The delay has not passed.
    error LeavingTooEarly(uint256 given, uint256 limit);
    /// @notice A conviction of this key is to be answered first, by `slash`.
    error SlashPending(address identity);
    /// @notice The registry holds no conviction of this member.
    error NotConvicted(bytes32 committee, uint256 member);
    /// @notice This conviction was answered already.
    error AlreadySlashed(bytes32 committee, uint256 member);
    /// @notice The certificate is not the one that the hub holds as the latest of this feed.
    error NotDelivered(uint256 feed, uint256 round);
    /// @notice Too few rounds have passed since the last that was counted.
    error RoundTooEarly(uint256 given, uint256 limit);
    /// @notice The committee in office did not sign this.
    error SignatureInvalid();
    /// @notice The signature does not have 96 bytes.
    error LengthMismatch(uint256 given, uint256 expected);
    /// @notice The reward pool cannot pay these signatures.
    error PoolEmpty(uint256 needed, uint256 available);
    /// @notice The stake is below the least that earns rewards.
    error StakeTooSmall(uint256 given, uint256 limit);
    /// @notice The member can collect, and anybody can for it: nothing lapses.
    error MemberBonded(address identity);
    /// @notice A notice about these rewards runs already.
    error AlreadyWarned(bytes32 committee, uint256 member);
    /// @notice No notice runs about rewards that this member has not collected; one ends when the
    /// member becomes able to collect.
    error NotWarned(bytes32 committee, uint256 member);
    /// @notice The notice has not run out. In seconds.
    error LapseTooEarly(uint256 given, uint256 limit);
    /// @notice The payee did not take the money.
    error PaymentRefused(address payee);

    /// @notice Puts the stake of an identity key into the sender's hands, once: from then on the
    /// key, which signs messages all day, decides over no money.
    /// @param payee Gets released stake and rewards
    /// @param r First half of the key's signature over `authorizationOf(sender)`, s is the second;
    /// in the low form, as in messages
    function enroll(address identity, address payee, bytes32 r, bytes32 s) external;

    /// @notice Adds to the stake of a key; anybody may.
    function stake(address identity) external payable;

    /// @notice Names another payee for what is released and earned from now on.
    function changePayee(address identity, address payee) external;

    /// @notice Asks stake back. It no longer counts as stake, but evidence still takes it until it
    /// is released. What was leaving already waits again.
    function ask(address identity, uint256 amount) external;

    /// @notice Credits the payee with what was leaving for long enough; anybody may.
    function release(address identity) external;

    /// @notice Answers a conviction of the registry, and again when evidence that came sooner took
    /// its place; anybody may. Takes all stake of the key, unless the evidence came later than the
    /// window after the round that it is about.
    function slash(bytes32 committee, uint256 member) external;

    /// @notice Adds to the reward pool. It cannot be taken out again but by signing.
    function fund() external payable;

    /// @notice Counts the signatures of a certificate that the hub holds as the latest of a feed;
    /// anybody may.
    /// @param signature R.x, R.y and z
    function count(uint256 feed, Certificate calldata certificate, bytes calldata signature)
        external;

    /// @notice Credits a member's payee with the signatures counted since the last time; anybody
    /// may. Those of a key that was ever convicted are free again for others instead.
    function collect(bytes32 committee, uint256 member) external;

    /// @notice Gives notice about the rewards that are counted for a member which cannot collect
    /// them, since its key is not enrolled or has too little stake; anybody may.
    function warn(bytes32 committee, uint256 member) external;

    /// @notice Frees for others what was counted for a member up to the notice, if it has run out
    /// (`CLAIM_SECONDS` of the contract) and the member could not collect all that time; anybody
    /// may.
    function lapse(bytes32 committee, uint256 member) external;

    /// @notice Pays the sender its credit.
    function withdraw() external;

    /// @notice What an identity key signs to enroll; holds for this contract on this chain.
    function authorizationOf(address operator) external view returns (bytes32);

    /// @notice The stake of a key.
    function bondOf(address identity) external view returns (Bond memory);

    /// @notice Whether a key has enough stake and no conviction.
    function isBonded(address identity) external view returns (bool);

    /// @notice What an account can withdraw.
    function creditOf(address account) external view returns (uint256);

    /// @notice The reward pool, and what of it is owed for signatures that were counted.
    function rewardPool() external view returns (uint256 pool, uint256 owed);

    /// @notice Signatures of a member that were counted, and that were paid.
    function signaturesOf(bytes32 committee, uint256 member)
        external
        view
        returns (uint256 counted, uint256 paid);
}

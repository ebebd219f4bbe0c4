// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeParameters} from "../../../contracts/src/evidence/BondStakes.sol";
import {MemberBonds, RewardParameters} from "../../../contracts/src/evidence/MemberBonds.sol";
import {IMemberBonds} from "../../../contracts/src/evidence/interfaces/IMemberBonds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {BondsFixture} from "./BondsFixture.sol";

/// @title Takes its payment by asking for it again
contract GreedyPayee {
    uint256 public refusals;

    function take(MemberBonds from) external {
        from.withdraw();
    }

    receive() external payable {
        try MemberBonds(msg.sender).withdraw() {}
        catch {
            refusals++;
        }
    }
}

/// @title Takes no money
contract UnwillingPayee {
    function take(MemberBonds from) external {
        from.withdraw();
    }
}

/// @title Stakes, what evidence takes, what signing earns
contract MemberBondsTest is BondsFixture {
    function setUp() public {
        _setUpBonds();
    }

    receive() external payable {}

    function test_enroll_putsTheStakeIntoTheOperatorsHands() public {
        _enroll(2);
        IMemberBonds.Bond memory bond = bonds.bondOf(_identity(2));
        assertHolds("operator", bond.operator == _operator(2) && bond.payee == _payee(2));
        (, bytes32 r, bytes32 s) = KEYS.sign(_secret(2), bonds.authorizationOf(address(this)));
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.AlreadyEnrolled.selector, _identity(2))
        );
        bonds.enroll(_identity(2), address(this), r, s);
    }

    /// @notice Only with the key, only for the sender that it names, and in one form.
    function testFuzz_enroll_givenAnotherAuthorization_isRefused(uint256 signer, address operator)
        public
    {
        VM.assume(operator != address(this));
        bytes32 own = bonds.authorizationOf(address(this));
        (, bytes32 r, bytes32 s) = KEYS.sign(_secret(signer % 2), own);
        _refuseEnrolment(2, r, s);
        (, r, s) = KEYS.sign(_secret(2), bonds.authorizationOf(operator));
        _refuseEnrolment(2, r, s);
        (, r, s) = KEYS.sign(_secret(2), own);
        _refuseEnrolment(2, r, bytes32(ORDER - uint256(s)));
        _refuseEnrolment(2, 0, 0);
        bonds.enroll(_identity(2), address(1), r, s);
    }

    function _refuseEnrolment(uint256 member, bytes32 r, bytes32 s) private {
        address identity = _identity(member);
        VM.expectRevert(
            abi.encodeWithSelector(
                IMemberBonds.AuthorizationInvalid.selector, identity, address(this)
            )
        );
        bonds.enroll(identity, address(1), r, s);
    }

    function test_stake_andLeave_takesTheDelay() public {
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.NotEnrolled.selector, _identity(1)));
        bonds.stake{value: 1}(_identity(1));
        _enroll(1);
        _stake(1, 40 ether);
        assertHolds("bonded", bonds.isBonded(_identity(1)));
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.NotOperator.selector, address(this), _operator(1))
        );
        bonds.ask(_identity(1), 1);
        VM.prank(_operator(1));
        bonds.ask(_identity(1), 10 ether);
        assertHolds("no longer", !bonds.isBonded(_identity(1)));
        VM.warp(START + LEAVING_SECONDS - 1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IMemberBonds.LeavingTooEarly.selector,
                START + LEAVING_SECONDS - 1,
                START + LEAVING_SECONDS
            )
        );
        bonds.release(_identity(1));
        VM.warp(START + LEAVING_SECONDS);
        bonds.release(_identity(1));
        assertEqual("credit", bonds.creditOf(_payee(1)), 10 ether);
        VM.prank(_payee(1));
        bonds.withdraw();
        assertEqual("paid", _payee(1).balance, 10 ether);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.NothingLeaving.selector, _identity(1))
        );
        bonds.release(_identity(1));
    }

    function test_slash_takesEverythingOnce() public {
        _enroll(1);
        _stake(1, 40 ether);
        VM.prank(_operator(1));
        bonds.ask(_identity(1), 10 ether);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.NotConvicted.selector, committee, 1)
        );
        bonds.slash(committee, 1);
        _convict(1);
        VM.warp(START + LEAVING_SECONDS);
        // Neither out nor in before the conviction is answered.
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.SlashPending.selector, _identity(1)));
        bonds.release(_identity(1));
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.SlashPending.selector, _identity(1)));
        bonds.stake{value: 1}(_identity(1));
        bonds.slash(committee, 1);
        assertEqual("reporter", bonds.creditOf(address(this)), 2 ether);
        assertEqual("beneficiary", bonds.creditOf(BENEFICIARY), 38 ether);
        IMemberBonds.Bond memory bond = bonds.bondOf(_identity(1));
        assertEqual("left", uint256(bond.staked) + bond.leaving, 0);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.AlreadySlashed.selector, committee, 1)
        );
        bonds.slash(committee, 1);
        // The same key in another committee answers for that one, too.
        _stake(1, 1 ether);
        _convict(otherCommittee, otherParameters, 1, TestCommittee.roundAt(block.timestamp));
        bonds.slash(otherCommittee, 1);
        assertEqual("both", bonds.creditOf(BENEFICIARY), 38 ether + 0.95 ether);
    }

    /// @notice A made-up fault of long ago, to which no stake answers, shields from no other.
    function test_slash_givenEvidenceInTimeAfterLateOne_takesEverything() public {
        _enroll(1);
        _stake(1, 40 ether);
        _convict(committee, parameters, 1, 0);
        bonds.slash(committee, 1);
        assertEqual("too late", bonds.bondOf(_identity(1)).staked, 40 ether);
        VM.prank(_operator(1));
        bonds.ask(_identity(1), 40 ether);
        VM.warp(START + LEAVING_SECONDS);
        _convict(1);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.SlashPending.selector, _identity(1)));
        bonds.release(_identity(1));
        bonds.slash(committee, 1);
        assertEqual("beneficiary", bonds.creditOf(BENEFICIARY), 38 ether);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.AlreadySlashed.selector, committee, 1)
        );
        bonds.slash(committee, 1);
    }

    /// @notice Two convictions that nobody answered in between are answered at once.
    function test_slash_givenTwoConvictions_answersBoth() public {
        _enroll(1);
        _stake(1, 40 ether);
        _convict(committee, parameters, 1, 0);
        _convict(1);
        bonds.slash(committee, 1);
        assertEqual("settled", bonds.bondOf(_identity(1)).settled, 2);
        _stake(1, 1 ether);
    }

    /// @notice Stake for the time of one call buys a convicted member nothing.
    function test_collect_givenAConvictedMember_freesItsRewards() public {
        _fund(1 ether);
        _enroll(1);
        _count(_deliver());
        _convict(1);
        bonds.slash(committee, 1);
        _stake(1, STAKE_MIN);
        bonds.collect(committee, 1);
        assertEqual("nothing", bonds.creditOf(_payee(1)), 0);
        (uint256 pool, uint256 owed) = bonds.rewardPool();
        assertEqual("pool", pool, 1 ether);
        assertEqual("the others", owed, 2 * REWARD);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.AmountZero.selector));
        bonds.collect(committee, 1);
    }

    /// @notice Whatever was signed before stake was asked back is answered by it, if the evidence
    /// comes within the window: the delay is longer.
    function testFuzz_slash_givenEvidenceInTime_comesBeforeTheStakeLeaves(
        uint256 signedAfter,
        uint256 askedAfter,
        uint256 reportedAfter
    ) public {
        _enroll(3);
        _stake(3, 33 ether);
        signedAfter = bound(signedAfter, 0, 30 days);
        askedAfter = bound(askedAfter, signedAfter, signedAfter + 30 days);
        reportedAfter = bound(reportedAfter, signedAfter, signedAfter + EVIDENCE_SECONDS);
        uint64 round = TestCommittee.roundAt(START + signedAfter);
        if (askedAfter < reportedAfter) {
            VM.warp(START + askedAfter);
            VM.prank(_operator(3));
            bonds.ask(_identity(3), 33 ether);
        }
        VM.warp(START + reportedAfter);
        _convict(committee, parameters, 3, round);
        bonds.slash(committee, 3);
        assertEqual("taken", bonds.creditOf(BENEFICIARY), 31.35 ether);
    }

    function testFuzz_slash_givenLateEvidence_takesNothing(uint256 late) public {
        _enroll(3);
        _stake(3, 33 ether);
        uint64 round = TestCommittee.roundAt(START);
        VM.warp(START + EVIDENCE_SECONDS + 1 + bound(late, 0, 1000 days));
        _convict(committee, parameters, 3, round);
        bonds.slash(committee, 3);
        assertEqual("kept", bonds.bondOf(_identity(3)).staked, 33 ether);
        assertHolds("but it is known", !bonds.isBonded(_identity(3)));
        VM.prank(_operator(3));
        bonds.ask(_identity(3), 33 ether);
        VM.warp(block.timestamp + LEAVING_SECONDS);
        bonds.release(_identity(3));
        assertEqual("released", bonds.creditOf(_payee(3)), 33 ether);
    }

    function test_count_paysTheSignedSigningSet() public {
        for (uint256 member = 0; member < MEMBERS; member++) {
            _enroll(member);
            _stake(member, STAKE_MIN);
        }
        _fund(10 * REWARD);
        uint32 round = _deliver();
        _count(round);
        for (uint256 member = 0; member < MEMBERS; member++) {
            (uint256 counted,) = bonds.signaturesOf(committee, member);
            assertEqual("counted", counted, (TestCommittee.SIGNERS >> member) & 1);
        }
        bonds.collect(committee, 1);
        assertEqual("credit", bonds.creditOf(_payee(1)), REWARD);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.AmountZero.selector));
        bonds.collect(committee, 1);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.AmountZero.selector));
        bonds.collect(committee, 3);
        (uint256 pool, uint256 owed) = bonds.rewardPool();
        assertEqual("pool", pool, 9 * REWARD);
        assertEqual("owed", owed, 2 * REWARD);
        VM.prank(_operator(0));
        bonds.ask(_identity(0), 1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IMemberBonds.StakeTooSmall.selector, uint256(STAKE_MIN) - 1, STAKE_MIN
            )
        );
        bonds.collect(committee, 0);
    }

    /// @notice What was counted for members that never become able to collect stays owed until
    /// somebody has given notice and half a year has passed.
    function test_lapse_givenAMemberThatNeverEnrolled_freesItsRewards() public {
        _fund(10 * REWARD);
        _count(_deliver());
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.NotWarned.selector, committee, 0));
        bonds.lapse(committee, 0);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.AmountZero.selector));
        bonds.warn(committee, 3);
        bonds.warn(committee, 0);
        uint256 lapsesAt = START + bonds.CLAIM_SECONDS();
        // Nobody puts it off by another one.
        VM.warp(lapsesAt - 1);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.AlreadyWarned.selector, committee, 0)
        );
        bonds.warn(committee, 0);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.LapseTooEarly.selector, lapsesAt - 1, lapsesAt)
        );
        bonds.lapse(committee, 0);
        VM.warp(lapsesAt);
        // What was counted since has its own half year.
        _count(_deliver());
        bonds.lapse(committee, 0);
        (uint256 counted, uint256 paid) = bonds.signaturesOf(committee, 0);
        assertHolds("the first of two", counted == 2 && paid == 1);
        (uint256 pool, uint256 owed) = bonds.rewardPool();
        assertHolds("free for others", pool == 10 * REWARD && owed == 5 * REWARD);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.NotWarned.selector, committee, 0));
        bonds.lapse(committee, 0);
        bonds.warn(committee, 0);
    }

    /// @notice Of a member that can collect nothing lapses, however late: anybody can collect.
    function test_lapse_givenAMemberThatCanCollect_isRefused() public {
        _fund(10 * REWARD);
        _count(_deliver());
        bonds.warn(committee, 1);
        VM.warp(START + bonds.CLAIM_SECONDS());
        _enroll(1);
        _stake(1, STAKE_MIN);
        bytes memory able =
            abi.encodeWithSelector(IMemberBonds.MemberBonded.selector, _identity(1));
        VM.expectRevert(able);
        bonds.lapse(committee, 1);
        VM.expectRevert(able);
        bonds.warn(committee, 1);
        bonds.collect(committee, 1);
        assertEqual("credit", bonds.creditOf(_payee(1)), REWARD);
        // Below the least stake it cannot; the notice of before was about what it has collected.
        VM.prank(_operator(1));
        bonds.ask(_identity(1), 1);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.NotWarned.selector, committee, 1));
        bonds.lapse(committee, 1);
        _count(_deliver());
        bonds.warn(committee, 1);
    }

    /// @notice A notice ends when the member becomes able to collect, whether it does so or not:
    /// when it cannot any more, it has a whole half year again.
    function test_lapse_givenAMemberThatCouldCollectMeanwhile_isRefused() public {
        _fund(10 * REWARD);
        _count(_deliver());
        bonds.warn(committee, 1);
        VM.warp(START + 1);
        _enroll(1);
        _stake(1, STAKE_MIN);
        VM.warp(START + bonds.CLAIM_SECONDS());
        VM.prank(_operator(1));
        bonds.ask(_identity(1), 2);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.NotWarned.selector, committee, 1));
        bonds.lapse(committee, 1);
        bonds.warn(committee, 1);
        // More stake that is still too little ends no notice, and puts none off.
        _stake(1, 1);
        uint256 lapsesAt = START + 2 * bonds.CLAIM_SECONDS();
        VM.warp(lapsesAt - 1);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.LapseTooEarly.selector, lapsesAt - 1, lapsesAt)
        );
        bonds.lapse(committee, 1);
        VM.warp(lapsesAt);
        bonds.lapse(committee, 1);
        (, uint256 paid) = bonds.signaturesOf(committee, 1);
        assertEqual("lapsed", paid, 1);
    }

    /// @notice Of two things in one second nobody knows the order, and the member has the benefit:
    /// a notice of the second in which it became able to collect is void, and given again later.
    function test_lapse_givenANoticeOfTheSecondInWhichItCouldCollect_isRefused() public {
        _fund(10 * REWARD);
        _count(_deliver());
        _enroll(1);
        _stake(1, STAKE_MIN);
        VM.prank(_operator(1));
        bonds.ask(_identity(1), 1);
        bonds.warn(committee, 1);
        VM.warp(block.timestamp + bonds.CLAIM_SECONDS());
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.NotWarned.selector, committee, 1));
        bonds.lapse(committee, 1);
        bonds.warn(committee, 1);
        VM.warp(block.timestamp + bonds.CLAIM_SECONDS());
        bonds.lapse(committee, 1);
        (, uint256 paid) = bonds.signaturesOf(committee, 1);
        assertEqual("lapsed", paid, 1);
    }

    function test_count_givenWhatWasNotDelivered_isRefused() public {
        _fund(10 * REWARD);
        uint32 round = _deliver();
        (IMemberBonds.Certificate memory certificate, bytes memory signature) =
            _certificate(round + 1);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.NotDelivered.selector, 0, round + 1)
        );
        bonds.count(0, certificate, signature);
        _count(round);
        _refuseCount(
            round,
            abi.encodeWithSelector(
                IMemberBonds.RoundTooEarly.selector, round, uint256(round) + ROUNDS_BETWEEN
            )
        );
        VM.warp(block.timestamp + 9);
        round = _deliver();
        _refuseCount(
            round,
            abi.encodeWithSelector(
                IMemberBonds.RoundTooEarly.selector, round, uint256(round) - 18 + ROUNDS_BETWEEN
            )
        );
    }

    function _refuseCount(uint32 round, bytes memory reason) private {
        (IMemberBonds.Certificate memory certificate, bytes memory signature) =
            _certificate(round);
        VM.expectRevert(reason);
        bonds.count(0, certificate, signature);
    }

    /// @notice Who brings the certificate changes nothing of it: no other signing set is counted.
    function testFuzz_count_givenAnyChange_isRefused(uint256 place, uint32 change) public {
        VM.assume(change != 0);
        _fund(10 * REWARD);
        uint32 round = _deliver();
        (IMemberBonds.Certificate memory certificate, bytes memory signature) =
            _certificate(round);
        place %= 7;
        if (place == 0) certificate.timestampMs ^= change;
        if (place == 1) certificate.observers ^= change;
        if (place == 2) certificate.feedsRoot ^= bytes32(uint256(change) << 100);
        if (place == 3) certificate.slot ^= uint8(change | 1);
        if (place == 4) certificate.signingSet ^= change;
        if (place == 5) certificate.expectedNext ^= change;
        if (place == 6) signature[change % 96] ^= bytes1(uint8(change >> 8 | 1));
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.SignatureInvalid.selector));
        bonds.count(0, certificate, signature);
    }

    function test_count_givenAnEmptyPool_isRefused() public {
        _fund(2 * REWARD);
        uint32 round = _deliver();
        _refuseCount(
            round,
            abi.encodeWithSelector(
                IMemberBonds.PoolEmpty.selector, 3 * uint256(REWARD), 2 * uint256(REWARD)
            )
        );
    }

    function test_withdraw_givenAPayeeThatCallsBack_paysOnce() public {
        GreedyPayee greedy = new GreedyPayee();
        _leaveTo(address(greedy), 5 ether);
        _stake(1, 50 ether);
        greedy.take(bonds);
        assertEqual("paid once", address(greedy).balance, 5 ether);
        assertEqual("asked again", greedy.refusals(), 1);
        assertEqual("the others' stays", address(bonds).balance, 50 ether);
    }

    function test_withdraw_givenAPayeeThatRefuses_keepsItsCredit() public {
        UnwillingPayee unwilling = new UnwillingPayee();
        _leaveTo(address(unwilling), 5 ether);
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.PaymentRefused.selector, address(unwilling))
        );
        unwilling.take(bonds);
        assertEqual("credit", bonds.creditOf(address(unwilling)), 5 ether);
        VM.prank(_operator(1));
        bonds.changePayee(_identity(1), address(this));
    }

    function _leaveTo(address payee, uint256 amount) private {
        _enroll(1);
        VM.prank(_operator(1));
        bonds.changePayee(_identity(1), payee);
        _stake(1, amount);
        VM.prank(_operator(1));
        bonds.ask(_identity(1), amount);
        VM.warp(START + LEAVING_SECONDS);
        bonds.release(_identity(1));
    }

    function test_constructor_refusesADelayWithinTheWindow() public {
        StakeParameters memory stakes =
            StakeParameters(registry, BENEFICIARY, 1, EVIDENCE_SECONDS, EVIDENCE_SECONDS);
        RewardParameters memory rewards = RewardParameters(hub, REWARD, ROUNDS_BETWEEN);
        VM.expectRevert(
            abi.encodeWithSelector(
                IMemberBonds.ParameterOutOfRange.selector,
                EVIDENCE_SECONDS,
                uint256(EVIDENCE_SECONDS) + 1
            )
        );
        deploy("MemberBonds", abi.encode(stakes, rewards));
        stakes.leavingSeconds = 366 days;
        VM.expectRevert(
            abi.encodeWithSelector(IMemberBonds.ParameterOutOfRange.selector, 366 days, 365 days)
        );
        deploy("MemberBonds", abi.encode(stakes, rewards));
        stakes.leavingSeconds = LEAVING_SECONDS;
        stakes.beneficiary = address(0);
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.AddressZero.selector));
        deploy("MemberBonds", abi.encode(stakes, rewards));
        stakes.beneficiary = BENEFICIARY;
        rewards.roundsBetween = 0;
        VM.expectRevert(abi.encodeWithSelector(IMemberBonds.ParameterOutOfRange.selector, 0, 1));
        deploy("MemberBonds", abi.encode(stakes, rewards));
    }
}

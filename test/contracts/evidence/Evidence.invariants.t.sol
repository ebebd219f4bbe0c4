// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EvidenceRegistry} from "../../../contracts/src/evidence/EvidenceRegistry.sol";
import {MemberBonds} from "../../../contracts/src/evidence/MemberBonds.sol";
import {IEvidenceRegistry} from
    "../../../contracts/src/evidence/interfaces/IEvidenceRegistry.sol";
import {IMemberBonds} from "../../../contracts/src/evidence/interfaces/IMemberBonds.sol";
import {BondsFixture} from "./BondsFixture.sol";

// The handler stands in the file of its invariants: the runner knows only the contracts of the
// test's own file.

/// @title Four members, two of them faulty, and everybody else, who do anything in any order
/// @notice Keeps books of its own: what came in, and to whom each wei must have gone.
contract BondsHandler is BondsFixture {
    /// @dev Members 2 and 3 sign two things in one place, 0 and 1 never do.
    uint256 public constant FAULTY_FROM = 2;

    uint256 public cameIn;
    uint256 public wentOut;
    mapping(address account => uint256) public due;
    mapping(address account => uint256) public withdrawn;
    mapping(uint256 member => uint256) public staked;
    mapping(uint256 member => uint256) public leaving;
    mapping(uint256 member => uint256) public leavesAt;
    mapping(uint256 member => uint256) public counted;
    mapping(uint256 member => uint256) public paid;
    mapping(uint256 member => uint256) public warnedOf;
    mapping(uint256 member => uint256) public lapsesAt;
    mapping(uint256 member => uint256) public bondedAt;
    uint256 public pool;
    bool public releasedEarly;
    bool public stakeSurvived;
    bool public timelyEvidenceLost;
    bool public convictedAgainLater;
    bool public lapsedWrongly;
    uint32 private _round;

    /// @notice How often each thing happened, so that a run that does nothing is noticed.
    uint256 public convictions;
    uint256 public releases;
    uint256 public counts;
    uint256 public payments;
    uint256 public lapses;

    constructor() {
        _setUpBonds();
        for (uint256 member = 0; member < MEMBERS; member++) {
            _enroll(member);
        }
        _round = _deliver();
    }

    receive() external payable {}

    function contracts() external view returns (EvidenceRegistry, MemberBonds) {
        return (registry, bonds);
    }

    function committeeOf() external view returns (bytes32) {
        return committee;
    }

    function identity(uint256 member) public pure returns (address) {
        return _identity(member);
    }

    function payees() public view returns (address[6] memory) {
        return
            [_payee(0), _payee(1), _payee(2), _payee(3), BENEFICIARY, address(this)];
    }

    function addStake(uint256 member, uint256 amount) external {
        member %= MEMBERS;
        amount = bound(amount, 1, 100 ether);
        MONEY.deal(address(this), amount);
        try bonds.stake{value: amount}(_identity(member)) {
            bool couldCollect = _canCollect(member);
            staked[member] += amount;
            cameIn += amount;
            if (couldCollect || !_canCollect(member)) return;
            // A notice ends with the first moment in which it can collect.
            (warnedOf[member], bondedAt[member]) = (0, block.timestamp);
        } catch {}
    }

    function addRewards(uint256 amount) external {
        amount = bound(amount, 1, 20 * uint256(REWARD));
        _fund(amount);
        pool += amount;
        cameIn += amount;
    }

    function ask(uint256 member, uint256 amount) external {
        member %= MEMBERS;
        amount = bound(amount, 0, 120 ether);
        VM.prank(_operator(member));
        try bonds.ask(_identity(member), amount) {
            staked[member] -= amount;
            leaving[member] += amount;
            leavesAt[member] = block.timestamp + LEAVING_SECONDS;
        } catch {}
    }

    function release(uint256 member) external {
        member %= MEMBERS;
        try bonds.release(_identity(member)) {
            if (block.timestamp < leavesAt[member]) releasedEarly = true;
            due[_payee(member)] += leaving[member];
            leaving[member] = 0;
            releases++;
        } catch {}
    }

    function wait_(uint256 chance) external {
        VM.warp(block.timestamp + 1 + chance % 12 days);
        // Sometimes for so long that a notice has run out.
        if (chance % 8 == 0) VM.warp(block.timestamp + bonds.CLAIM_SECONDS());
    }

    /// @notice Sends two messages of a member: conflicting ones only when it is faulty.
    function accuse(uint256 member, uint256 chance) external {
        member %= MEMBERS;
        // One in four is so old that its evidence comes too late.
        uint64 round = uint64(chance % 4 == 0 ? chance % 1000 : chance % 2 ** 40);
        bytes memory first = _signed(_late(committee, round, uint8(member), 1), member);
        bool isFaulty = member >= FAULTY_FROM && chance % 8 < 6;
        uint64 other = isFaulty ? round : round + 1;
        bytes memory second = _signed(_late(committee, other, uint8(member), 3), member);
        IEvidenceRegistry.Conviction memory before = registry.convictionOf(committee, member);
        try registry.convict(parameters, first, second) {
            convictions++;
            bool isAgain = before.convictedAt != 0;
            if (isAgain && _marginMs(_held(member)) <= _marginMs(before)) {
                convictedAgainLater = true;
            }
        } catch {}
        if (!isFaulty) return;
        (,, IEvidenceRegistry.Conviction memory judged) =
            registry.judge(parameters, first, second);
        if (_isInTime(judged) && !_isInTime(_held(member))) timelyEvidenceLost = true;
    }

    function slash(uint256 member) external {
        member %= MEMBERS;
        try bonds.slash(committee, member) {
            if (!_isInTime(_held(member))) return;
            uint256 lost = staked[member] + leaving[member];
            due[address(this)] += lost * 500 / 10_000;
            due[BENEFICIARY] += lost - lost * 500 / 10_000;
            (staked[member], leaving[member]) = (0, 0);
            IMemberBonds.Bond memory bond = bonds.bondOf(_identity(member));
            if (bond.staked + bond.leaving != 0) stakeSurvived = true;
        } catch {}
    }

    function countLatest(uint256 chance) external {
        VM.warp(block.timestamp + 1 + chance % 30);
        _round = _deliver();
        (IMemberBonds.Certificate memory certificate, bytes memory signature) =
            _certificate(_round);
        // Sometimes with another set, which nobody signed.
        if (chance % 5 == 0) certificate.signingSet = uint32(chance >> 8);
        bool isSigned = certificate.signingSet == 7;
        try bonds.count(0, certificate, signature) {
            for (uint256 member = 0; member < MEMBERS; member++) {
                if (isSigned) counted[member] += (certificate.signingSet >> member) & 1;
            }
            counts++;
        } catch {}
    }

    function collect(uint256 member) external {
        member %= MEMBERS;
        try bonds.collect(committee, member) {
            uint256 amount = (counted[member] - paid[member]) * REWARD;
            paid[member] = counted[member];
            if (registry.convictionsOf(_identity(member)) != 0) return;
            pool -= amount;
            due[_payee(member)] += amount;
        } catch {}
    }

    function warn(uint256 member) external {
        member %= MEMBERS;
        try bonds.warn(committee, member) {
            if (_canCollect(member) || warnedOf[member] > paid[member]) lapsedWrongly = true;
            // Within one second nobody knows what came first, and the member has the benefit: such
            // a notice is void, and can be given again.
            warnedOf[member] = bondedAt[member] == block.timestamp ? 0 : counted[member];
            lapsesAt[member] = block.timestamp + bonds.CLAIM_SECONDS();
        } catch {}
    }

    function lapse(uint256 member) external {
        member %= MEMBERS;
        try bonds.lapse(committee, member) {
            bool isDue = warnedOf[member] > paid[member] && block.timestamp >= lapsesAt[member];
            if (_canCollect(member) || !isDue) lapsedWrongly = true;
            paid[member] = warnedOf[member];
            lapses++;
        } catch {}
    }

    function _canCollect(uint256 member) private view returns (bool) {
        return staked[member] >= STAKE_MIN;
    }

    function withdraw(uint256 which) external {
        address account = payees()[which % 6];
        uint256 before = account.balance;
        VM.prank(account);
        try bonds.withdraw() {
            withdrawn[account] += account.balance - before;
            wentOut += account.balance - before;
            payments++;
        } catch {}
    }

    function _held(uint256 member) private view returns (IEvidenceRegistry.Conviction memory) {
        return registry.convictionOf(committee, member);
    }

    function _isInTime(IEvidenceRegistry.Conviction memory found) private pure returns (bool) {
        return _marginMs(found) >= -int256(uint256(EVIDENCE_SECONDS)) * 1000;
    }

    /// @dev From the conviction to the opening of its round: below zero for one of the past.
    function _marginMs(IEvidenceRegistry.Conviction memory found) private pure returns (int256) {
        return int256(uint256(found.openedMs)) - int256(uint256(found.convictedAt)) * 1000;
    }
}

/// @title The numbered invariants of contracts/INVARIANTS.md that concern evidence and bonds
/// hardhat-config: invariant.runs = 32
/// hardhat-config: invariant.depth = 60
contract EvidenceInvariantsTest is BondsFixture {
    BondsHandler internal handler;
    EvidenceRegistry internal judged;
    MemberBonds internal held;

    function setUp() public {
        handler = BondsHandler(payable(deploy("BondsHandler", "")));
        (judged, held) = handler.contracts();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice E1: a member that never signed two things in one place is never convicted, and one
    /// that is convicted again only by evidence that came sooner.
    function invariant_E1_onlyTheFaultyAreConvicted() public view {
        for (uint256 member = 0; member < handler.FAULTY_FROM(); member++) {
            assertEqual("honest", judged.convictionsOf(handler.identity(member)), 0);
        }
        assertHolds("sooner", !handler.convictedAgainLater());
    }

    /// @notice E2: the balance is the sum of stakes, leaving stakes, reward pool and credits.
    function invariant_E2_balanceIsTheSum() public view {
        (uint256 sum,) = held.rewardPool();
        for (uint256 member = 0; member < MEMBERS; member++) {
            IMemberBonds.Bond memory bond = held.bondOf(handler.identity(member));
            sum += uint256(bond.staked) + bond.leaving;
            assertEqual("stake", bond.staked, handler.staked(member));
            assertEqual("leaving", bond.leaving, handler.leaving(member));
        }
        address[6] memory payees = handler.payees();
        for (uint256 which = 0; which < 6; which++) {
            sum += held.creditOf(payees[which]);
        }
        assertEqual("balance", address(held).balance, sum);
        assertEqual("in less out", sum, handler.cameIn() - handler.wentOut());
    }

    /// @notice E3: nobody withdraws more than is due to it, and what is not withdrawn is credited.
    function invariant_E3_nobodyTakesMoreThanDue() public view {
        address[6] memory payees = handler.payees();
        for (uint256 which = 0; which < 6; which++) {
            uint256 taken = handler.withdrawn(payees[which]);
            uint256 due = handler.due(payees[which]);
            assertEqual("due", taken + held.creditOf(payees[which]), due);
        }
    }

    /// @notice E4: evidence in time takes all stake, whatever else the member was convicted of, and
    /// none leaves before its delay has passed.
    function invariant_E4_stakeAnswersForFaults() public view {
        assertHolds("stake survived its slashing", !handler.stakeSurvived());
        assertHolds("evidence in time was lost", !handler.timelyEvidenceLost());
        assertHolds("stake left early", !handler.releasedEarly());
    }

    /// @notice E5: every signature counted is one that the committee signed for, and is covered
    /// until it is collected or free again; of who can collect nothing lapses.
    function invariant_E5_rewardsFollowSignatures() public view {
        (uint256 pool, uint256 owed) = held.rewardPool();
        uint256 open = 0;
        for (uint256 member = 0; member < MEMBERS; member++) {
            (uint256 counted, uint256 paid) = held.signaturesOf(handler.committeeOf(), member);
            assertEqual("counted", counted, handler.counted(member));
            assertEqual("paid", paid, handler.paid(member));
            open += counted - paid;
        }
        assertEqual("owed", owed, open * REWARD);
        assertEqual("pool", pool, handler.pool());
        assertHolds("covered", owed <= pool);
        assertHolds("lapsed", !handler.lapsedWrongly());
    }
}

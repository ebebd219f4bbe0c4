// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters, PriceFeeds} from "../../../contracts/src/PriceFeeds.sol";
import {StakeParameters} from "../../../contracts/src/evidence/BondStakes.sol";
import {MemberBonds, RewardParameters} from "../../../contracts/src/evidence/MemberBonds.sol";
import {IMemberBonds} from "../../../contracts/src/evidence/interfaces/IMemberBonds.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {EvidenceFixture} from "./EvidenceFixture.sol";

/// @title The cheat code that gives money
interface MoneyVm {
    function deal(address account, uint256 amount) external;
}

/// @title Bonds of four members whose committee delivers to a hub of its own
/// @notice Operators are 0x1001 … 0x1004, payees 0x2001 … 0x2004.
abstract contract BondsFixture is EvidenceFixture {
    uint256 internal constant START = 1_770_000_000;
    uint32 internal constant EVIDENCE_SECONDS = 14 days;
    uint32 internal constant LEAVING_SECONDS = 21 days;
    uint128 internal constant STAKE_MIN = 32 ether;
    uint96 internal constant REWARD = 1e12;
    uint32 internal constant ROUNDS_BETWEEN = 20;
    address internal constant BENEFICIARY = address(0x3001);

    MoneyVm internal constant MONEY = MoneyVm(address(VM));

    PriceFeeds internal hub;
    MemberBonds internal bonds;

    function _setUpBonds() internal {
        VM.warp(START);
        _setUpRegistry();
        IPriceFeeds.FeedConfig[] memory feeds = new IPriceFeeds.FeedConfig[](1);
        feeds[0] = IPriceFeeds.FeedConfig("BTC/USD", 8, 60);
        ICommittees.Committee memory first = TestCommittee.committee();
        first.digest = committee;
        Parameters memory hubParameters =
            Parameters({
                committee: first,
                historyFeeds: 1,
                flagshipFeeds: 1024,
                reportAgeSecondsMax: 60,
                futureSecondsMax: 2,
                owner: address(this),
                ownerDelaySeconds: 1 days,
                sequencer: address(0),
                sequencerGraceSeconds: 0,
                feeds: feeds
            });
        hub = PriceFeeds(deploy("PriceFeeds", abi.encode(hubParameters)));
        StakeParameters memory stakes = StakeParameters(
            registry, BENEFICIARY, STAKE_MIN, EVIDENCE_SECONDS, LEAVING_SECONDS
        );
        RewardParameters memory rewards = RewardParameters(hub, REWARD, ROUNDS_BETWEEN);
        bonds = MemberBonds(deploy("MemberBonds", abi.encode(stakes, rewards)));
    }

    function _operator(uint256 member) internal pure returns (address) {
        return address(uint160(0x1001 + member));
    }

    function _payee(uint256 member) internal pure returns (address) {
        return address(uint160(0x2001 + member));
    }

    function _enroll(uint256 member) internal {
        address operator = _operator(member);
        (, bytes32 r, bytes32 s) = KEYS.sign(_secret(member), bonds.authorizationOf(operator));
        VM.prank(operator);
        bonds.enroll(_identity(member), _payee(member), r, s);
    }

    function _stake(uint256 member, uint256 amount) internal {
        MONEY.deal(address(this), address(this).balance + amount);
        bonds.stake{value: amount}(_identity(member));
    }

    function _fund(uint256 amount) internal {
        MONEY.deal(address(this), address(this).balance + amount);
        bonds.fund{value: amount}();
    }

    /// @dev Delivers the report of the round that opened just now to the hub.
    function _deliver() internal returns (uint32 round) {
        round = TestCommittee.roundAt(block.timestamp);
        bytes memory report = TestCommittee.report(round, int64(uint64(round)));
        (bool done,) =
            address(hub).call(abi.encodePacked(IPriceFeeds.update_WNFio.selector, report));
        assertHolds("delivered", done);
    }

    /// @dev The certificate of that report, as it is counted.
    function _certificate(uint32 round)
        internal
        pure
        returns (IMemberBonds.Certificate memory certificate, bytes memory signature)
    {
        bytes32 word = bytes32(TestCommittee.word(int64(uint64(round))));
        certificate = IMemberBonds.Certificate({
            round: round,
            timestampMs: uint64(TestCommittee.GENESIS_MS + round * TestCommittee.ROUND_MS),
            observers: uint32(TestCommittee.MEMBERS),
            feedsRoot: keccak256(abi.encodePacked(uint16(0), word)),
            slot: 0,
            signingSet: uint32(TestCommittee.SIGNERS),
            expectedNext: uint32(TestCommittee.MEMBERS)
        });
        bytes32 digest = keccak256(
            abi.encodePacked(
                "parallax.report.1",
                certificate.round,
                certificate.timestampMs,
                certificate.observers,
                certificate.feedsRoot
            )
        );
        bytes memory tail = abi.encodePacked(
            certificate.slot, certificate.signingSet, certificate.expectedNext
        );
        bytes32 message = keccak256(abi.encodePacked("parallax.sign.1", digest, tail));
        return (certificate, TestCommittee.signature(message));
    }

    function _count(uint32 round) internal {
        (IMemberBonds.Certificate memory certificate, bytes memory signature) =
            _certificate(round);
        bonds.count(0, certificate, signature);
    }

    /// @dev Convicts a member by two late notices of the round that opened just now.
    function _convict(uint256 member) internal {
        _convict(committee, parameters, member, uint64(TestCommittee.roundAt(block.timestamp)));
    }

    function _convict(bytes32 group, bytes memory given, uint256 member, uint64 round) internal {
        bytes memory first = _signed(_late(group, round, uint8(member), 1), member);
        bytes memory second = _signed(_late(group, round, uint8(member), 3), member);
        registry.convict(given, first, second);
    }
}

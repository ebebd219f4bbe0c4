// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Settlement} from "../../../contracts/src/Settlement.sol";
import {CoveredCall} from "../../../contracts/src/examples/CoveredCall.sol";
import {ISettlement} from "../../../contracts/src/interfaces/ISettlement.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "../hub/HubFixture.sol";

/// @title A covered call pays by the price at its expiry and by no other
contract CoveredCallTest is HubFixture {
    uint256 internal constant EXPIRY = START + 3600;
    uint256 internal constant STRIKE = 50_000e8;
    uint256 internal constant AMOUNT = 1e18;

    Settlement internal settlement;
    CoveredCall internal option;
    uint32 internal first;

    function setUp() public {
        _setUpHub();
        settlement = Settlement(deploy("Settlement", abi.encode(hub)));
        bytes memory terms = abi.encode(settlement, 0, EXPIRY, STRIKE, AMOUNT);
        option = CoveredCall(deploy("CoveredCall", terms));
        first = TestCommittee.roundAt(EXPIRY);
    }

    function test_settleAndExercise_paysByTheSettlementRound() public {
        bytes memory report = TestCommittee.report(first, 62_500e8);
        VM.expectRevert(
            abi.encodeWithSelector(ISettlement.ExpiryNotReached.selector, START, EXPIRY)
        );
        option.settleAndExercise(report);

        VM.warp(EXPIRY + 2);
        option.settleAndExercise(report);
        assertEqual("holder", option.claimOfHolder(), AMOUNT / 5);
        assertEqual("writer", option.claimOfWriter(), AMOUNT - AMOUNT / 5);
        VM.expectRevert(abi.encodeWithSelector(CoveredCall.AlreadyExercised.selector));
        option.exercise();
    }

    function test_exercise_givenAPriceThatCanStillFall_waits() public {
        VM.warp(EXPIRY + 2);
        settlement.settle(0, EXPIRY, TestCommittee.report(first + 3, 62_500e8));
        VM.expectRevert(abi.encodeWithSelector(CoveredCall.PriceNotFinal.selector, EXPIRY));
        option.exercise();
        settlement.settle(0, EXPIRY, TestCommittee.report(first + 1, 100_000e8));
        VM.warp(EXPIRY + 601);
        option.exercise();
        assertEqual("the earlier round", option.claimOfHolder(), AMOUNT / 2);
    }

    function test_settleAndExercise_givenSomebodyElsesSettlement_usesIt() public {
        VM.warp(EXPIRY + 2);
        settlement.settle(0, EXPIRY, TestCommittee.report(first, 62_500e8));
        option.settleAndExercise("");
        assertEqual("holder", option.claimOfHolder(), AMOUNT / 5);
    }

    function test_settleAndExercise_givenAnotherRound_keepsTheName() public {
        VM.warp(EXPIRY + 2);
        bytes memory early = TestCommittee.report(first - 1, 62_500e8);
        VM.expectRevert(
            abi.encodeWithSelector(
                ISettlement.RoundOutsideSettlement.selector, first - 1, first, first + 1200
            )
        );
        option.settleAndExercise(early);
    }

    function test_exercise_withoutAPrice_isVoidAfterADay() public {
        VM.warp(EXPIRY + 1 days);
        VM.expectRevert(abi.encodeWithSelector(CoveredCall.PriceNotFinal.selector, EXPIRY));
        option.exercise();
        VM.warp(EXPIRY + 1 days + 1);
        option.exercise();
        assertEqual("home", option.claimOfWriter(), AMOUNT);
    }

    function testFuzz_payout_isLessThanTheCollateral(int64 price) public view {
        uint256 paid = option.payout(price);
        assertHolds("covered", paid < AMOUNT);
        if (price <= int256(STRIKE)) assertEqual("worthless", paid, 0);
    }
}

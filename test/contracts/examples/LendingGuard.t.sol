// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LendingGuard} from "../../../contracts/src/examples/LendingGuard.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "../hub/HubFixture.sol";
import {FakeSequencer} from "../hub/Reads.t.sol";

/// @title A lending protocol on a hub, with collateral for 1,600 dollars of debt
abstract contract LendingFixture is HubFixture {
    /// @dev 1.00 with 8 decimals is a dollar; collateral has 18.
    int64 internal constant PRICE = 2_000e8;
    uint128 internal constant COLLATERAL = 1e18;
    /// @dev Four fifths of the collateral's value.
    uint128 internal constant LIMIT = 1_600e8;

    FakeSequencer internal uptime = new FakeSequencer();
    LendingGuard internal lending;

    function _setUpLending() internal {
        _setUpHub();
        uptime.set(0, START - 7200);
        lending = LendingGuard(deploy("LendingGuard", abi.encode(hub, 0, 18, 4)));
        _report(PRICE, 0, 4, 1);
        lending.deposit(COLLATERAL);
    }

    function _sequencer() internal view override returns (address) {
        return address(uptime);
    }

    function _report(int64 value, uint24 spread, uint8 observers, uint8 status) internal {
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(value, spread, observers, status);
        _deliver(words);
    }

    /// @dev mantissa × 2^exponent, as the word codes a spread.
    function _spread(uint24 mantissa, uint24 exponent) internal pure returns (uint24) {
        return exponent << 18 | mantissa;
    }

    function _refused(bytes memory data) internal returns (bytes4) {
        (bool done, bytes memory result) = address(lending).call(data);
        assertHolds("the call is refused", !done);
        return bytes4(result);
    }

}

/// @title What a lending protocol does with every refusal of the hub
contract LendingGuardTest is LendingFixture {
    function setUp() public {
        _setUpLending();
    }

    function _assertMode(LendingGuard.Mode expected, bytes4 refusal) private {
        (LendingGuard.Mode mode, bytes4 found) = lending.mode();
        assertHolds("mode", mode == expected);
        assertHolds("refusal", found == refusal);
        bytes4 borrowing;
        if (expected != LendingGuard.Mode.Open) {
            borrowing = _refused(abi.encodeCall(lending.change, (1, 0)));
            assertHolds("borrowing ends in the hub's error", borrowing == refusal);
        }
        bytes4 liquidation = _refused(abi.encodeCall(lending.liquidate, (address(this))));
        bool isOpen = liquidation == LendingGuard.AccountHealthy.selector;
        assertHolds("liquidation", isOpen == (expected != LendingGuard.Mode.RepaymentOnly));
        // Whatever the oracle says, debt can be paid and collateral added.
        lending.deposit(1);
        lending.repay(0);
    }

    function test_change_givenAPriceInOrder_lendsToTheUnit() public {
        _assertMode(LendingGuard.Mode.Open, 0);
        lending.change(LIMIT, 0);
        VM.expectRevert(
            abi.encodeWithSelector(LendingGuard.DebtTooHigh.selector, LIMIT + 1, LIMIT)
        );
        lending.change(1, 0);
        lending.repay(LIMIT / 2);
        lending.change(0, COLLATERAL / 2);
    }

    function test_mode_givenDisagreement_onlyLiquidates() public {
        VM.warp(START + 1);
        // 20 dollars of 2,000: 1 %.
        _report(PRICE, _spread(250_000, 13), 4, 1);
        _assertMode(LendingGuard.Mode.LiquidationOnly, IPriceFeeds.FeedWide.selector);
        VM.warp(START + 2);
        // 6 %: nobody is liquidated either.
        _report(PRICE, _spread(183_106, 16), 4, 1);
        _assertMode(LendingGuard.Mode.RepaymentOnly, IPriceFeeds.FeedWide.selector);
    }

    function test_mode_givenFewObservers_onlyLiquidates() public {
        VM.warp(START + 1);
        _report(PRICE, 0, 3, 1);
        _assertMode(LendingGuard.Mode.LiquidationOnly, IPriceFeeds.FeedThin.selector);
        VM.warp(START + 2);
        _report(PRICE, 0, 2, 1);
        _assertMode(LendingGuard.Mode.RepaymentOnly, IPriceFeeds.FeedThin.selector);
    }

    function test_mode_givenNoFreshPrice_onlyRepays() public {
        VM.warp(START + 121);
        _assertMode(LendingGuard.Mode.RepaymentOnly, IPriceFeeds.FeedStale.selector);
        _report(0, 0, 1, 2);
        _assertMode(LendingGuard.Mode.RepaymentOnly, IPriceFeeds.FeedHalted.selector);
    }

    function test_mode_givenASequencerThatWasDown_onlyRepays() public {
        uptime.set(1, START);
        _assertMode(LendingGuard.Mode.RepaymentOnly, IPriceFeeds.SequencerDown.selector);
        uptime.set(0, START - 60);
        _assertMode(LendingGuard.Mode.RepaymentOnly, IPriceFeeds.SequencerGrace.selector);
    }

    function test_change_givenTwoPricesInATransaction_isRefused() public {
        lending.change(1, 0);
        VM.warp(START + 1);
        _report(PRICE + 1, 0, 4, 1);
        assertHolds(
            "one price",
            _refused(abi.encodeCall(lending.change, (1, 0)))
                == IPriceFeeds.PriceChangedInTransaction.selector
        );
    }

    function test_change_givenAPriceOfZero_isRefused() public {
        VM.warp(START + 1);
        _report(0, 0, 4, 1);
        VM.expectRevert(abi.encodeWithSelector(LendingGuard.PriceNotPositive.selector, 0));
        lending.change(1, 0);
    }

    function test_change_givenNoDebt_returnsTheCollateralWithoutAPrice() public {
        VM.warp(START + 1);
        _report(0, 0, 2, 2);
        bytes memory withDebt = abi.encodeCall(lending.change, (1, 0));
        assertHolds("debt", _refused(withDebt) == IPriceFeeds.FeedHalted.selector);
        lending.change(0, COLLATERAL);
        (uint128 collateral,) = lending.accounts(address(this));
        assertEqual("all is out", collateral, 0);
    }

    function test_amounts_beyondWhatThereIs_areRefused() public {
        VM.expectRevert(abi.encodeWithSelector(LendingGuard.AmountTooLarge.selector, 1, 0));
        lending.repay(1);
        VM.expectRevert(
            abi.encodeWithSelector(
                LendingGuard.AmountTooLarge.selector, COLLATERAL + 1, COLLATERAL
            )
        );
        lending.change(0, COLLATERAL + 1);
    }
}

/// @title Liquidation, in another transaction than the debt: a test is one
contract LendingLiquidationTest is LendingFixture {
    LendingGuard internal anyObservers;

    function setUp() public {
        _setUpLending();
        lending.change(LIMIT, 0);
        anyObservers = LendingGuard(deploy("LendingGuard", abi.encode(hub, 0, 18, 0)));
        anyObservers.deposit(COLLATERAL);
        anyObservers.change(LIMIT, 0);
    }

    /// @notice One fewer than none are none: debt that is given can be liquidated.
    function test_liquidate_givenNoLimitOfObservers_isOpen() public {
        VM.warp(START + 1);
        _report(1_882e8, 0, 4, 1);
        VM.prank(OWNER);
        anyObservers.liquidate(address(this));
        (, uint128 debt) = anyObservers.accounts(OWNER);
        assertHolds("taken over", debt == LIMIT);
    }

    function test_liquidate_givesTheBorrowerTheSpread() public {
        VM.warp(START + 1);
        // At 1,882 the limit is below the debt; at the upper end of a spread of 20 it is not.
        _report(1_882e8, _spread(250_000, 13), 4, 1);
        assertHolds(
            "healthy",
            _refused(abi.encodeCall(lending.liquidate, (address(this))))
                == LendingGuard.AccountHealthy.selector
        );
        VM.warp(START + 2);
        _report(1_882e8, 0, 4, 1);
        VM.prank(OWNER);
        lending.liquidate(address(this));
        (uint128 collateral, uint128 debt) = lending.accounts(OWNER);
        assertHolds("taken over", collateral == COLLATERAL && debt == LIMIT);
    }
}

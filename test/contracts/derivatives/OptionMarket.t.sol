// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {BlackScholes} from "../../../contracts/src/derivatives/BlackScholes.sol";
import {FeedGuard} from "../../../contracts/src/derivatives/FeedGuard.sol";
import {MarketParameters} from "../../../contracts/src/derivatives/MarketParameters.sol";
import {OptionMarket} from "../../../contracts/src/derivatives/OptionMarket.sol";
import {IOptionMarket} from "../../../contracts/src/derivatives/interfaces/IOptionMarket.sol";
import {TokenTransfer} from "../../../contracts/src/derivatives/TokenTransfer.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {FakeToken, FakeUptime} from "./support/Mocks.sol";
import {MarketFixture} from "./support/MarketFixture.sol";

contract OptionMarketTest is MarketFixture {
    address private constant WRITER = address(0xA11CE);
    address private constant BUYER = address(0xB0B);
    address private constant OTHER = address(0xCA401);
    uint128 private constant TEN = 10e18;

    function setUp() public {
        _setUpMarket();
        address[3] memory accounts = [WRITER, BUYER, OTHER];
        for (uint256 i = 0; i < accounts.length; i++) {
            base.mint(accounts[i], 1_000e18);
            quote.mint(accounts[i], 10_000_000e6);
        }
    }

    // A story from writing to paying out, for each side.

    function test_call_fromWritingToPayout_paysInBase() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        assertEqual("collateral is one base a call", base.balanceOf(address(market)), 10e18);

        uint256 cost = _buy(offer, 4e18);
        _settleAt(4_000e8);
        uint256 payout = _exercise(IOptionMarket.Side.Call);
        // 4 · (4000 − 3100)/4000 = 0.9 base.
        assertEqual("payout", payout, 0.9e18);

        VM.prank(WRITER);
        assertEqual("the writer keeps the rest", market.redeem(offer), 9.1e18);
        VM.prank(WRITER);
        assertEqual("and the premium", market.withdrawPremium(base), cost);
        assertEqual("nothing is left", base.balanceOf(address(market)), 0);
    }

    function test_put_fromWritingToPayout_paysInQuote() public {
        uint256 offer = _write(IOptionMarket.Side.Put, TEN);
        assertEqual("collateral is the strike", quote.balanceOf(address(market)), 31_000e6);

        uint256 cost = _buy(offer, 4e18);
        _settleAt(3_000e8);
        assertEqual("payout", _exercise(IOptionMarket.Side.Put), 400e6);
        VM.prank(WRITER);
        assertEqual("the writer keeps the rest", market.redeem(offer), 30_600e6);
        VM.prank(WRITER);
        assertEqual("and the premium", market.withdrawPremium(quote), cost);
        assertEqual("nothing is left", quote.balanceOf(address(market)), 0);
    }

    function test_outOfTheMoney_paysTheHolderNothingAndTheWriterAll() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _buy(offer, TEN);
        _settleAt(int256(uint256(STRIKE)));
        assertEqual("payout", _exercise(IOptionMarket.Side.Call), 0);
        VM.prank(WRITER);
        assertEqual("refund", market.redeem(offer), 10e18);
    }

    // Prices.

    function test_quote_ofACall_isTheModelAtTheDearEndPlusEdgeAndMarkup() public {
        uint256 offer = _writeWith(IOptionMarket.Side.Call, TEN, 100);
        hub.setSpread(SPOT, 3e8);
        (uint256 sigma,) = volatility.volatilityAt(30 days);
        (uint256 call,) = BlackScholes.price(3_003e27, 3_100e27, sigma, 30 days, 0.04e18);
        // 5 basis points of spot as the edge, 1 % as the markup, in base at the low end of spot.
        uint256 price = (call + 3_003e27 * 5 / 10_000) * 101 / 100;
        uint256 expected = 2e18 * price / 2_997e27;
        uint256 cost = market.quote(offer, 2e18);
        assertHolds("at least the formula", cost >= expected);
        assertHolds("and hardly more", cost <= expected + 2);
    }

    function test_quote_ofAPut_isTheModelAtTheDearEndPlusEdge() public {
        uint256 offer = _write(IOptionMarket.Side.Put, TEN);
        hub.setSpread(SPOT, 3e8);
        (uint256 sigma,) = volatility.volatilityAt(30 days);
        (, uint256 put) = BlackScholes.price(2_997e27, 3_100e27, sigma, 30 days, 0.04e18);
        uint256 expected = (put + 3_003e27 * 5 / 10_000) * 2 / 1e21;
        uint256 cost = market.quote(offer, 2e18);
        assertHolds("at least the formula", cost >= expected);
        assertHolds("and hardly more", cost <= expected + 2);
    }

    function test_quote_risesWithEitherSpread() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        uint256 narrow = market.quote(offer, TEN);
        hub.setSpread(WEEK_VOLATILITY, 0.002e8);
        uint256 widerVolatility = market.quote(offer, TEN);
        hub.setSpread(SPOT, 5e8);
        assertHolds("volatility", widerVolatility > narrow);
        assertHolds("spot", market.quote(offer, TEN) > widerVolatility);
    }

    function test_buy_aboveTheLimit_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        uint256 cost = market.quote(offer, 1e18);
        VM.expectRevert(
            abi.encodeWithSelector(IOptionMarket.CostAboveLimit.selector, cost, cost - 1)
        );
        VM.prank(BUYER);
        market.buy(offer, 1e18, cost - 1);
    }

    // Prices that are refused: stale, halted, wide, thin, of each feed.

    function test_buy_givenAStaleFeed_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        VM.warp(START + 61);
        _expectRefusal(offer, abi.encodeWithSelector(FeedGuard.FeedStale.selector, SPOT, 61, 60));
        hub.publish(SPOT, SPOT_PRICE);
        _expectRefusal(
            offer, abi.encodeWithSelector(FeedGuard.FeedStale.selector, QUARTER_VOLATILITY, 61, 60)
        );
        hub.publish(WEEK_VOLATILITY, 0.6e8);
        hub.publish(QUARTER_VOLATILITY, 0.5e8);
        _expectRefusal(offer, abi.encodeWithSelector(FeedGuard.FeedStale.selector, RATE, 61, 60));
        hub.publish(RATE, 0.04e8);
        _buy(offer, TEN);
    }

    function test_buy_givenAHaltedFeed_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Put, TEN);
        uint256[4] memory feeds = [SPOT, RATE, WEEK_VOLATILITY, QUARTER_VOLATILITY];
        for (uint256 i = 0; i < feeds.length; i++) {
            hub.setStatus(feeds[i], 2);
            _expectRefusal(
                offer, abi.encodeWithSelector(FeedGuard.FeedHalted.selector, feeds[i], 2)
            );
            hub.setStatus(feeds[i], 1);
        }
    }

    function test_buy_givenASequencerThatWasDown_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        FakeUptime uptime = new FakeUptime();
        hub.setSequencer(address(uptime));
        uptime.set(1, START - 10);
        _expectRefusal(offer, abi.encodeWithSelector(IPriceFeeds.SequencerDown.selector));
        uptime.set(0, START - 3600);
        _expectRefusal(
            offer, abi.encodeWithSelector(IPriceFeeds.SequencerGrace.selector, 3600, 3600)
        );
        uptime.set(0, START - 3601);
        _buy(offer, TEN);
    }

    function test_buy_givenAWideFeed_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        hub.setSpread(SPOT, 15e8 + 1);
        _expectRefusal(
            offer, abi.encodeWithSelector(FeedGuard.FeedWide.selector, SPOT, 15e8 + 1, 15e8)
        );
        hub.setSpread(SPOT, 15e8);
        _buy(offer, TEN);
    }

    function test_buy_givenTooFewObservers_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        hub.setObservers(SPOT, 2);
        _expectRefusal(offer, abi.encodeWithSelector(FeedGuard.FeedThin.selector, SPOT, 2, 3));
    }

    function test_buy_inTheSettlementWindow_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        VM.warp(EXPIRY - 30 minutes + 1);
        _publishAll();
        _expectRefusal(
            offer, abi.encodeWithSelector(IOptionMarket.SaleEnded.selector, EXPIRY, EXPIRY + 1)
        );
        VM.warp(EXPIRY - 30 minutes);
        _publishAll();
        _buy(offer, TEN);
    }

    // Wrong input.

    function test_write_givenAnExpiryOffTheGrid_reverts() public {
        VM.expectRevert(
            abi.encodeWithSelector(IOptionMarket.ExpiryOffGrid.selector, EXPIRY + 1, 1 hours)
        );
        VM.prank(WRITER);
        market.write(IOptionMarket.Side.Call, STRIKE, EXPIRY + 1, TEN, 0);
    }

    function test_write_givenAStrikeOrAmountOfZero_reverts() public {
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.StrikeIsZero.selector));
        market.write(IOptionMarket.Side.Call, 0, EXPIRY, TEN, 0);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.AmountIsZero.selector));
        market.write(IOptionMarket.Side.Call, STRIKE, EXPIRY, 0, 0);
    }

    function test_write_givenTooLargeAMarkup_reverts() public {
        VM.expectRevert(
            abi.encodeWithSelector(IOptionMarket.MarkupTooLarge.selector, 10_001, 10_000)
        );
        market.write(IOptionMarket.Side.Call, STRIKE, EXPIRY, TEN, 10_001);
    }

    function test_buy_moreThanOffered_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _expectRefusalOf(
            offer,
            TEN + 1,
            abi.encodeWithSelector(IOptionMarket.AmountTooLarge.selector, TEN + 1, TEN)
        );
        _expectRefusalOf(offer, 0, abi.encodeWithSelector(IOptionMarket.AmountIsZero.selector));
        _expectRefusalOf(
            offer + 1, 1, abi.encodeWithSelector(IOptionMarket.OfferUnknown.selector, offer + 1)
        );
    }

    function test_reduce_givesBackWhatIsNotSold_andNoMore() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _buy(offer, 4e18);
        VM.expectRevert(
            abi.encodeWithSelector(IOptionMarket.AmountTooLarge.selector, 6e18 + 1, 6e18)
        );
        VM.prank(WRITER);
        market.reduce(offer, 6e18 + 1);

        VM.prank(WRITER);
        market.reduce(offer, 6e18);
        assertEqual("base of the writer", base.balanceOf(WRITER), 996e18);
    }

    function test_reduce_byAnotherThanTheWriter_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.NotTheWriter.selector, BUYER, WRITER));
        VM.prank(BUYER);
        market.reduce(offer, 1);
    }

    function test_close_byTheWriterWhoBoughtBack_freesCollateral() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _buy(offer, 4e18);
        uint256 series = _series(IOptionMarket.Side.Call);
        VM.prank(BUYER);
        market.transfer(series, WRITER, 3e18);

        VM.prank(WRITER);
        market.close(offer, 3e18);
        assertEqual("freed", base.balanceOf(WRITER), 993e18);
        assertEqual("still out", market.offer(offer).sold, 1e18);

        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.AmountTooLarge.selector, 1e18, 0));
        VM.prank(WRITER);
        market.close(offer, 1e18);
    }

    // Claims.

    function test_exercise_twice_reverts() public {
        _buy(_write(IOptionMarket.Side.Call, TEN), TEN);
        _settleAt(4_000e8);
        uint256 series = _series(IOptionMarket.Side.Call);
        VM.prank(BUYER);
        market.exercise(series);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.NothingOwed.selector, BUYER));
        VM.prank(BUYER);
        market.exercise(series);
    }

    /// An average of rates and the like may be below zero: such a price counts as none at all.
    function test_settle_givenAPriceBelowZero_countsAsZero() public {
        uint256 call = _write(IOptionMarket.Side.Call, TEN);
        _buy(call, TEN);
        _settleAt(-1);
        assertEqual("price", market.settle(EXPIRY).price, 0);
        assertEqual("a call pays nothing", _exercise(IOptionMarket.Side.Call), 0);
        VM.prank(WRITER);
        assertEqual("refund", market.redeem(call), 10e18);
    }

    function test_redeem_byAnotherThanTheWriter_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _settleAt(4_000e8);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.NotTheWriter.selector, BUYER, WRITER));
        VM.prank(BUYER);
        market.redeem(offer);
    }

    function test_redeem_twice_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _settleAt(4_000e8);
        VM.prank(WRITER);
        market.redeem(offer);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.OfferUnknown.selector, offer));
        VM.prank(WRITER);
        market.redeem(offer);
    }

    function test_claims_beforeTheSettlementIsFinal_revert() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _buy(offer, TEN);
        bytes memory refusal =
            abi.encodeWithSelector(IOptionMarket.NotSettled.selector, uint256(EXPIRY));
        uint256 series = _series(IOptionMarket.Side.Call);
        settlement.set(EXPIRY, 4_000e8, true);
        VM.expectRevert(refusal);
        VM.prank(BUYER);
        market.exercise(series);

        VM.warp(EXPIRY);
        settlement.set(EXPIRY, 4_000e8, false);
        VM.expectRevert(refusal);
        VM.prank(WRITER);
        market.redeem(offer);
    }

    function test_settle_isForEver() public {
        _settleAt(4_000e8);
        market.settle(EXPIRY);
        settlement.set(EXPIRY, 5_000e8, true);
        assertEqual("price", market.settle(EXPIRY).price, 4_000e8);
    }

    function test_settle_withoutAPriceForThirtyDays_isVoidAndReturnsTheCollateral() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _buy(offer, TEN);
        VM.warp(EXPIRY + 30 days - 1);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.NotSettled.selector, uint256(EXPIRY)));
        market.settle(EXPIRY);

        VM.warp(EXPIRY + 30 days);
        assertHolds("void", market.settle(EXPIRY).isVoid);
        uint256 series = _series(IOptionMarket.Side.Call);
        VM.prank(BUYER);
        assertEqual("payout", market.exercise(series), 0);
        VM.prank(WRITER);
        assertEqual("refund", market.redeem(offer), 10e18);
    }

    function test_reduce_afterSettlement_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        _settleAt(4_000e8);
        market.settle(EXPIRY);
        VM.expectRevert(
            abi.encodeWithSelector(IOptionMarket.AlreadySettled.selector, uint256(EXPIRY))
        );
        VM.prank(WRITER);
        market.reduce(offer, 1);
    }

    // Tokens that misbehave.

    function test_buy_reenteredByTheToken_reverts() public {
        uint256 offer = _write(IOptionMarket.Side.Call, TEN);
        base.setHook(address(market), abi.encodeCall(market.buy, (offer, 1, type(uint256).max)));
        _expectRefusal(
            offer, abi.encodeWithSelector(TokenTransfer.TransferFailed.selector, address(base))
        );
    }

    /// Nor by a call that would succeed by itself.
    function test_write_reenteredByTheToken_reverts() public {
        uint32 past = uint32(block.timestamp);
        settlement.set(past, 4_000e8, true);
        base.setHook(address(market), abi.encodeCall(market.settle, (past)));
        VM.expectRevert(
            abi.encodeWithSelector(TokenTransfer.TransferFailed.selector, address(base))
        );
        VM.prank(WRITER);
        market.write(IOptionMarket.Side.Call, STRIKE, EXPIRY, TEN, 0);
        market.settle(past);
    }

    function test_write_withATokenThatTakesAFee_reverts() public {
        base.setFee(100);
        VM.expectRevert(
            abi.encodeWithSelector(TokenTransfer.TransferShort.selector, 9.9e18, 10e18)
        );
        VM.prank(WRITER);
        market.write(IOptionMarket.Side.Call, STRIKE, EXPIRY, TEN, 0);
    }

    function test_constructor_givenASettlementFeedOfOtherDecimals_reverts() public {
        hub.configure(SETTLED, 6);
        MarketParameters memory parameters = _parameters();
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.ParameterOutOfRange.selector, 6, 8));
        deploy("OptionMarket", abi.encode(parameters));
    }

    function test_constructor_givenALongTailFeedToSettleOn_reverts() public {
        MarketParameters memory parameters = _parameters();
        parameters.settlementFeed = 8;
        hub.configure(8, 8);
        VM.expectRevert(abi.encodeWithSelector(IOptionMarket.ParameterOutOfRange.selector, 8, 8));
        deploy("OptionMarket", abi.encode(parameters));
    }

    // Arithmetic of claims, for any amount, strike, price and number of decimals.

    function testFuzz_payoutsAndRefundNeverExceedTheCollateral(
        uint128 amount,
        uint64 strike,
        uint256 price,
        uint128 part,
        bool isCall,
        uint256 decimals
    ) public {
        IOptionMarket.Side side = isCall ? IOptionMarket.Side.Call : IOptionMarket.Side.Put;
        FakeToken token = new FakeToken(uint8(bound(decimals, 0, 18)));
        MarketParameters memory parameters = _parameters();
        (parameters.base, parameters.quote) = (token, token);
        OptionMarket other = OptionMarket(deploy("OptionMarket", abi.encode(parameters)));
        uint256 series = other.seriesId(side, strike, EXPIRY);
        price = price >> (price & 0xff);
        if (price > other.PRICE_LIMIT()) price = other.PRICE_LIMIT();
        part = uint128(bound(part, 0, amount));

        _assertSplit(other, series, amount, part, price);
    }

    function _assertSplit(
        OptionMarket other,
        uint256 series,
        uint128 amount,
        uint128 part,
        uint256 price
    ) private view {
        uint256 split = other.payoutOf(series, part, price)
            + other.payoutOf(series, amount - part, price);
        uint256 whole = other.payoutOf(series, amount, price);
        assertHolds("splitting gains nothing", split <= whole);
        assertHolds("a payout is covered", whole <= other.collateralOf(series, amount));
    }

    function _write(IOptionMarket.Side side, uint128 amount) private returns (uint256) {
        return _writeWith(side, amount, 0);
    }

    function _writeWith(IOptionMarket.Side side, uint128 amount, uint16 markupBps)
        private
        returns (uint256)
    {
        VM.prank(WRITER);
        return market.write(side, STRIKE, EXPIRY, amount, markupBps);
    }

    function _buy(uint256 offer, uint128 amount) private returns (uint256) {
        VM.prank(BUYER);
        return market.buy(offer, amount, type(uint256).max);
    }

    function _exercise(IOptionMarket.Side side) private returns (uint256) {
        uint256 series = _series(side);
        VM.prank(BUYER);
        return market.exercise(series);
    }

    function _expectRefusal(uint256 offer, bytes memory reason) private {
        _expectRefusalOf(offer, 1e18, reason);
    }

    function _expectRefusalOf(uint256 offer, uint128 amount, bytes memory reason) private {
        VM.expectRevert(reason);
        VM.prank(BUYER);
        market.buy(offer, amount, type(uint256).max);
    }

    function _series(IOptionMarket.Side side) private view returns (uint256) {
        return market.seriesId(side, STRIKE, EXPIRY);
    }

    function _settleAt(int256 price) private {
        VM.warp(EXPIRY);
        settlement.set(EXPIRY, price, true);
    }
}

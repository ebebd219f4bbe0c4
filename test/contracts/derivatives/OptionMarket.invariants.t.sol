// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {BlackScholes} from "../../../contracts/src/derivatives/BlackScholes.sol";
import {IOptionMarket} from "../../../contracts/src/derivatives/interfaces/IOptionMarket.sol";
import {MarketFixture} from "./support/MarketFixture.sol";
import {FakeToken} from "./support/Mocks.sol";
import {TestBase} from "./support/TestBase.sol";

// The handler stands in the file of its invariants: the runner knows only the contracts of the
// files it is given.

/// @title Three accounts that do anything in any order on one market
/// @notice Writes, buys, passes on, closes, settles and claims with two sides, two strikes and two
///     expiries, while feeds go stale, wide and halted. It keeps books of its own beside the
///     market's.
contract MarketHandler is MarketFixture {
    uint256 public constant ACTORS = 3;
    uint256 public constant SERIES = 8;

    /// Books by series, in amounts and in token units.
    mapping(uint256 series => uint256) public bought;
    mapping(uint256 series => uint256) public closed;
    mapping(uint256 series => uint256) public exercised;
    mapping(uint256 series => uint256) public posted;
    mapping(uint256 series => uint256) public paidOut;
    /// Sold amount of offers that were redeemed.
    mapping(uint256 series => uint256) public redeemed;
    /// Claims that were rounded: each may leave one unit in the market.
    mapping(address token => uint256) public roundings;

    /// What must never become true.
    bool public soldWhileRefused;
    bool public soldBelowModel;
    bool public claimedTwice;

    /// How often each thing happened, so that a run that does nothing is noticed.
    uint256 public buys;
    uint256 public refusals;
    uint256 public exercises;
    uint256 public closings;
    uint256 public redemptions;

    constructor() {
        _setUpMarket();
        for (uint256 i = 0; i < ACTORS; i++) {
            base.mint(actor(i), 1e30);
            quote.mint(actor(i), 1e30);
        }
    }

    function write(uint256 who, uint256 which, uint256 amount, uint16 markupBps) external {
        uint256 series = seriesAt(which);
        uint128 size = _size(amount);
        (IOptionMarket.Side side, uint64 strike, uint32 expiry) = _termsAt(which);
        VM.prank(actor(who));
        try market.write(side, strike, expiry, size, uint16(bound(markupBps, 0, 10_000))) {
            posted[series] += market.collateralOf(series, size);
        } catch {}
    }

    function buy(uint256 who, uint256 offerId, uint256 amount) external {
        offerId = _anyOffer(offerId);
        IOptionMarket.Offer memory offered = market.offer(offerId);
        if (offered.unsold == 0) return;
        // The committee usually works.
        if (amount % 4 != 0) _refresh(amount);
        uint128 size = uint128(bound(amount, 1, offered.unsold));
        VM.prank(actor(who));
        try market.buy(offerId, size, type(uint256).max) returns (uint256 cost) {
            buys++;
            bought[offered.series] += size;
            if (_mustRefuse(offered.series)) soldWhileRefused = true;
            if (cost < _modelCost(offered.series, size)) soldBelowModel = true;
        } catch {
            refusals++;
        }
    }

    function reduce(uint256 offerId, uint256 amount) external {
        offerId = _anyOffer(offerId);
        IOptionMarket.Offer memory offered = market.offer(offerId);
        if (offered.writer == address(0)) return;
        uint256 before = _balance(offered);
        VM.prank(offered.writer);
        try market.reduce(offerId, uint128(bound(amount, 0, offered.unsold))) {
            paidOut[offered.series] += _balance(offered) - before;
        } catch {}
    }

    function close(uint256 offerId, uint256 amount) external {
        offerId = _anyOffer(offerId);
        IOptionMarket.Offer memory offered = market.offer(offerId);
        uint256 held = market.balanceOf(offered.series, offered.writer);
        if (held > offered.sold) held = offered.sold;
        if (held == 0) return;
        uint128 size = uint128(bound(amount, 1, held));
        uint256 before = _balance(offered);
        VM.prank(offered.writer);
        try market.close(offerId, size) {
            closings++;
            closed[offered.series] += size;
            paidOut[offered.series] += _balance(offered) - before;
        } catch {}
    }

    function pass(uint256 from, uint256 to, uint256 which, uint256 amount) external {
        uint256 series = seriesAt(which);
        uint256 held = market.balanceOf(series, actor(from));
        if (held == 0) return;
        VM.prank(actor(from));
        market.transfer(series, actor(to), uint128(bound(amount, 1, held)));
    }

    function exercise(uint256 who, uint256 which) external {
        uint256 series = seriesAt(which);
        uint256 held = market.balanceOf(series, actor(who));
        VM.prank(actor(who));
        try market.exercise(series) returns (uint256 payout) {
            exercises++;
            exercised[series] += held;
            paidOut[series] += payout;
            roundings[address(market.tokenOf(_sideOf(series)))]++;
            VM.prank(actor(who));
            try market.exercise(series) {
                claimedTwice = true;
            } catch {}
        } catch {}
    }

    function redeem(uint256 offerId) external {
        _redeem(_anyOffer(offerId));
    }

    function _redeem(uint256 offerId) private {
        IOptionMarket.Offer memory offered = market.offer(offerId);
        if (offered.writer == address(0)) return;
        VM.prank(offered.writer);
        try market.redeem(offerId) returns (uint256 refund) {
            redemptions++;
            redeemed[offered.series] += offered.sold;
            paidOut[offered.series] += refund;
            roundings[address(market.tokenOf(_sideOf(offered.series)))]++;
            VM.prank(offered.writer);
            try market.redeem(offerId) {
                claimedTwice = true;
            } catch {}
        } catch {}
    }

    function withdrawPremium(uint256 who, bool ofBase) external {
        FakeToken paying = ofBase ? base : quote;
        uint256 credit = market.premiumOf(paying, actor(who));
        VM.prank(actor(who));
        try market.withdrawPremium(paying) returns (uint256 paid) {
            if (paid != credit) claimedTwice = true;
            VM.prank(actor(who));
            try market.withdrawPremium(paying) {
                claimedTwice = true;
            } catch {}
        } catch {}
    }

    function publish(uint256 seed) external {
        _refresh(seed);
    }

    function disturb(uint256 feed, uint256 kind) external {
        feed = bound(feed, SPOT, QUARTER_VOLATILITY);
        if (kind % 3 == 0) hub.setSpread(feed, uint256(kind) % 1e10);
        if (kind % 3 == 1) hub.setStatus(feed, uint8(bound(kind, 0, 3)));
        if (kind % 3 == 2) hub.setObservers(feed, uint8(bound(kind, 0, 6)));
    }

    /// Mostly seconds; at times days, so that expiries pass.
    function pass(uint256 time) external {
        uint256 step = time % 3 == 0 ? bound(time, 1 days, 20 days) : bound(time, 1, 50);
        VM.warp(block.timestamp + step);
    }

    function decide(uint256 which, int256 price, bool isFinal) external {
        (,, uint32 expiry) = _termsAt(which);
        // The real settlement never changes a final price.
        (, bool wasFinal) = settlement.settlementPrice(SETTLED, expiry);
        if (wasFinal) return;
        int256 usual = int256(bound(uint256(price), 1e8, 9_000e8));
        settlement.set(expiry, price % 16 == 0 ? price : usual, isFinal);
    }

    function market_() external view returns (IOptionMarket) {
        return market;
    }

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0xAC0000 + index % ACTORS));
    }

    function seriesAt(uint256 index) public view returns (uint256) {
        (IOptionMarket.Side side, uint64 strike, uint32 expiry) = _termsAt(index);
        return market.seriesId(side, strike, expiry);
    }

    function token(bool ofBase) external view returns (FakeToken) {
        return ofBase ? base : quote;
    }

    /// Settles everything, lets everyone take what is his, and tells what stays behind.
    function leave() external returns (uint256 baseLeft, uint256 quoteLeft) {
        VM.warp(block.timestamp + 200 days);
        for (uint256 i = 0; i < SERIES; i++) {
            for (uint256 who = 0; who < ACTORS; who++) {
                if (market.balanceOf(seriesAt(i), actor(who)) > 0) this.exercise(who, i);
            }
        }
        for (uint256 id = 1; id <= market.offerCount(); id++) _redeem(id);
        for (uint256 who = 0; who < ACTORS; who++) {
            this.withdrawPremium(who, true);
            this.withdrawPremium(who, false);
        }
        return (base.balanceOf(address(market)), quote.balanceOf(address(market)));
    }

    function _termsAt(uint256 index)
        private
        pure
        returns (IOptionMarket.Side side, uint64 strike, uint32 expiry)
    {
        side = IOptionMarket.Side(index % 2);
        strike = (index / 2) % 2 == 0 ? STRIKE : 2_500e8 + 7;
        expiry = (index / 4) % 2 == 0 ? EXPIRY : EXPIRY + 24 days;
    }

    function _sideOf(uint256 series) private pure returns (IOptionMarket.Side) {
        return IOptionMarket.Side(uint8(series));
    }

    function _balance(IOptionMarket.Offer memory offered) private view returns (uint256) {
        return market.tokenOf(_sideOf(offered.series)).balanceOf(offered.writer);
    }

    /// Every feed fresh; spot and volatility anywhere, spot narrow or wide.
    function _refresh(uint256 seed) private {
        // The fuzzer likes small numbers; the hash has bits for every field.
        seed = uint256(keccak256(abi.encode(seed)));
        _publishAll();
        hub.publish(SPOT, int64(uint64(bound(seed >> 8, 1_000e8, 9_000e8))));
        hub.publish(WEEK_VOLATILITY, int64(uint64(bound(seed >> 64, 0.1e8, 3e8))));
        hub.setSpread(SPOT, (seed >> 128) % 20e8);
    }

    function _anyOffer(uint256 index) private view returns (uint256) {
        return bound(index, 1, market.offerCount() + 1);
    }

    /// From one unit to a million options, odd on purpose.
    function _size(uint256 x) private pure returns (uint128) {
        return uint128(bound(x >> 8, 1, 1e6) * 10 ** (x % 19) + x % 7);
    }

    /// Whether the feeds or the clock forbid a sale, from the handler's own knowledge of them.
    function _mustRefuse(uint256 series) private view returns (bool) {
        uint256 expiry = uint32(series >> 72);
        if (block.timestamp + 30 minutes > expiry) return true;
        uint256 time = expiry - block.timestamp;
        if (_isBad(SPOT, true) || _isBad(RATE, false)) return true;
        // To a week only the week's feed is read, above both.
        if (_isBad(WEEK_VOLATILITY, true)) return true;
        return time > 7 days && _isBad(QUARTER_VOLATILITY, true);
    }

    function _isBad(uint256 feed, bool hasSpread) private view returns (bool) {
        if (hub.latest(feed).status != 1 || hub.latest(feed).observers < 3) return true;
        if (block.timestamp > uint256(hub.latest(feed).time) + 60) return true;
        uint256 limit = uint256(int256(hub.latest(feed).value)) * 50 / 10_000;
        return hasSpread && hub.latest(feed).spread > limit;
    }

    /// The model's price at the middle of every spread, rounded down, in token units.
    function _modelCost(uint256 series, uint256 size) private view returns (uint256) {
        uint256 spot = uint256(int256(hub.latest(SPOT).value)) * 1e19;
        uint256 strike = uint256(uint64(series >> 8)) * 1e19;
        uint256 time = uint32(series >> 72) - block.timestamp;
        (uint256 sigma,) = volatility.volatilityAt(time);
        int256 rate = int256(hub.latest(RATE).value) * 1e10;
        // One less: the volatility was rounded up.
        (uint256 call, uint256 put) = BlackScholes.price(spot, strike, sigma - 1, time, rate);
        return _sideOf(series) == IOptionMarket.Side.Call ? size * call / spot : size * put / 1e39;
    }
}

/// @title The handler is worth something: long random runs reach everything
contract MarketHandlerTest is TestBase {
    function test_aThousandRandomSteps_buyRefuseAndExercise() public {
        MarketHandler handler = MarketHandler(deploy("MarketHandler", ""));
        for (uint256 i = 0; i < 1_000; i++) {
            uint256 a = uint256(keccak256(abi.encode(i)));
            uint256 b = uint256(keccak256(abi.encode(a)));
            uint256 c = uint256(keccak256(abi.encode(b)));
            uint256 which = a % 12;
            if (which < 2) handler.write(a >> 8, b, c, uint16(b >> 8));
            else if (which < 5) handler.buy(a >> 8, b, c);
            else if (which == 5) handler.reduce(b, c);
            else if (which == 6) handler.close(b, c);
            else if (which == 7) handler.pass(a >> 8, b, c, c >> 8);
            else if (which == 8) handler.exercise(a >> 8, b);
            else if (which == 9) handler.redeem(b);
            else if (which == 10) handler.disturb(b, c);
            else handler.decide(b, int256(c), c % 2 == 0);
            // Both expiries, and the months after them, pass in the course of the run.
            if (i % 5 == 0) handler.pass(b % 3 == 0 ? b + 1 : b);
            if (i % 250 == 249) handler.pass(19 days);
        }
        assertHolds("bought", handler.buys() > 20);
        assertHolds("refused", handler.refusals() > 20);
        assertHolds("exercised", handler.exercises() > 5);
        assertHolds("closed", handler.closings() > 0);
        assertHolds("redeemed", handler.redemptions() > 5);
    }
}

/// @title Invariants O1 to O7 of docs/derivatives.md
/// hardhat-config: invariant.runs = 48
/// hardhat-config: invariant.depth = 120
contract OptionMarketInvariants is TestBase {
    /// @dev What someone is owed for options of a series.
    struct Debt {
        uint256 series;
        uint256 amount;
        /// For a writer; 0 for a holder.
        uint256 collateral;
    }

    MarketHandler private handler;
    IOptionMarket private market;

    function setUp() public {
        handler = MarketHandler(deploy("MarketHandler", ""));
        market = handler.market_();
    }

    /// @notice The runner calls these contracts, and the functions below only.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// O1: at any settlement price the market holds what it owes.
    function invariant_O1_solventAtAnySettlementPrice() public view {
        uint256[8] memory prices =
            [uint256(0), 1, 2_500e8 + 6, 3_000e8, 3_100e8, 3_100e8 + 1, 50_000e8, 1 << 96];
        for (uint256 i = 0; i < 2; i++) {
            IOptionMarket.Side side = IOptionMarket.Side(i);
            uint256 held = _held(side == IOptionMarket.Side.Call);
            (Debt[] memory open, uint256 fixedDebt) = _debts(side);
            for (uint256 j = 0; j < prices.length; j++) {
                uint256 owed = fixedDebt;
                for (uint256 k = 0; k < open.length; k++) {
                    owed += _owed(open[k], prices[j]);
                }
                assertHolds("held", held >= owed);
            }
        }
    }

    /// O2: a series never pays out more than was posted for it.
    function invariant_O2_noSeriesPaysFromAnother() public view {
        for (uint256 i = 0; i < handler.SERIES(); i++) {
            uint256 series = handler.seriesAt(i);
            assertHolds("paid out", handler.paidOut(series) <= handler.posted(series));
        }
    }

    /// O3: nothing is claimed twice.
    function invariant_O3_noClaimTwice() public view {
        assertHolds("claimed once", !handler.claimedTwice());
    }

    /// O4: every option in circulation stands against a sold one.
    function invariant_O4_circulationEqualsSold() public view {
        IOptionMarket.Offer[] memory offers = _offers();
        for (uint256 i = 0; i < handler.SERIES(); i++) {
            uint256 series = handler.seriesAt(i);
            uint256 held = _circulation(series);
            uint256 sold = handler.redeemed(series);
            for (uint256 j = 0; j < offers.length; j++) {
                if (offers[j].series == series) sold += offers[j].sold;
            }
            assertEqual("sold", held + handler.exercised(series), sold);
            assertEqual("bought", sold + handler.closed(series), handler.bought(series));
        }
    }

    /// O5: nothing is sold on a stale, wide, thin or halted feed, or in the settlement window.
    function invariant_O5_noSaleWhileRefused() public view {
        assertHolds("refused", !handler.soldWhileRefused());
    }

    /// O6: nobody buys below the model's price: rounding and spreads favour the writer.
    function invariant_O6_noSaleBelowTheModel() public view {
        assertHolds("not below the model", !handler.soldBelowModel());
    }

    /// O7: after every expiry all can leave; what stays is at most one unit for each claim.
    function invariant_O7_everythingCanLeave() public {
        (uint256 baseLeft, uint256 quoteLeft) = handler.leave();
        for (uint256 i = 0; i < handler.SERIES(); i++) {
            assertEqual("circulation", _circulation(handler.seriesAt(i)), 0);
        }
        assertHolds("base", baseLeft <= handler.roundings(address(handler.token(true))));
        assertHolds("quote", quoteLeft <= handler.roundings(address(handler.token(false))));
    }

    function _offers() private view returns (IOptionMarket.Offer[] memory offers) {
        offers = new IOptionMarket.Offer[](market.offerCount());
        for (uint256 i = 0; i < offers.length; i++) {
            offers[i] = market.offer(i + 1);
        }
    }

    /// @dev What the market owes in the token of a side, read once for every price: debts that
    /// still depend on the settlement price, and the sum of those that no longer do.
    function _debts(IOptionMarket.Side side)
        private
        view
        returns (Debt[] memory open, uint256 fixedDebt)
    {
        IOptionMarket.Offer[] memory offers = _offers();
        open = new Debt[](handler.SERIES() / 2 * handler.ACTORS() + offers.length);
        uint256 count;
        for (uint256 i = uint256(side); i < handler.SERIES(); i += 2) {
            uint256 series = handler.seriesAt(i);
            for (uint256 who = 0; who < handler.ACTORS(); who++) {
                uint256 amount = market.balanceOf(series, handler.actor(who));
                if (amount > 0) open[count++] = Debt(series, amount, 0);
            }
        }
        for (uint256 i = 0; i < offers.length; i++) {
            (uint256 series, uint256 sold) = (offers[i].series, offers[i].sold);
            if (offers[i].writer == address(0) || _sideOf(series) != side) continue;
            uint256 posted = market.collateralOf(series, offers[i].unsold + sold);
            if (sold > 0) open[count++] = Debt(series, sold, posted);
            else fixedDebt += posted;
        }
        (open, fixedDebt) = _onlyOpen(open, count, fixedDebt);
        for (uint256 who = 0; who < handler.ACTORS(); who++) {
            fixedDebt += market.premiumOf(market.tokenOf(side), handler.actor(who));
        }
    }

    /// @dev Moves debts of expiries that have an outcome into the sum.
    function _onlyOpen(Debt[] memory debts, uint256 count, uint256 fixedBefore)
        private
        view
        returns (Debt[] memory open, uint256 fixedDebt)
    {
        (open, fixedDebt) = (debts, fixedBefore);
        uint256 kept;
        for (uint256 i = 0; i < count; i++) {
            IOptionMarket.Outcome memory outcome = market.outcome(uint32(debts[i].series >> 72));
            if (outcome.isVoid) fixedDebt += debts[i].collateral;
            else if (outcome.isSettled) fixedDebt += _owed(debts[i], outcome.price);
            else open[kept++] = debts[i];
        }
        assembly {
            mstore(open, kept)
        }
    }

    /// @dev A holder's payout; a writer's collateral without the payouts of what was sold, rounded
    /// down for the writer.
    function _owed(Debt memory debt, uint256 price) private view returns (uint256) {
        uint256 payout = market.payoutOf(debt.series, debt.amount, price);
        if (debt.collateral == 0) return payout;
        return debt.collateral - payout - _roundedUp(debt.series, debt.amount, price, payout);
    }

    function _sideOf(uint256 series) private pure returns (IOptionMarket.Side) {
        return IOptionMarket.Side(uint8(series));
    }

    /// One when the payout of the amount is not a whole number of units, else zero.
    function _roundedUp(uint256 series, uint256 amount, uint256 price, uint256 payout)
        private
        pure
        returns (uint256)
    {
        uint256 strike = uint64(series >> 8);
        bool isCall = _sideOf(series) == IOptionMarket.Side.Call;
        if (isCall ? price <= strike : price >= strike) return 0;
        // Base has 18 decimals and quote 6: the scales are 1 and 10^(18 + 8 − 6).
        bool whole = isCall
            ? payout * price == amount * (price - strike)
            : payout * 1e20 == amount * (strike - price);
        return whole ? 0 : 1;
    }

    function _circulation(uint256 series) private view returns (uint256 held) {
        for (uint256 who = 0; who < handler.ACTORS(); who++) {
            held += market.balanceOf(series, handler.actor(who));
        }
    }

    function _held(bool ofBase) private view returns (uint256) {
        return handler.token(ofBase).balanceOf(address(market));
    }
}

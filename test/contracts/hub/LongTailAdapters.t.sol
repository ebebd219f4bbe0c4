// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PythAdapter} from "../../../contracts/src/adapters/PythAdapter.sol";
import {QuoteAdapter} from "../../../contracts/src/adapters/QuoteAdapter.sol";
import {IEIP2362} from "../../../contracts/src/interfaces/IEIP2362.sol";
import {IERC7726} from "../../../contracts/src/interfaces/IERC7726.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {IPyth, PythErrors} from "../../../contracts/src/interfaces/IPyth.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {LongTailFixture} from "./LongTailFixture.sol";

/// @title Adapters on long-tail feeds, which have no number and keep no value while unavailable
contract LongTailAdaptersTest is LongTailFixture {
    bytes32 internal constant ID = keccak256("Price-FEED/USD-8");
    address internal constant BASE = address(0xc3);
    address internal constant QUOTE = address(0xd4);
    IEIP2362 internal values;
    IPyth internal pyth;
    IERC7726 internal quotes;

    function setUp() public {
        _setUpLongTail();
        uint256[] memory feeds = new uint256[](1);
        feeds[0] = FLAGSHIPS;
        values = IEIP2362(deploy("ValueByIdAdapter", abi.encode(hub, feeds)));
        PythAdapter.Entry[] memory entries = new PythAdapter.Entry[](1);
        entries[0] = PythAdapter.Entry(ID, uint16(FLAGSHIPS));
        address statistics = deploy("FeedStatistics", abi.encode(hub));
        pyth = IPyth(deploy("PythAdapter", abi.encode(hub, statistics, 3600, entries)));
        QuoteAdapter.Pair[] memory pairs = new QuoteAdapter.Pair[](1);
        pairs[0] = QuoteAdapter.Pair(BASE, QUOTE, uint16(FLAGSHIPS), 0, 8);
        quotes = IERC7726(
            deploy("QuoteAdapter", abi.encode(hub, IPriceFeeds.Guard(0, 0, 0), pairs))
        );
    }

    function _deliverHalted() private {
        bytes25[] memory words = new bytes25[](1);
        uint256 halted = TestCommittee.lane(0, 0, 2);
        words[0] = TestCommittee.laneWord([halted, halted, halted, halted]);
        _deliver(words, 1);
    }

    function test_all_readAValue() public {
        _deliver(_lanes(100), 1);
        (int256 value, uint256 time, uint256 status) = values.valueFor(ID);
        assertHolds("by id", value == 100 && time == START && status == 200);
        assertHolds("pyth", pyth.getPrice(ID).price == 100 && pyth.priceFeedExists(ID));
        assertEqual("quote", quotes.getQuote(1, BASE, QUOTE), 100);
    }

    function test_all_givenAFeedThatIsUnavailable_haveNoPrice() public {
        _deliverHalted();
        (int256 value, uint256 time, uint256 status) = values.valueFor(ID);
        assertHolds("by id", value == 0 && time == 0 && status == 404);
        assertHolds("pyth", !pyth.priceFeedExists(ID));
        bytes memory halted =
            abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, FLAGSHIPS, 2);
        VM.expectRevert(halted);
        pyth.getPriceUnsafe(ID);
        VM.expectRevert(halted);
        pyth.getPriceNoOlderThan(ID, 60);
        VM.expectRevert(halted);
        quotes.getQuote(1, BASE, QUOTE);
    }

    function test_pyth_givenNothingYet_hasNoFeed() public {
        VM.expectRevert(abi.encodeWithSelector(PythErrors.PriceFeedNotFound.selector));
        pyth.getPriceUnsafe(ID);
    }

    /// @dev A halted feed has no price, whatever time its word says.
    function test_updateIfNecessary_givenAHaltedFeed_updates() public {
        _deliverHalted();
        VM.warp(START + 1);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = ID;
        bytes[] memory data = new bytes[](1);
        data[0] = _signed(_lanes(100), 1);
        pyth.updatePriceFeedsIfNecessary(data, ids, new uint64[](1));
        assertHolds("price", pyth.getPriceUnsafe(ID).price == 100);
    }
}

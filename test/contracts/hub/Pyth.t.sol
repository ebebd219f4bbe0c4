// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PythAdapter} from "../../../contracts/src/adapters/PythAdapter.sol";
import {PythReports} from "../../../contracts/src/adapters/PythReports.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {IPyth, PythErrors, PythStructs} from "../../../contracts/src/interfaces/IPyth.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title A perpetual that was written for Pyth and knows nothing else
contract PythConsumer {
    IPyth private immutable PYTH;
    bytes32 private immutable ID;

    constructor(IPyth pyth, bytes32 id) {
        PYTH = pyth;
        ID = id;
    }

    /// @notice The price in 18 decimals, by an update that the trader brings.
    function mark(bytes[] calldata updateData) external payable returns (uint256) {
        uint256 fee = PYTH.getUpdateFee(updateData);
        PYTH.updatePriceFeeds{value: fee}(updateData);
        PythStructs.Price memory price = PYTH.getPriceNoOlderThan(ID, 60);
        require(price.price > 0, "price");
        return uint256(uint64(price.price)) * 10 ** uint256(int256(18 + price.expo));
    }
}

contract PythTest is HubFixture {
    bytes32 internal constant BTC = keccak256("BTC/USD");
    bytes32 internal constant ETH = keccak256("ETH/USD");
    IPyth internal pyth;

    function setUp() public {
        _setUpHub();
        PythAdapter.Entry[] memory entries = new PythAdapter.Entry[](2);
        entries[0] = PythAdapter.Entry(BTC, 0);
        entries[1] = PythAdapter.Entry(ETH, 1);
        address statistics = deploy("FeedStatistics", abi.encode(hub));
        pyth = IPyth(deploy("PythAdapter", abi.encode(hub, statistics, 3600, entries)));
    }

    function _data() private view returns (bytes[] memory data) {
        data = new bytes[](1);
        data[0] = TestCommittee.report(TestCommittee.roundAt(block.timestamp), _words(5e12));
    }

    function _ids() private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](2);
        (ids[0], ids[1]) = (ETH, BTC);
    }

    function test_consumer_updatesAndReads() public {
        PythConsumer consumer = new PythConsumer(pyth, ETH);
        bytes[] memory data = _data();
        assertEqual("price", consumer.mark(data), (5e12 + 1) * 1e10);
        // A second trader with the same update is served as well.
        assertEqual("price", consumer.mark(data), (5e12 + 1) * 1e10);
        VM.warp(block.timestamp + 61);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.StalePrice.selector));
        pyth.getPriceNoOlderThan(ETH, 60);
    }

    function test_getPrice_givenNoneOrAnUnknownId_isNotFound() public {
        VM.expectRevert(abi.encodeWithSelector(PythErrors.PriceFeedNotFound.selector));
        pyth.getPriceUnsafe(BTC);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.PriceFeedNotFound.selector));
        pyth.getPriceUnsafe(keccak256("none"));
    }

    function test_getPrice_hasTheLayoutOfPyth() public {
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(-7, 33, 4, 1);
        _deliver(words);
        PythStructs.Price memory price = pyth.getPriceUnsafe(BTC);
        assertHolds("price", price.price == -7 && price.conf == 33 && price.expo == -8);
        assertEqual("time", price.publishTime, block.timestamp);
    }

    function test_emaPrice_isTheMovingAverage() public {
        _deliver(1e12);
        VM.warp(block.timestamp + 100_000);
        _deliver(2e12);
        VM.warp(block.timestamp + 3600);
        PythStructs.Price memory price = pyth.getEmaPriceNoOlderThan(BTC, 3600);
        assertHolds("1 - 1/e", price.price / 1e6 == 1_632_120);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.StalePrice.selector));
        pyth.getEmaPriceNoOlderThan(BTC, 3599);
    }

    function test_updateIfNecessary_onlyForWhatIsNewer() public {
        uint64[] memory times = new uint64[](2);
        (times[0], times[1]) = (uint64(block.timestamp), uint64(block.timestamp));
        pyth.updatePriceFeedsIfNecessary(_data(), _ids(), times);
        bytes[] memory data = _data();
        VM.expectRevert(abi.encodeWithSelector(PythErrors.NoFreshUpdate.selector));
        pyth.updatePriceFeedsIfNecessary(data, _ids(), times);
        VM.expectRevert(abi.encodeWithSelector(PythErrors.InvalidArgument.selector));
        pyth.updatePriceFeedsIfNecessary(data, _ids(), new uint64[](1));
    }

    function test_parse_storesNothingAndKeepsToTheRange() public {
        uint64 now_ = uint64(block.timestamp);
        bytes[] memory data = _data();
        PythStructs.PriceFeed[] memory feeds =
            pyth.parsePriceFeedUpdates(data, _ids(), now_ - 5, now_);
        assertHolds("ids", feeds[0].id == ETH && feeds[1].id == BTC);
        assertHolds("prices", feeds[0].price.price == 5e12 + 1 && feeds[1].price.price == 5e12);
        assertEqual("nothing stored", hub.latest(0).time, 0);
        VM.expectRevert(
            abi.encodeWithSelector(PythErrors.PriceFeedNotFoundWithinRange.selector)
        );
        pyth.parsePriceFeedUpdates(data, _ids(), now_ + 1, now_ + 5);
        VM.expectRevert(
            abi.encodeWithSelector(PythErrors.PriceFeedNotFoundWithinRange.selector)
        );
        pyth.parsePriceFeedUpdates(data, _ids(), now_ - 5, now_ - 1);
    }

    function testFuzz_update_givenAnyBitFlipped_isRefused(uint256 chance) public {
        bytes[] memory data = _data();
        uint256 bit = bound(chance, 0, data[0].length * 8 - 1);
        data[0][bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool done,) = address(pyth).call(abi.encodeCall(pyth.updatePriceFeeds, (data)));
        assertHolds("refused", !done && hub.latest(0).time == 0);
    }

    function test_update_givenEther_isRefused() public {
        bytes[] memory data = _data();
        VM.expectRevert(abi.encodeWithSelector(PythReports.FeeNotTaken.selector, 1));
        pyth.updatePriceFeeds{value: 1}(data);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PythAdapter} from "../../../contracts/src/adapters/PythAdapter.sol";
import {AggregatorInterface} from "../../../contracts/src/interfaces/AggregatorInterface.sol";
import {AggregatorV3Interface} from
    "../../../contracts/src/interfaces/AggregatorV3Interface.sol";
import {IFeedDirectory} from "../../../contracts/src/interfaces/IFeedDirectory.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {IPyth, PythStructs} from "../../../contracts/src/interfaces/IPyth.sol";
import {PullReader} from "../../../contracts/src/libraries/PullReader.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title What a call of another oracle becomes: each line of the guide's table is tried here
/// @notice The architecture tests compare the two word by word.
contract ComingFromTest is HubFixture {
    address private constant base = address(0xb1);
    address private constant quote = address(0xd1);
    bytes32 private constant id = keccak256("BTC/USD");
    uint256 private constant feed = 0;

    AggregatorV3Interface private facade;
    IFeedDirectory private directory;
    IPyth private pyth;

    function setUp() public {
        _setUpHub();
        facade = AggregatorV3Interface(deploy("AggregatorFacade", abi.encode(hub, feed)));
        IFeedDirectory.Asset[] memory assets = new IFeedDirectory.Asset[](2);
        assets[0] = IFeedDirectory.Asset("FEED", base);
        assets[1] = IFeedDirectory.Asset("USD", quote);
        directory = IFeedDirectory(deploy("FeedDirectory", abi.encode(hub, assets)));
        PythAdapter.Entry[] memory entries = new PythAdapter.Entry[](1);
        entries[0] = PythAdapter.Entry(id, uint16(feed));
        address statistics = deploy("FeedStatistics", abi.encode(hub));
        pyth = IPyth(deploy("PythAdapter", abi.encode(hub, statistics, 3600, entries)));
        _deliver(_words(100));
        VM.warp(START + 10);
        _deliver(_words(200));
    }

    function _report(int64 value) private view returns (bytes memory) {
        return TestCommittee.report(TestCommittee.roundAt(block.timestamp), _words(value));
    }

    function test_chainlink() public view {
        (uint80 roundId, int256 answer,, uint256 updatedAt,) = facade.latestRoundData();
        assertHolds("latest", answer == 200 && updatedAt == START + 10);
        (, answer,, updatedAt,) = facade.getRoundData(roundId - 1);
        assertHolds("the one before", answer == 100 && updatedAt == START);
        assertHolds("V2", AggregatorInterface(address(facade)).latestAnswer() == 200);
        (answer, updatedAt) = hub.price_CQcm(feed, IPriceFeeds.Guard(0, 0, 0));
        assertHolds("checked", answer == 200 && updatedAt == START + 10);
        (, answer,,,) = directory.latestRoundData(base, quote);
        assertHolds("by its pair", answer == 200);
    }

    function test_pyth() public {
        bytes[] memory updateData = new bytes[](1);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = id;
        uint64 t = uint64(START) + 20;
        VM.warp(t);
        updateData[0] = _report(300);
        pyth.updatePriceFeeds{value: pyth.getUpdateFee(updateData)}(updateData);
        PythStructs.Price memory price = pyth.getPriceNoOlderThan(id, 60);
        assertHolds("updated", price.price == 300 && price.publishTime == t);
        assertHolds("valid", pyth.getPrice(id).price == 300);
        PythStructs.PriceFeed[] memory feeds =
            pyth.parsePriceFeedUpdatesUnique(updateData, ids, t, t);
        assertHolds("first", feeds[0].price.price == 300);
        (uint256 from, uint256 to) = (START, START + 20);
        assertHolds("average", hub.average(feed, from, to) == 150);
        assertHolds("at a second", hub.average(feed, START + 9, START + 10) == 100);
    }

    function test_redstone() public {
        VM.warp(START + 20);
        (int256 value, int256[] memory values) = this.bring(_report(300));
        assertHolds("one", value == 300);
        assertHolds("several", values[0] == 300 && values[1] == 302);
    }

    /// @dev A report is calldata of the consumer's own function.
    function bring(bytes calldata report)
        external
        view
        returns (int256 value, int256[] memory values)
    {
        uint256[] memory feeds = new uint256[](2);
        (feeds[0], feeds[1]) = (0, 2);
        (value,) = PullReader.read(hub, feed, 5, report);
        (values,) = PullReader.readMany(hub, feeds, 5, report);
    }

    function test_api3() public view {
        (int256 value, uint256 time) = hub.price_CQcm(feed, IPriceFeeds.Guard(0, 0, 0));
        assertHolds("value", value == 200 && time == START + 10);
        assertHolds("no 18 decimals", hub.feedConfig(feed).decimals == 8);
    }
}

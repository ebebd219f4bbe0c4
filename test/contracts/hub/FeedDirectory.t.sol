// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Parameters, PriceFeeds} from "../../../contracts/src/PriceFeeds.sol";
import {CommitteeBytes} from "../../../contracts/src/evidence/libraries/CommitteeBytes.sol";
import {AggregatorV3Interface} from
    "../../../contracts/src/interfaces/AggregatorV3Interface.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IFeedDirectory} from "../../../contracts/src/interfaces/IFeedDirectory.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestHub} from "../../../contracts/src/testing/TestHub.sol";
import {TestBase} from "../derivatives/support/TestBase.sol";

interface Etch {
    function etch(address where, bytes calldata code) external;
}

/// @title An explorer that knows the address of a directory and nothing else
contract FeedDirectoryTest is TestBase {
    address internal constant BTC = 0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB;
    address internal constant ETH = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    address internal constant USD = address(840);
    /// @dev The factory of every deployment, as it stands on most chains.
    address internal constant FACTORY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    bytes internal constant FACTORY_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        hex"e03601600081602082378035828234f58015156039578182fd5b808252505050"
        hex"6014600cf3";
    uint256 internal constant NOW = 1_780_000_000;

    string[5] internal names =
        ["BTC/USD", "ETH/USD", "BTC/USD.TWAP", "USD.RATE", "ETH/BTC"];
    PriceFeeds internal hub;
    IFeedDirectory internal directory;

    function setUp() public {
        VM.warp(NOW);
        IPriceFeeds.FeedConfig[] memory feeds = new IPriceFeeds.FeedConfig[](names.length);
        for (uint256 i = 0; i < feeds.length; i++) {
            feeds[i] = IPriceFeeds.FeedConfig(names[i], uint8(8 + i % 2), 60);
        }
        Parameters memory parameters = TestHub.parameters(feeds);
        (parameters.historyFeeds, parameters.flagshipFeeds) = (1, 4);
        parameters.committee.digest = keccak256(_described(names.length, 50));
        hub = PriceFeeds(deploy("PriceFeeds", abi.encode(parameters)));
        IFeedDirectory.Asset[] memory assets = new IFeedDirectory.Asset[](3);
        assets[0] = IFeedDirectory.Asset("BTC", BTC);
        assets[1] = IFeedDirectory.Asset("ETH", ETH);
        assets[2] = IFeedDirectory.Asset("USD", USD);
        directory = IFeedDirectory(deploy("FeedDirectory", abi.encode(hub, assets)));
    }

    /// @dev Canonical parameters whose feeds have rising deviations.
    function _described(uint256 count, uint16 bps) private view returns (bytes memory given) {
        bytes memory keys = new bytes(33 * 2);
        given = abi.encodePacked("parallax.committee.1", uint8(1), uint8(4), "test", uint8(2));
        given = abi.encodePacked(given, keys, uint8(0), uint32(0), uint16(count));
        for (uint256 i = 0; i < count; i++) {
            bytes memory name = i < names.length ? bytes(names[i]) : bytes("NEW/USD");
            given = abi.encodePacked(given, uint8(name.length), name, uint8(8 + i % 2));
            given = abi.encodePacked(given, uint8(0), uint16(bps + i), new bytes(9 + 32));
        }
        // Of the rest only the distance of probes matters here.
        return abi.encodePacked(given, new bytes(44), uint32(32), new bytes(4));
    }

    /// @dev The facade of a feed, by the factory.
    function _facade(uint256 feed) private returns (address made) {
        Etch(address(VM)).etch(FACTORY, FACTORY_CODE);
        bytes memory code = bytes.concat(VM.getCode("AggregatorFacade"), abi.encode(hub, feed));
        (bool done, bytes memory result) = FACTORY.call(bytes.concat(bytes32(0), code));
        assertHolds("made", done);
        return address(bytes20(result));
    }

    function test_listings_haveWhatTheHubSays() public {
        assertEqual("count", directory.feedCount(), names.length);
        IFeedDirectory.Listing[] memory all = directory.listings(0, 100);
        assertEqual("all", all.length, names.length);
        for (uint256 i = 0; i < all.length; i++) {
            bool isNamed = keccak256(bytes(all[i].name)) == keccak256(bytes(names[i]));
            assertHolds("name", isNamed && all[i].feed == i && all[i].decimals == 8 + i % 2);
            assertHolds("tier", all[i].hasHistory == (i == 0) && all[i].isLongTail == (i == 4));
            assertHolds("heartbeat", all[i].heartbeatSeconds == 60);
            assertHolds("unknown yet", all[i].deviationBps == 0 && all[i].facade == address(0));
            assertEqual("by name", directory.feedByName(names[i]), i);
        }
        assertEqual("a page", directory.listings(3, 1).length, 1);
        assertEqual("a page beyond the end", directory.listings(3, 3).length, 2);
        assertEqual("the last page", directory.listings(4, type(uint256).max).length, 1);
        assertEqual("beyond", directory.listings(5, 1).length, 0);
        VM.expectRevert(abi.encodeWithSelector(IFeedDirectory.NameUnknown.selector, "DOGE/USD"));
        directory.feedByName("DOGE/USD");
    }

    function test_facade_isFoundWhereItsCodePutsIt() public {
        VM.expectRevert(abi.encodeWithSelector(IFeedDirectory.FacadeMissing.selector, 1));
        directory.getFeed(ETH, USD);
        address facade = _facade(1);
        assertHolds("derived", directory.facadeAddress(1) == facade);
        assertHolds("listed", directory.listings(1, 1)[0].facade == facade);
        assertHolds("of the pair", directory.getFeed(ETH, USD) == facade);
        assertEqual("it answers", AggregatorV3Interface(facade).decimals(), 9);
    }

    function test_pairs_readAsFromAFeedRegistry() public {
        assertEqual("a pair", directory.feedByPair(ETH, BTC), 4);
        int64[] memory values = new int64[](2);
        (values[0], values[1]) = (60_000e8, 2_000e9);
        TestHub.deliver(hub, values);
        (uint80 id, int256 answer,, uint256 updatedAt,) = directory.latestRoundData(ETH, USD);
        assertHolds("latest", answer == 2_000e9 && updatedAt == NOW);
        (, answer,,,) = directory.getRoundData(ETH, USD, id);
        assertHolds("by its number", answer == 2_000e9);
        assertEqual("decimals", directory.decimals(ETH, USD), 9);
        assertEqual("version", directory.version(ETH, USD), 1);
        bytes memory name = bytes(directory.description(BTC, USD));
        assertHolds("name", keccak256(name) == keccak256("BTC/USD"));
        assertEqual("assets", directory.assets().length, 3);
        // An average is not the price of the pair, and a pair has one direction.
        assertEqual("spot", directory.feedByPair(BTC, USD), 0);
        VM.expectRevert(abi.encodeWithSelector(IFeedDirectory.PairUnknown.selector, USD, BTC));
        directory.feedByPair(USD, BTC);
        VM.expectRevert(
            abi.encodeWithSelector(IFeedDirectory.PairUnknown.selector, BTC, address(0))
        );
        directory.latestRoundData(BTC, address(0));
    }

    function test_describe_byAnyoneWithTheCommitteesParameters() public {
        VM.prank(address(0xa11));
        directory.describe(_described(names.length, 50));
        assertHolds("digest", directory.describedCommittee() == hub.committee(1).digest);
        IFeedDirectory.Listing[] memory all = directory.listings(0, 5);
        for (uint256 i = 0; i < 5; i++) assertEqual("bps", all[i].deviationBps, 50 + i);
    }

    function testFuzz_describe_givenOtherParameters_isRefused(uint256 chance) public {
        bytes memory given = _described(names.length, 50);
        given[chance % given.length] ^= bytes1(uint8(1 << (chance >> 128) % 8));
        (bool done, bytes memory reason) =
            address(directory).call(abi.encodeCall(directory.describe, (given)));
        assertHolds("refused", !done && directory.describedCommittee() == 0);
        (bool isRead, bytes memory malformed) =
            address(this).call(abi.encodeCall(this.factsOf, (given)));
        bytes memory others = abi.encodeWithSelector(
            IFeedDirectory.CommitteeNotInOffice.selector,
            keccak256(given),
            keccak256(_described(names.length, 50))
        );
        bytes memory expected = isRead ? others : malformed;
        assertHolds("as of others, or unread", keccak256(reason) == keccak256(expected));
    }

    /// @dev Reverts with whatever no parameters are refused with.
    function factsOf(bytes calldata given) external pure returns (CommitteeBytes.Facts memory) {
        return CommitteeBytes.read(given);
    }

    /// @dev What was said of the committee before is not said of the one in office.
    function test_describe_afterAHandOver_isDueAgain() public {
        directory.describe(_described(names.length, 50));
        bytes memory next = _described(2, 70);
        _handOver(next);
        assertEqual("not known", directory.listings(0, 1)[0].deviationBps, 0);
        bytes memory before = _described(names.length, 50);
        VM.expectRevert(
            abi.encodeWithSelector(
                IFeedDirectory.CommitteeNotInOffice.selector, keccak256(before), keccak256(next)
            )
        );
        directory.describe(before);
        directory.describe(next);
        IFeedDirectory.Listing[] memory all = directory.listings(0, 5);
        assertHolds("new", all[0].deviationBps == 70 && all[1].deviationBps == 71);
        assertEqual("a feed that is no more", all[2].deviationBps, 0);
    }

    function test_describe_givenACommitteeThatNamesAFeedOtherwise_isRefused() public {
        names[1] = "DOGE/USD";
        bytes memory next = _described(names.length, 50);
        _handOver(next);
        VM.expectRevert(abi.encodeWithSelector(IFeedDirectory.FeedDiffers.selector, 1));
        directory.describe(next);
        VM.expectRevert(abi.encodeWithSelector(CommitteeBytes.ParametersMalformed.selector));
        directory.describe("");
    }

    /// @dev Feeds that a later committee brings have no name on the hub, and are not listed.
    function test_describe_givenMoreFeedsThanTheHubNames_takesThoseItNames() public {
        bytes memory next = _described(40, 50);
        _handOver(next);
        directory.describe(next);
        IFeedDirectory.Listing[] memory all = directory.listings(0, 100);
        assertHolds("the last", all.length == 5 && all[4].deviationBps == 54);
    }

    function _handOver(bytes memory parameters) private {
        ICommittees.Committee memory next = TestCommittee.committee();
        next.digest = keccak256(parameters);
        next.activeFromMs = uint48(NOW * 1000);
        hub.handOver(next, TestCommittee.signature(hub.handoverMessage(2, next)));
        hub.activate(ICommittees.HandoverSource.COMMITTEE);
    }
}

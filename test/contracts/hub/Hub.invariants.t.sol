// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

// The handler stands in the file of its invariants: the runner knows only the contracts of the
// test's own file.

/// @title Does anything to a hub and remembers what should have come of it
contract HubHandler is HubFixture {
    struct Kept {
        int64 value;
        uint256 time;
    }

    mapping(uint256 feed => Kept[]) internal _kept;
    mapping(uint256 feed => uint32) internal _rounds;
    bytes[] internal _reports;

    /// @notice Broken promises, by what was seen.
    bool public acceptedForgery;
    bool public acceptedOld;
    bool public committeeChanged;
    uint32 internal _round;

    constructor() {
        _setUpHub();
        _round = TestCommittee.roundAt(START);
    }

    function hubOf() external view returns (IPriceFeeds) {
        return hub;
    }

    function keptCount(uint256 feed) external view returns (uint256) {
        return _kept[feed].length;
    }

    function kept(uint256 feed, uint256 number) external view returns (int64 value, uint256 time) {
        Kept memory one = _kept[feed][number - 1];
        return (one.value, one.time);
    }

    function roundOf(uint256 feed) external view returns (uint32) {
        return _rounds[feed];
    }

    /// @notice Delivers a report of up to four feeds, some of them unavailable, some time later.
    function deliver(uint256 chance, int64[4] calldata values, uint8 unavailable) external {
        VM.warp(block.timestamp + 1 + chance % 90);
        _round = TestCommittee.roundAt(block.timestamp);
        bytes12[] memory words = new bytes12[](1 + (chance >> 8) % 4);
        for (uint256 feed = 0; feed < words.length; feed++) {
            bool isOk = (unavailable >> feed) & 3 != 3;
            words[feed] =
                isOk ? TestCommittee.word(values[feed]) : TestCommittee.word(0, 0, 1, 2);
            if (isOk) _kept[feed].push(Kept(values[feed], block.timestamp));
            _rounds[feed] = _round;
        }
        bytes memory report = TestCommittee.report(_round, words);
        _reports.push(report);
        _send(_update(report));
    }

    /// @notice Sends a report again that was stored once.
    function replay(uint256 chance) external {
        if (_reports.length == 0) return;
        bytes memory report = _reports[chance % _reports.length];
        (bool done,) = address(hub).call(_update(report));
        if (done) acceptedOld = true;
    }

    /// @notice Sends a report that nobody signed.
    function forge(uint256 chance) external {
        bytes memory data = _update(TestCommittee.report(_round + 1, int64(uint64(chance))));
        uint256 bit = bound(chance, 32, data.length * 8 - 1);
        data[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool done,) = address(hub).call(data);
        if (done) acceptedForgery = true;
    }

    /// @notice Tries to change the committee without a signature, from anywhere.
    function usurp(address sender, uint8 kind) external {
        if (sender == OWNER) return;
        ICommittees.Committee memory next = TestCommittee.committee();
        VM.prank(sender);
        bool done;
        if (kind % 3 == 0) {
            (done,) = address(hub).call(abi.encodeCall(hub.handOver, (next, new bytes(96))));
        } else if (kind % 3 == 1) {
            (done,) = address(hub).call(abi.encodeCall(hub.proposeCommittee, (next)));
        } else {
            (done,) = address(hub).call(abi.encodeCall(hub.takeOwnership, ()));
        }
        if (done || hub.epoch() != 1) committeeChanged = true;
    }
}

/// @title The numbered invariants of contracts/INVARIANTS.md that concern the hub
/// hardhat-config: invariant.runs = 32
/// hardhat-config: invariant.depth = 60
contract HubInvariantsTest is HubFixture {
    HubHandler internal handler;
    IPriceFeeds internal target;

    function setUp() public {
        handler = HubHandler(deploy("HubHandler", ""));
        target = handler.hubOf();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice I1: nothing is stored that the committee did not sign.
    function invariant_I1_onlyWhatIsSigned() public view {
        assertHolds("a forgery was accepted", !handler.acceptedForgery());
    }

    /// @notice I2: the round of a feed only rises, and is that of its newest report.
    function invariant_I2_roundsRise() public view {
        assertHolds("an old report was accepted", !handler.acceptedOld());
        for (uint256 feed = 0; feed < 4; feed++) {
            assertEqual("round", target.latest(feed).round, handler.roundOf(feed));
        }
    }

    /// @notice I3: the latest value and its time are those of the newest report that held a value.
    function invariant_I3_latestIsNewest() public view {
        for (uint256 feed = 0; feed < 4; feed++) {
            uint256 count = handler.keptCount(feed);
            IPriceFeeds.Feed memory latest = target.latest(feed);
            assertEqual("sequence", latest.sequence, count);
            if (count == 0) continue;
            (int64 value, uint256 time) = handler.kept(feed, count);
            assertHolds("value", latest.value == value && latest.time == time);
        }
    }

    /// @notice I4: every value is found under its number, with its own time, without gaps.
    function invariant_I4_historyIsComplete() public view {
        for (uint256 feed = 0; feed < 4; feed++) {
            uint256 count = handler.keptCount(feed);
            for (uint256 number = 1; number <= count; number++) {
                (int64 value, uint256 time) = handler.kept(feed, number);
                (, int256 answer, uint256 startedAt, uint256 updatedAt,) =
                    target.getRoundData(feed, uint80(feed << 64 | number));
                assertHolds("answer", answer == value);
                assertHolds("times", startedAt == time && updatedAt == time);
            }
        }
    }

    /// @notice I5: nobody but the committee and the owner changes the committee.
    function invariant_I5_committeeStays() public view {
        assertHolds("the committee changed", !handler.committeeChanged());
    }
}

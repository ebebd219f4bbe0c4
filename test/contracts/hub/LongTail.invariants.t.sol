// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {LongTailFixture} from "./LongTailFixture.sol";

/// @title Delivers long-tail words in any order and remembers what should stand
contract LongTailHandler is LongTailFixture {
    /// @notice What the newest delivered report said of each word, and when.
    int32[3] public bases;
    uint256[3] public times;
    bytes[] internal _reports;
    int32[] internal _basesOf;
    uint256[] internal _timesOf;

    constructor() {
        _setUpLongTail();
    }

    function hubOf() external view returns (IPriceFeeds) {
        return hub;
    }

    /// @notice Signs a report of all words some time later, and delivers it later or never.
    function sign(int32 base, uint256 chance) external {
        VM.warp(block.timestamp + 1 + chance % 20);
        base %= 1_000_000;
        _reports.push(_signed(_lanes(base), 0x07));
        _basesOf.push(base);
        _timesOf.push(block.timestamp);
    }

    /// @notice Delivers chosen words of any report that was signed, old or new.
    function deliver(uint256 chance, uint8 chosen) external {
        if (_reports.length == 0) return;
        uint256 number = chance % _reports.length;
        bytes memory report = _reports[number];
        report[report.length - 1] = bytes1(chosen & 7);
        (bool done,) = address(hub).call(_update(report));
        if (!done) return;
        for (uint256 i = 0; i < 3; i++) {
            if ((chosen >> i) & 1 == 0 || _timesOf[number] <= times[i]) continue;
            (bases[i], times[i]) = (_basesOf[number], _timesOf[number]);
        }
    }
}

/// @title The numbered invariant of contracts/INVARIANTS.md that concerns long-tail feeds
/// hardhat-config: invariant.runs = 32
/// hardhat-config: invariant.depth = 60
contract LongTailInvariantsTest is LongTailFixture {
    LongTailHandler internal handler;
    IPriceFeeds internal target;

    function setUp() public {
        handler = LongTailHandler(deploy("LongTailHandler", ""));
        target = handler.hubOf();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice I6: a long-tail word is that of the newest report delivered for it, whole.
    function invariant_I6_wordsAreTheNewestWhole() public view {
        for (uint256 number = 0; number < TAIL; number++) {
            IPriceFeeds.Feed memory feed = target.latest(FLAGSHIPS + number);
            uint256 time = handler.times(number / 4);
            assertEqual("time", feed.time, time);
            if (time == 0) continue;
            int256 base = handler.bases(number / 4);
            assertHolds("value", feed.value == base + int256(number));
        }
    }
}

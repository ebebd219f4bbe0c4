// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PerpetualMark} from "../../../contracts/src/examples/PerpetualMark.sol";
import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {TestHub} from "../../../contracts/src/testing/TestHub.sol";
import {HubFixture} from "../hub/HubFixture.sol";

/// @title What a perpetual marks with, and when it does not mark
contract PerpetualMarkTest is HubFixture {
    int64 internal constant INDEX = 50_000e8;
    uint256 internal constant BAND = 250e8;

    PerpetualMark internal perpetual;

    function setUp() public {
        _setUpHub();
        perpetual = PerpetualMark(deploy("PerpetualMark", abi.encode(hub, 0, 3)));
        _report(INDEX, 0, 4, 1);
    }

    function _words1(int64 value, uint24 spread, uint8 observers, uint8 status)
        private
        pure
        returns (bytes12[] memory words)
    {
        words = new bytes12[](1);
        words[0] = TestCommittee.word(value, spread, observers, status);
    }

    function _report(int64 value, uint24 spread, uint8 observers, uint8 status) private {
        TestHub.deliver(hub, _words1(value, spread, observers, status));
    }

    /// @dev Minutes of prices, then the last report of its own kind.
    function _afterSixMinutes(uint24 spread, uint8 observers) private {
        for (uint256 i = 1; i < 36; i++) {
            VM.warp(START + 10 * i);
            _report(i < 21 ? INDEX : INDEX + 300e8, 0, 4, 1);
        }
        VM.warp(START + 360);
        _report(INDEX + 900e8, spread, observers, 1);
    }

    function testFuzz_mark_staysInTheBand(uint256 traded) public view {
        (uint256 price, PerpetualMark.Basis basis) = perpetual.mark(traded);
        uint256 index = uint64(INDEX);
        assertHolds("basis", basis == PerpetualMark.Basis.Index);
        assertHolds("band", price >= index - BAND && price <= index + BAND);
        bool isInside = traded >= index - BAND && traded <= index + BAND;
        assertHolds("inside as traded", !isInside || price == traded);
        assertEqual("to open", perpetual.markToOpen(traded), price);
    }

    function test_mark_givenDisagreementOrFew_restsOnTheAverage() public {
        // 0.26 %, more than the fifth of a percent that the guard takes.
        _afterSixMinutes(uint24(16 << 18 | 200_000), 4);
        // Half of the five minutes at the index, half at 300 more.
        uint256 average = uint256(uint64(INDEX)) + 150e8;
        (uint256 price, PerpetualMark.Basis basis) = perpetual.mark(average);
        assertHolds("average", basis == PerpetualMark.Basis.Average && price == average);
        VM.expectRevert(abi.encodeWithSelector(PerpetualMark.OpeningPaused.selector));
        perpetual.markToOpen(average);

        VM.warp(START + 361);
        _report(INDEX + 900e8, 0, 2, 1);
        (, basis) = perpetual.mark(average);
        assertHolds("few observers", basis == PerpetualMark.Basis.Average);
    }

    function test_mark_givenDisagreementAndAge_marksNothing() public {
        _afterSixMinutes(uint24(16 << 18 | 200_000), 4);
        VM.warp(START + 391);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 0, 31, 30));
        perpetual.mark(1);
    }

    function test_mark_givenNoPrice_marksNothing() public {
        VM.warp(START + 31);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedStale.selector, 0, 31, 30));
        perpetual.mark(1);
        _report(0, 0, 1, 2);
        VM.expectRevert(abi.encodeWithSelector(IPriceFeeds.FeedHalted.selector, 0, 2));
        perpetual.mark(1);
    }

    function test_mark_givenAnIndexOfZero_isRefused() public {
        VM.warp(START + 1);
        _report(0, 0, 4, 1);
        VM.expectRevert(abi.encodeWithSelector(PerpetualMark.IndexNotPositive.selector, 0));
        perpetual.mark(1);
    }

    function test_markWithReport_givenANewerDelivery_takesThat() public {
        VM.warp(START + 5);
        bytes memory older = TestHub.signed(_words1(INDEX + 1, 0, 4, 1));
        VM.warp(START + 6);
        assertEqual("its own", perpetual.markWithReport(uint64(INDEX), older), uint64(INDEX));
        assertHolds("stored", hub.latest(0).value == INDEX + 1);
        _report(INDEX * 2, 0, 4, 1);
        uint256 banded = uint64(INDEX * 2) - 2 * BAND;
        assertEqual("the newer", perpetual.markWithReport(uint64(INDEX), older), banded);

        VM.warp(START + 7);
        bytes memory forged = TestHub.signed(_words1(1, 0, 4, 1));
        forged[forged.length - 5] ^= 0x01;
        VM.expectRevert(abi.encodeWithSelector(ICommittees.SignatureInvalid.selector));
        perpetual.markWithReport(1, forged);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICommittees} from "../../../contracts/src/interfaces/ICommittees.sol";
import {IPriceFeeds} from "../../../contracts/src/interfaces/IPriceFeeds.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";
import {HubFixture} from "./HubFixture.sol";

/// @title A wallet that acts when enough of its holders ask for the same call: for tests
contract TestWallet {
    error NotHolder(address given);
    error ApprovedBefore(address given);

    uint256 public immutable NEEDED;

    mapping(address => bool) private _isHolder;
    mapping(bytes32 call_ => mapping(address holder => bool)) private _approved;
    mapping(bytes32 call_ => uint256) private _approvals;

    constructor(address[] memory holders, uint256 needed) {
        NEEDED = needed;
        for (uint256 i = 0; i < holders.length; i++) _isHolder[holders[i]] = true;
    }

    /// @return isDone Whether this approval was the last that was needed, and the call was made
    function approve(address target, uint256 number, bytes calldata data)
        external
        returns (bool isDone)
    {
        if (!_isHolder[msg.sender]) revert NotHolder(msg.sender);
        bytes32 call_ = keccak256(abi.encode(target, number, data));
        if (_approved[call_][msg.sender]) revert ApprovedBefore(msg.sender);
        _approved[call_][msg.sender] = true;
        if (++_approvals[call_] != NEEDED) return false;
        (bool done, bytes memory result) = target.call(data);
        if (done) return true;
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }
}

/// @title The owner's path behind its delay, with a multi-signature wallet as the owner
contract OwnerWalletTest is HubFixture {
    ICommittees.HandoverSource internal constant PROPOSED = ICommittees.HandoverSource.OWNER;
    address internal constant FIRST = address(0x1001);
    address internal constant SECOND = address(0x1002);
    address internal constant THIRD = address(0x1003);

    TestWallet internal wallet;
    uint256 private _calls;

    function setUp() public {
        _setUpHub();
        _deliver(_words(1000));
        address[] memory holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (FIRST, SECOND, THIRD);
        wallet = new TestWallet(holders, 2);
        VM.prank(OWNER);
        hub.offerOwnership(address(wallet));
        _act(abi.encodeCall(ICommittees.takeOwnership, ()));
    }

    /// @dev Two of three ask for a call that is made once.
    function _act(bytes memory data) private {
        VM.prank(FIRST);
        assertHolds("one does not suffice", !wallet.approve(address(hub), ++_calls, data));
        VM.prank(THIRD);
        assertHolds("two do", wallet.approve(address(hub), _calls, data));
    }

    function _next() private view returns (ICommittees.Committee memory next) {
        next = TestCommittee.committee();
        next.digest = keccak256("of the wallet");
        next.publicKeyParity = 1;
        next.activeFromMs = uint48((block.timestamp + OWNER_DELAY) * 1000);
    }

    function test_wallet_takesTheOfferedOwnership() public view {
        (address current, address offeredTo) = hub.owner();
        assertHolds("the wallet owns", current == address(wallet) && offeredTo == address(0));
    }

    function test_proposal_ofTheWallet_waitsForTheDelayAndThenBringsTheCommittee() public {
        ICommittees.Committee memory next = _next();
        _act(abi.encodeCall(ICommittees.proposeCommittee, (next)));
        uint256 readyAt = block.timestamp + OWNER_DELAY;
        VM.warp(readyAt - 1);
        VM.expectRevert(
            abi.encodeWithSelector(ICommittees.HandoverTooEarly.selector, readyAt - 1, readyAt)
        );
        hub.activate(PROPOSED);
        VM.warp(readyAt);
        hub.activate(PROPOSED);
        assertEqual("in office", hub.epoch(), 2);
        assertHolds("the proposed", hub.committee(2).digest == next.digest);

        uint256 round = (block.timestamp * 1000 - next.genesisMs) / next.roundMs;
        bytes12[] memory words = new bytes12[](1);
        words[0] = TestCommittee.word(2000);
        _send(_update(TestCommittee.report(next, 2, uint32(round), words)));
        assertHolds("it reports", hub.latest(0).value == 2000);
    }

    function test_proposal_canBeWithdrawnByTheWallet() public {
        _act(abi.encodeCall(ICommittees.proposeCommittee, (_next())));
        _act(abi.encodeCall(ICommittees.withdrawProposal, ()));
        VM.warp(block.timestamp + OWNER_DELAY);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.HandoverMissing.selector, 2));
        hub.activate(PROPOSED);
    }

    function test_holdersAlone_areNobody() public {
        bytes memory data = abi.encodeCall(ICommittees.proposeCommittee, (_next()));
        VM.prank(FIRST);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.NotOwner.selector, FIRST));
        hub.proposeCommittee(_next());
        VM.expectRevert(abi.encodeWithSelector(TestWallet.NotHolder.selector, address(this)));
        wallet.approve(address(hub), 9, data);
        VM.prank(FIRST);
        wallet.approve(address(hub), 9, data);
        VM.prank(FIRST);
        VM.expectRevert(abi.encodeWithSelector(TestWallet.ApprovedBefore.selector, FIRST));
        wallet.approve(address(hub), 9, data);
        assertEqual("nothing announced", hub.handover(PROPOSED).epoch, 0);
        VM.prank(OWNER);
        VM.expectRevert(abi.encodeWithSelector(ICommittees.NotOwner.selector, OWNER));
        hub.proposeCommittee(_next());
    }
}

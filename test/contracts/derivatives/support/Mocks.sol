// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {IERC20} from "../../../../contracts/src/derivatives/interfaces/IERC20.sol";
import {ISettlementPrice} from "../../../../contracts/src/interfaces/ISettlementPrice.sol";
import {IPriceFeeds} from "../../../../contracts/src/interfaces/IPriceFeeds.sol";

/// @title A hub whose feeds say what the test says; only what the derivatives read
contract FakeHub {
    mapping(uint256 feed => IPriceFeeds.Feed) private _feeds;
    mapping(uint256 feed => uint8) private _decimals;
    address private _uptimeFeed;

    /// @notice Feeds below it are flagship feeds.
    uint256 public constant flagshipFeeds = 8;

    function configure(uint256 feed, uint8 decimals) external {
        _decimals[feed] = decimals;
    }

    /// @notice A fresh, narrow value from four members.
    function publish(uint256 feed, int64 value) external {
        _feeds[feed] = IPriceFeeds.Feed({
            value: value,
            spread: 0,
            observers: 4,
            status: 1,
            time: uint32(block.timestamp),
            round: 1,
            sequence: 1,
            heartbeatSeconds: 60
        });
    }

    function setSpread(uint256 feed, uint256 spread) external {
        _feeds[feed].spread = spread;
    }

    function setStatus(uint256 feed, uint8 status) external {
        _feeds[feed].status = status;
    }

    function setObservers(uint256 feed, uint8 observers) external {
        _feeds[feed].observers = observers;
    }

    /// @notice The uptime feed of a sequencer with a grace of an hour; none unless a test says so.
    function setSequencer(address uptimeFeed) external {
        _uptimeFeed = uptimeFeed;
    }

    function sequencer() external view returns (address, uint256) {
        return (_uptimeFeed, 1 hours);
    }

    function latest(uint256 feed) external view returns (IPriceFeeds.Feed memory) {
        return _feeds[feed];
    }

    function feedConfig(uint256 feed) external view returns (IPriceFeeds.FeedConfig memory) {
        return IPriceFeeds.FeedConfig("", _decimals[feed], 60);
    }
}

/// @title The uptime feed of a sequencer whose state the test sets
contract FakeUptime {
    int256 private _isDown;
    uint256 private _since;

    function set(int256 isDown, uint256 since) external {
        (_isDown, _since) = (isDown, since);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _isDown, _since, _since, 1);
    }
}

/// @title A settlement whose prices the test sets
contract FakeSettlement is ISettlementPrice {
    struct Price {
        int256 value;
        bool isFinal;
    }

    mapping(uint256 expiry => Price) private _prices;

    function set(uint256 expiry, int256 value, bool isFinal) external {
        _prices[expiry] = Price(value, isFinal);
    }

    function settlementPrice(uint256, uint256 expiry) external view returns (int256, bool) {
        return (_prices[expiry].value, _prices[expiry].isFinal);
    }
}

/// @title A token that anyone may mint; it trusts every spender
contract FakeToken is IERC20 {
    uint8 public immutable decimals;
    /// Share of every transfer that vanishes, 1/10,000.
    uint256 public feeBps;
    /// Called at every transfer, when set.
    address public hook;
    bytes public hookData;
    mapping(address account => uint256) public balanceOf;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function setFee(uint256 bps) external {
        feeBps = bps;
    }

    function setHook(address target, bytes calldata data) external {
        hook = target;
        hookData = data;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - amount * feeBps / 10_000;
        if (hook == address(0)) return;
        (bool success, bytes memory reason) = hook.call(hookData);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}

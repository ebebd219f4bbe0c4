// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AggregatorFacade} from "./adapters/AggregatorFacade.sol";
import {CommitteeBytes} from "./evidence/libraries/CommitteeBytes.sol";
import {Fields} from "./evidence/libraries/Fields.sol";
import {IFeedDirectory} from "./interfaces/IFeedDirectory.sol";
import {IPriceFeeds} from "./interfaces/IPriceFeeds.sol";

/// @title The feeds of a hub
/// @notice IFeedDirectory says what each function promises. The hub names its feeds once and for
/// ever, so their names are read at deployment.
contract FeedDirectory is IFeedDirectory {
    using Fields for bytes;

    /// @dev The CREATE2 factory of every deployment (contracts/deploy/planned-contract.ts).
    address private constant FACTORY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    /// @dev Deviations of one slot.
    uint256 private constant IN_SLOT = 16;

    /// @notice The hub whose feeds these are.
    IPriceFeeds public immutable HUB;

    uint256 private immutable _COUNT;
    uint256 private immutable _HISTORY_FEEDS;
    uint256 private immutable _FLAGSHIP_FEEDS;

    /// @dev Indices plus one; zero for none.
    mapping(bytes32 nameHash => uint256) private _byName;
    mapping(address base => mapping(address quote => uint256)) private _byPair;
    uint256[64] private _deviations;
    Asset[] private _assets;

    /// @inheritdoc IFeedDirectory
    bytes32 public describedCommittee;

    /// @param hub The PriceFeeds contract
    /// @param given The assets that pairs are asked by, as the deployer says: nobody checks their
    /// places; of two feeds alike the first counts
    constructor(IPriceFeeds hub, Asset[] memory given) {
        HUB = hub;
        _HISTORY_FEEDS = hub.historyFeeds();
        _FLAGSHIP_FEEDS = hub.flagshipFeeds();
        for (uint256 i = 0; i < given.length; i++) {
            _assets.push(given[i]);
        }
        uint256 feed = 0;
        for (; feed < CommitteeBytes.FEEDS_MAX; feed++) {
            bytes memory name = _nameOf(hub, feed);
            if (name.length == 0) break;
            bytes32 nameHash = keccak256(name);
            if (_byName[nameHash] == 0) _byName[nameHash] = feed + 1;
            _addPair(given, name, feed);
        }
        _COUNT = feed;
    }

    /// @inheritdoc IFeedDirectory
    function feedCount() external view returns (uint256) {
        return _COUNT;
    }

    /// @inheritdoc IFeedDirectory
    function listings(uint256 first, uint256 count) external view returns (Listing[] memory found) {
        if (first >= _COUNT) return found;
        if (count > _COUNT - first) count = _COUNT - first;
        found = new Listing[](count);
        bool isDescribed = describedCommittee == _inOffice();
        for (uint256 i = 0; i < count; i++) {
            uint256 feed = first + i;
            IPriceFeeds.FeedConfig memory config = HUB.feedConfig(feed);
            address facade = facadeAddress(feed);
            found[i] = Listing({
                feed: uint16(feed),
                name: config.name,
                facade: facade.code.length == 0 ? address(0) : facade,
                decimals: config.decimals,
                heartbeatSeconds: config.heartbeatSeconds,
                deviationBps: isDescribed ? _deviationOf(feed) : 0,
                hasHistory: feed < _HISTORY_FEEDS,
                isLongTail: feed >= _FLAGSHIP_FEEDS
            });
        }
    }

    /// @inheritdoc IFeedDirectory
    function feedByName(string calldata name) external view returns (uint256) {
        uint256 place = _byName[keccak256(bytes(name))];
        if (place == 0) revert NameUnknown(name);
        return place - 1;
    }

    /// @inheritdoc IFeedDirectory
    function feedByPair(address base, address quote) public view returns (uint256) {
        uint256 place = _byPair[base][quote];
        if (place == 0) revert PairUnknown(base, quote);
        return place - 1;
    }

    /// @inheritdoc IFeedDirectory
    function assets() external view returns (Asset[] memory) {
        return _assets;
    }

    /// @inheritdoc IFeedDirectory
    function facadeAddress(uint256 feed) public view returns (address) {
        bytes memory arguments = abi.encode(HUB, feed);
        bytes32 code = keccak256(bytes.concat(type(AggregatorFacade).creationCode, arguments));
        bytes32 made = keccak256(abi.encodePacked(bytes1(0xff), FACTORY, bytes32(0), code));
        return address(uint160(uint256(made)));
    }

    /// @inheritdoc IFeedDirectory
    function describe(bytes calldata parameters) external {
        CommitteeBytes.Facts memory facts = CommitteeBytes.read(parameters);
        bytes32 inOffice = _inOffice();
        if (facts.digest != inOffice) revert CommitteeNotInOffice(facts.digest, inOffice);
        uint256 offset = facts.feedsAt;
        uint256 packed = 0;
        for (uint256 feed = 0; feed < _COUNT; feed++) {
            if (feed < facts.feeds) {
                uint256 deviation = _deviationIn(parameters, offset, feed);
                packed |= deviation << (16 * (feed % IN_SLOT));
                offset = CommitteeBytes.afterFeed(parameters, offset);
            }
            bool isLast = feed % IN_SLOT == IN_SLOT - 1 || feed == _COUNT - 1;
            if (!isLast) continue;
            _deviations[feed / IN_SLOT] = packed;
            packed = 0;
        }
        describedCommittee = facts.digest;
        emit CommitteeDescribed(facts.digest);
    }

    /// @inheritdoc IFeedDirectory
    function getFeed(address base, address quote) external view returns (address facade) {
        uint256 feed = feedByPair(base, quote);
        facade = facadeAddress(feed);
        if (facade.code.length == 0) revert FacadeMissing(feed);
    }

    /// @inheritdoc IFeedDirectory
    function decimals(address base, address quote) external view returns (uint8) {
        return HUB.feedConfig(feedByPair(base, quote)).decimals;
    }

    /// @inheritdoc IFeedDirectory
    function description(address base, address quote) external view returns (string memory) {
        return HUB.feedConfig(feedByPair(base, quote)).name;
    }

    /// @inheritdoc IFeedDirectory
    function version(address base, address quote) external view returns (uint256) {
        feedByPair(base, quote);
        return 1;
    }

    /// @inheritdoc IFeedDirectory
    function latestRoundData(address base, address quote)
        external
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        return HUB.latestRoundData_5d7w(feedByPair(base, quote));
    }

    /// @inheritdoc IFeedDirectory
    function getRoundData(address base, address quote, uint80 roundId)
        external
        view
        returns (uint80, int256, uint256, uint256, uint80)
    {
        return HUB.getRoundData(feedByPair(base, quote), roundId);
    }

    function _inOffice() private view returns (bytes32) {
        return HUB.committee(HUB.epoch()).digest;
    }

    function _deviationOf(uint256 feed) private view returns (uint16) {
        return uint16(_deviations[feed / IN_SLOT] >> (16 * (feed % IN_SLOT)));
    }

    /// @dev Of a feed in the parameters, which must be the one that the hub has under this index.
    function _deviationIn(bytes calldata parameters, uint256 offset, uint256 feed)
        private
        view
        returns (uint256)
    {
        IPriceFeeds.FeedConfig memory config = HUB.feedConfig(feed);
        uint256 end = offset + 1 + parameters.u8(offset);
        bool isSame = keccak256(parameters[offset + 1:end]) == keccak256(bytes(config.name))
            && parameters.u8(end) == config.decimals;
        if (!isSame) revert FeedDiffers(feed);
        return parameters.u16(end + 2);
    }

    /// @dev Empty for a feed that the hub was not told of: it names them from the first on.
    function _nameOf(IPriceFeeds hub, uint256 feed) private view returns (bytes memory) {
        try hub.feedConfig(feed) returns (IPriceFeeds.FeedConfig memory config) {
            return bytes(config.name);
        } catch (bytes memory reason) {
            if (bytes4(reason) == IPriceFeeds.FeedUnnamed.selector) return "";
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }

    /// @dev Only names with one slash between two of the assets are those of a pair. That a place
    /// is that of its symbol is the deployer's word.
    function _addPair(Asset[] memory given, bytes memory name, uint256 feed) private {
        uint256 slash = 0;
        while (slash < name.length && name[slash] != "/") slash++;
        if (slash == name.length) return;
        address base = _placeOf(given, _part(name, 0, slash));
        address quote = _placeOf(given, _part(name, slash + 1, name.length));
        if (base == address(0) || quote == address(0)) return;
        if (_byPair[base][quote] == 0) _byPair[base][quote] = feed + 1;
    }

    function _placeOf(Asset[] memory given, bytes32 symbolHash) private pure returns (address) {
        for (uint256 i = 0; i < given.length; i++) {
            if (keccak256(bytes(given[i].symbol)) == symbolHash) return given[i].place;
        }
        return address(0);
    }

    /// @dev The hash of a part of a name.
    function _part(bytes memory name, uint256 from, uint256 to) private pure returns (bytes32) {
        bytes memory part = new bytes(to - from);
        for (uint256 i = from; i < to; i++) {
            part[i - from] = name[i];
        }
        return keccak256(part);
    }
}

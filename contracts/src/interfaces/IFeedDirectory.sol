// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What feeds a hub has: the specification
/// @notice Found on chain, without a web page: by number, by name, or by the addresses of base and
/// quote as in Chainlink's Feed Registry. Nobody owns it and nothing that delivers or reads a price
/// comes by here. Names, decimals and heartbeats are the hub's as of its deployment, addresses of
/// facades follow from code, and deviations are proven by the digest of the committee in office.
/// Which address stands for which asset, and so what a pair is, is the deployer's word alone: its
/// constructor's arguments are for ever, and whoever asks by pairs compares `assets` once.
interface IFeedDirectory {
    /// @notice A feed of the hub.
    /// @param feed Its index
    /// @param name Such as `BTC/USD`
    /// @param facade Its form as a Chainlink aggregator; zero where nobody has deployed it
    /// @param decimals Of its values
    /// @param heartbeatSeconds Longest time between two updates, as the hub was deployed; a later
    /// committee may have another in its parameters, and keeps that one
    /// @param deviationBps Change from which an update is due, in 1/10,000; zero while nobody has
    /// described the committee in office, or if that has no such feed any more
    /// @param hasHistory Whether its last 8,192 values are kept
    /// @param isLongTail Whether it shares its word with three others
    struct Listing {
        uint16 feed;
        string name;
        address facade;
        uint8 decimals;
        uint32 heartbeatSeconds;
        uint16 deviationBps;
        bool hasHistory;
        bool isLongTail;
    }

    /// @notice An asset or a currency, as names of feeds have it and as callers do; the deployer
    /// says which belong together.
    /// @param symbol Such as `BTC`: what stands before or behind the slash of a name
    /// @param place Its contract, or an address that callers agree on, as Chainlink's Denominations
    struct Asset {
        string symbol;
        address place;
    }

    /// @notice The committee in office was described: deviations are those of its parameters.
    event CommitteeDescribed(bytes32 indexed committee);

    /// @notice No feed has this name.
    error NameUnknown(string given);
    /// @notice No feed gives the price of this base in this quote.
    error PairUnknown(address base, address quote);
    /// @notice Nobody has deployed the facade of this feed.
    error FacadeMissing(uint256 feed);
    /// @notice The parameters are not those of the committee in office.
    error CommitteeNotInOffice(bytes32 given, bytes32 inOffice);
    /// @notice The committee in office calls the feed otherwise, or gives it other decimals, than
    /// the hub does.
    error FeedDiffers(uint256 feed);

    /// @notice How many feeds the hub names; they have the indices below it.
    function feedCount() external view returns (uint256);

    /// @notice Feeds by index.
    /// @param first Index of the first
    /// @param count Fewer come back where there are no more
    function listings(uint256 first, uint256 count) external view returns (Listing[] memory);

    /// @notice The index of a feed by its name.
    function feedByName(string calldata name) external view returns (uint256 feed);

    /// @notice The index of the feed that gives the price of a base in a quote, by `assets`.
    function feedByPair(address base, address quote) external view returns (uint256 feed);

    /// @notice The assets that pairs are asked by, as the deployer gave them.
    function assets() external view returns (Asset[] memory);

    /// @notice Where the facade of a feed stands once somebody has deployed it: its address follows
    /// from its code.
    function facadeAddress(uint256 feed) external view returns (address);

    /// @notice Digest of the committee that was described last.
    function describedCommittee() external view returns (bytes32);

    /// @notice Describes the committee in office. Anyone may: its digest proves the parameters.
    /// @param parameters Their canonical bytes (protocol §3), as `describeCalldata` of the client
    /// gives them
    function describe(bytes calldata parameters) external;

    /// @notice The facade of a pair, as Chainlink's Feed Registry names it.
    function getFeed(address base, address quote) external view returns (address aggregator);

    /// @notice Decimals of a pair's values.
    function decimals(address base, address quote) external view returns (uint8);

    /// @notice Name of a pair's feed.
    function description(address base, address quote) external view returns (string memory);

    /// @notice Version of the aggregators.
    function version(address base, address quote) external view returns (uint256);

    /// @notice The latest value of a pair, as through the facade.
    function latestRoundData(address base, address quote)
        external
        view
        returns (
            uint80 roundId,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );

    /// @notice The value of a pair with a number, as through the facade.
    function getRoundData(address base, address quote, uint80 roundId)
        external
        view
        returns (
            uint80 id,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80 answeredInRound
        );
}

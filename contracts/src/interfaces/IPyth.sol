// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/// @title Types of Pyth's price feed ABI
library PythStructs {
    /// @notice price × 10^expo, give or take conf × 10^expo, as of publishTime.
    struct Price {
        int64 price;
        uint64 conf;
        int32 expo;
        uint256 publishTime;
    }

    /// @notice A price under its id, with its moving average.
    struct PriceFeed {
        bytes32 id;
        Price price;
        Price emaPrice;
    }
}

/// @title Errors of Pyth's price feed ABI that can come from here
library PythErrors {
    /// @notice Lists that belong together have different lengths.
    error InvalidArgument();
    /// @notice No price is older here than its time says.
    error NoFreshUpdate();
    /// @notice No feed has this id, or it has no price yet.
    error PriceFeedNotFound();
    /// @notice No update holds the feed with a time in the range.
    error PriceFeedNotFoundWithinRange();
    /// @notice The price is older than the caller accepts.
    error StalePrice();
}

/// @title Pyth's price feed ABI, as far as consumers call it
interface IPyth {
    /// @notice The latest price, however old.
    function getPriceUnsafe(bytes32 id) external view returns (PythStructs.Price memory);

    /// @notice The latest price if it is at most so many seconds old.
    function getPriceNoOlderThan(bytes32 id, uint256 age)
        external
        view
        returns (PythStructs.Price memory);

    /// @notice The moving average, however old the latest price is.
    function getEmaPriceUnsafe(bytes32 id) external view returns (PythStructs.Price memory);

    /// @notice The moving average if the latest price is at most so many seconds old.
    function getEmaPriceNoOlderThan(bytes32 id, uint256 age)
        external
        view
        returns (PythStructs.Price memory);

    /// @notice Stores the prices of updates that are newer.
    function updatePriceFeeds(bytes[] calldata updateData) external payable;

    /// @notice Updates if one of the prices is older here than its time says; reverts otherwise.
    function updatePriceFeedsIfNecessary(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64[] calldata publishTimes
    ) external payable;

    /// @notice What an update costs, in wei.
    function getUpdateFee(bytes[] calldata updateData) external view returns (uint256);

    /// @notice Prices of an update with times in a range, without storing anything.
    function parsePriceFeedUpdates(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (PythStructs.PriceFeed[] memory);
}

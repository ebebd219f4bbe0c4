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

    /// @notice An average over a window, as Pyth's updates can prove it.
    struct TwapPriceFeed {
        bytes32 id;
        uint64 startTime;
        uint64 endTime;
        Price twap;
        uint32 downSlotsRatio;
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

/// @title Pyth's price feed ABI
/// @notice Every function of the SDK's IPyth and AbstractPyth, with its signature.
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

    /// @notice The latest price if it is valid still.
    function getPrice(bytes32 id) external view returns (PythStructs.Price memory);

    /// @notice The moving average if the latest price is valid still.
    function getEmaPrice(bytes32 id) external view returns (PythStructs.Price memory);

    /// @notice How long a price is valid, in seconds.
    function getValidTimePeriod() external view returns (uint256);

    /// @notice The latest price with its moving average, however old.
    function queryPriceFeed(bytes32 id) external view returns (PythStructs.PriceFeed memory);

    /// @notice Whether there is a price under an id.
    function priceFeedExists(bytes32 id) external view returns (bool);

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

    /// @notice What an update that proves averages costs, in wei.
    function getTwapUpdateFee(bytes[] calldata updateData) external view returns (uint256);

    /// @notice Prices of an update with times in a range, without storing anything.
    function parsePriceFeedUpdates(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (PythStructs.PriceFeed[] memory);

    /// @notice The same, and each price is the first at or after the beginning of the range.
    function parsePriceFeedUpdatesUnique(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (PythStructs.PriceFeed[] memory);

    /// @notice Either of the two, and more.
    /// @param checkUniqueness Whether each price must be the first
    /// @param checkUpdateDataIsMinimal Whether the updates may hold nothing that was not asked for
    /// @param storeUpdatesIfFresh Whether to store what is newer than what is stored
    /// @return slots When each price was made, by the clock of the network
    function parsePriceFeedUpdatesWithConfig(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minAllowedPublishTime,
        uint64 maxAllowedPublishTime,
        bool checkUniqueness,
        bool checkUpdateDataIsMinimal,
        bool storeUpdatesIfFresh
    ) external payable returns (PythStructs.PriceFeed[] memory, uint64[] memory slots);

    /// @notice Averages between two updates.
    function parseTwapPriceFeedUpdates(bytes[] calldata updateData, bytes32[] calldata priceIds)
        external
        payable
        returns (PythStructs.TwapPriceFeed[] memory);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The types of `@pythnetwork/pyth-sdk-solidity`, written down again: a consumer that was
/// compiled against them knows nothing of ours.
library SdkStructs {
    struct Price {
        int64 price;
        uint64 conf;
        int32 expo;
        uint publishTime;
    }

    struct PriceFeed {
        bytes32 id;
        Price price;
        Price emaPrice;
    }

    struct TwapPriceFeed {
        bytes32 id;
        uint64 startTime;
        uint64 endTime;
        Price twap;
        uint32 downSlotsRatio;
    }
}

/// @notice Its IPyth, and what AbstractPyth adds (pyth-crosschain 7c915eb,
/// target_chains/ethereum/sdk/solidity).
interface SdkPyth {
    function getPriceUnsafe(bytes32 id) external view returns (SdkStructs.Price memory price);

    function getPriceNoOlderThan(bytes32 id, uint age)
        external
        view
        returns (SdkStructs.Price memory price);

    function getEmaPriceUnsafe(bytes32 id) external view returns (SdkStructs.Price memory price);

    function getEmaPriceNoOlderThan(bytes32 id, uint age)
        external
        view
        returns (SdkStructs.Price memory price);

    function updatePriceFeeds(bytes[] calldata updateData) external payable;

    function updatePriceFeedsIfNecessary(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64[] calldata publishTimes
    ) external payable;

    function getUpdateFee(bytes[] calldata updateData) external view returns (uint feeAmount);

    function getTwapUpdateFee(bytes[] calldata updateData) external view returns (uint feeAmount);

    function parsePriceFeedUpdates(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (SdkStructs.PriceFeed[] memory priceFeeds);

    function parsePriceFeedUpdatesWithConfig(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minAllowedPublishTime,
        uint64 maxAllowedPublishTime,
        bool checkUniqueness,
        bool checkUpdateDataIsMinimal,
        bool storeUpdatesIfFresh
    )
        external
        payable
        returns (SdkStructs.PriceFeed[] memory priceFeeds, uint64[] memory slots);

    function parseTwapPriceFeedUpdates(bytes[] calldata updateData, bytes32[] calldata priceIds)
        external
        payable
        returns (SdkStructs.TwapPriceFeed[] memory twapPriceFeeds);

    function parsePriceFeedUpdatesUnique(
        bytes[] calldata updateData,
        bytes32[] calldata priceIds,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (SdkStructs.PriceFeed[] memory priceFeeds);

    function queryPriceFeed(bytes32 id)
        external
        view
        returns (SdkStructs.PriceFeed memory priceFeed);

    function priceFeedExists(bytes32 id) external view returns (bool exists);

    function getValidTimePeriod() external view returns (uint validTimePeriod);

    function getPrice(bytes32 id) external view returns (SdkStructs.Price memory price);

    function getEmaPrice(bytes32 id) external view returns (SdkStructs.Price memory price);
}

/// @title What such a consumer does
contract SdkConsumer {
    SdkPyth private immutable PYTH;

    constructor(SdkPyth pyth) {
        PYTH = pyth;
    }

    /// @notice The price of one second, the same whoever brings the updates.
    function settle(bytes32 id, uint64 second, bytes[] calldata updateData)
        external
        payable
        returns (int64)
    {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = id;
        uint256 fee = PYTH.getUpdateFee(updateData);
        SdkStructs.PriceFeed[] memory feeds = PYTH.parsePriceFeedUpdatesUnique{value: fee}(
            updateData, ids, second, second
        );
        require(feeds.length == 1 && feeds[0].id == id, "feed");
        return feeds[0].price.price;
    }

    /// @notice A price as consumers of the older interface read it.
    function validPrice(bytes32 id) external view returns (int64) {
        return PYTH.getPrice(id).price;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

import {BlackScholes} from "../BlackScholes.sol";
import {ImpliedVolatility} from "../ImpliedVolatility.sol";

/// @title The option libraries behind external functions, for tests and for measuring gas
/// @notice Arguments and units are those of `BlackScholes`.
contract DerivativesHarness {
    struct Terms {
        uint256 spot;
        uint256 strike;
        uint256 volatility;
        uint256 time;
        int256 rate;
    }

    function price(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        external
        pure
        returns (uint256 call, uint256 put)
    {
        return BlackScholes.price(spot, strike, volatility, time, rate);
    }

    function value(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        external
        pure
        returns (BlackScholes.Valuation memory)
    {
        return BlackScholes.value(spot, strike, volatility, time, rate);
    }

    function volatilityOfCall(uint256 paid, uint256 spot, uint256 strike, uint256 time, int256 rate)
        external
        pure
        returns (uint256)
    {
        return ImpliedVolatility.ofCall(paid, spot, strike, time, rate);
    }

    function volatilityOfPut(uint256 paid, uint256 spot, uint256 strike, uint256 time, int256 rate)
        external
        pure
        returns (uint256)
    {
        return ImpliedVolatility.ofPut(paid, spot, strike, time, rate);
    }

    /// @notice Many valuations in one call, so that a differential test is not all transport.
    function values(Terms[] calldata list)
        external
        pure
        returns (BlackScholes.Valuation[] memory all)
    {
        all = new BlackScholes.Valuation[](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            Terms calldata terms = list[i];
            all[i] = BlackScholes.value(
                terms.spot, terms.strike, terms.volatility, terms.time, terms.rate
            );
        }
    }

    /// @notice Prices alone of many terms; they must equal those of `values`.
    function prices(Terms[] calldata list) external pure returns (uint256[2][] memory all) {
        all = new uint256[2][](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            Terms calldata terms = list[i];
            (all[i][0], all[i][1]) = BlackScholes.price(
                terms.spot, terms.strike, terms.volatility, terms.time, terms.rate
            );
        }
    }
}

/// @title Each library function alone behind the smallest contract, as gas is measured
/// @notice The same signature with the function's work and, in `IdleGas`, without: the difference
///     of two calls is the cost of the function.
contract PriceGas {
    function run(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        external
        pure
        returns (uint256 call, uint256 put)
    {
        return BlackScholes.price(spot, strike, volatility, time, rate);
    }
}

/// @title As `PriceGas`, for prices and sensitivities
contract ValueGas {
    function run(uint256 spot, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        external
        pure
        returns (BlackScholes.Valuation memory)
    {
        return BlackScholes.value(spot, strike, volatility, time, rate);
    }
}

/// @title As `PriceGas`, for the implied volatility of a call; `paid` stands first
contract ImpliedGas {
    function run(uint256 paid, uint256 spot, uint256 strike, uint256 time, int256 rate)
        external
        pure
        returns (uint256 volatility, uint256 zero)
    {
        return (ImpliedVolatility.ofCall(paid, spot, strike, time, rate), 0);
    }
}

/// @title The same call with nothing to do: two words back
contract IdleGas {
    function run(uint256 a, uint256 b, uint256 c, uint256 d, int256 e)
        external
        pure
        returns (uint256, uint256)
    {
        unchecked {
            return (a + b + c, d + uint256(e));
        }
    }
}

/// @title The same call with nothing to do: ten words back
contract IdleValuationGas {
    function run(uint256 a, uint256 b, uint256 c, uint256 d, int256 e)
        external
        pure
        returns (BlackScholes.Valuation memory valuation)
    {
        unchecked {
            valuation.call = a + b + c + d + uint256(e);
        }
    }
}

/// @title Measures the gas of one library function
contract GasMeter {
    /// @notice The call to measure reverted.
    error CallFailed(address target);

    /// @return gasUsed gas of the call to `target`, from a warm address; what the caller subtracts
    ///     is the same call to an idle contract
    function measure(address target, bytes calldata data) external view returns (uint256 gasUsed) {
        (bool warm,) = target.staticcall(data);
        bytes memory input = data;
        uint256 before = gasleft();
        (bool success,) = target.staticcall(input);
        gasUsed = before - gasleft();
        if (!warm || !success) revert CallFailed(target);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.31;

/// @title Elementary functions of option pricing in binary fixed point
/// @notice Numbers carry 96 bits behind the point ("Q96") unless a unit is named. Every function is
///     a continued fraction whose coefficients were fitted by Remez' exchange:
///     `test/support/derivatives/fit.ts` derives them, `generate.ts --check` compares them with the
///     ones here. The errors stated are those of the fit; the arithmetic adds some units of 2^-96
///     (1.3e-29).
/// @dev One division of the EVM costs what one multiplication costs, so a continued fraction is
///     half the price of the quotient of two polynomials of the same degree. The functions trust
///     their callers for the stated ranges; `BlackScholes` checks them once at the border.
library OptionMath {
    /// @notice ln(a/b) in Q96, absolute error below 2e-21.
    /// @dev a and b are shifted to 128 bits each, so that a/b = 2^k·n_a/n_b with n_a/n_b in (1/2,
    ///     2), and ln(n_a/n_b) = 2·atanh(z) with z = (n_a − n_b)/(n_a + n_b), |z| < 1/3. The
    ///     fraction is z/atanh(z) in y = z².
    /// @param a from 1 to 2^128 − 1
    /// @param b from 1 to 2^128 − 1
    function lnRatio(uint256 a, uint256 b) internal pure returns (int256 result) {
        // No overflow: after the shifts 2^127 ≤ n_a, n_b < 2^128, so |n_a − n_b|·2^96 < 2^223 and
        // the sum is at least 2^128; |z| < 2^96/3 and y = z² < 2^192/9. With y/2^192 ≤ 1/9 every
        // level lies between 0.9 and 3.2 (times 2^96), because the quotients subtracted are at most
        // 0.11: nothing is negative, no divisor is zero. |k| ≤ 127, so the last sum is below 2^104.
        assembly ("memory-safe") {
            let shiftA := sub(clz(a), 128)
            let shiftB := sub(clz(b), 128)
            a := shl(shiftA, a)
            b := shl(shiftB, b)
            let z := sdiv(shl(96, sub(a, b)), add(a, b))
            let y := mul(z, z)
            let acc := sub(0x1489f7cafad6052d98dff2a7f, div(y, 0x2af95fc94069ec1514e7b06a8))
            acc := sub(0x32236d89f28634ac41fad53a6, div(y, acc))
            acc := sub(0x1450092ef24a7dc8e0031fd7a, div(y, acc))
            acc := sub(0x320fed80eda12a1d3d705c2f5, div(y, acc))
            acc := sub(0x144000003d2075b3cf56d7d56, div(y, acc))
            acc := sub(0x31c71c71c66ca2492f234ba4d, div(y, acc))
            acc := sub(0x1400000000002a8a57c4f6036, div(y, acc))
            acc := sub(0x2fffffffffffffe740831c8d0, div(y, acc))
            acc := sub(0x100000000000000000699b209, div(y, acc))
            result := add(
                sdiv(shl(97, z), acc),
                mul(sub(shiftB, shiftA), 0xb17217f7d1cf79abc9e3b398)
            )
        }
    }

    /// @notice σ√T in Q96: the standard deviation of the logarithm of the price at expiry, relative
    ///     error below 2e-23.
    /// @param volatility per year, 18 decimals, 1e16 to 1e20
    /// @param time seconds, 1 to 2^28
    function deviation(uint256 volatility, uint256 time) internal pure returns (uint256 result) {
        // No overflow: σ²·time < (2^66.5)² · 2^28 < 2^162, and at least 1e32 > 2^106, so shift is
        // 47 to 75. The constant is 2^196/√(1e36 · 31,536,000) < 2^124, the product below 2^253.
        unchecked {
            (uint256 root, uint256 shift) = _normalRoot(volatility * volatility * time);
            result = (root * 0xd746bfcac7f7879b13768318eec505d) >> (100 + shift);
        }
    }

    /// @notice Square root, relative error below 2e-23 plus one unit.
    function squareRoot(uint256 n) internal pure returns (uint256) {
        if (n == 0) return 0;
        (uint256 root, uint256 shift) = _normalRoot(n);
        return root >> shift;
    }

    /// @dev √(n·4^shift) for n > 0, shifted so that it lies between 2^127 and 2^128: a fitted b0 −
    ///     a1/(u + b1) (relative error 2.6e-3), then three steps of Newton, each of which squares
    ///     the error and halves it.
    function _normalRoot(uint256 n) private pure returns (uint256 root, uint256 shift) {
        // No overflow: u is a full word of at least 2^254 and the first root within [2^126.9,
        // 2^128.1], so is every quotient, and the sums are below 2^130. No divisor is zero.
        assembly ("memory-safe") {
            shift := shr(1, clz(n))
            let u := shl(add(shift, shift), n)
            root := sub(
                0x22f67c606b1bd05da92a20524081b7680,
                div(
                    0xc177159238e9703b3501cc8cb704c43f5f271521a6bf66a932b81361a2508e8,
                    add(shr(134, u), 0x62e3e19b5a924d1c5acbb4b0af3bfc0)
                )
            )
            root := shr(1, add(root, div(u, root)))
            root := shr(1, add(root, div(u, root)))
            root := shr(1, add(root, div(u, root)))
        }
    }

    /// @notice e^x in Q96 for |x| ≤ 1, relative error below 4e-24.
    /// @dev e^x = (c + x)/(c − x) with c = x·coth(x/2), a fraction in y = x².
    /// @param x Q96, −2^96 to 2^96
    function expSmall(int256 x) internal pure returns (uint256 result) {
        // No overflow: y ≤ 2^192; every level lies between its constant (at least 2·2^96) and that
        // plus 1/2, so 2 ≤ c ≤ 2.2, c ± x is between 1 and 3.2 (times 2^96): positive, below 2^98.
        assembly ("memory-safe") {
            let y := mul(x, x)
            let acc := add(0x1a000f291d48ee41f55cee334c, div(y, 0x1e1f5b6b44e05eeed5887a1428))
            acc := add(0x160000052618e762c0f93fb052, div(y, acc))
            acc := add(0x12000000015ed037c1573654f7, div(y, acc))
            acc := add(0xe00000000004d102324fc8572, div(y, acc))
            acc := add(0xa0000000000000e0bf2bea8ed, div(y, acc))
            acc := add(0x60000000000000001ef14c770, div(y, acc))
            acc := add(0x2000000000000000000132207, div(y, acc))
            result := div(shl(96, add(acc, x)), sub(acc, x))
        }
    }

    /// @notice e^(−d²/2) in Q96, relative error below 6e-23 plus one unit of 2^-96.
    /// @dev −d²/2 = r − n·ln 2 with |r| ≤ ln 2 / 2, then as in `expSmall`.
    /// @param d Q96, |d| < 2^104
    function gaussian(int256 d) internal pure returns (uint256 result) {
        // No overflow: d² < 2^208, half < 2^111; r = n·ln 2 − half lies within ±ln 2/2 + 2^-96, so
        // y is below 0.1202·2^192, c between 2 and 2.1 and c ± r between 1.6 and 2.5 (times 2^96).
        // A shift by n of 256 or more gives zero, as it should.
        assembly ("memory-safe") {
            let half := shr(97, mul(d, d))
            let n := div(add(half, 0x58b90bfbe8e7bcd5e4f1d9cc), 0xb17217f7d1cf79abc9e3b398)
            let r := sub(mul(n, 0xb17217f7d1cf79abc9e3b398), half)
            let y := mul(r, r)
            let acc := add(0x120000470652c2e5146ab6041d, div(y, 0x1603b209c824ac0b0f32acb970))
            acc := add(0xe00000003b6cd381ee0cb6584, div(y, acc))
            acc := add(0xa00000000002586f5d210e5a0, div(y, acc))
            acc := add(0x6000000000000010a084a1ab9, div(y, acc))
            acc := add(0x20000000000000000011250ef, div(y, acc))
            result := shr(n, div(shl(96, add(acc, r)), sub(acc, r)))
        }
    }

    /// @notice Φ(−x)·e^(x²/2) in Q96: the tail of the normal distribution without its exponential,
    ///     absolute error below 5e-20. Falls from 1/2 at 0 like 1/(x√2π).
    /// @dev A Jacobi fraction of eleven levels in s = 1/(x + 2.375). The shift is one of a few for
    ///     which no level changes its sign on the range, so that no divisor is near zero; the
    ///     reference for it is the interval check in
    ///     `test/unit/aggregator/derivatives/option-math.test.ts`.
    /// @param x Q96, 0 to 32·2^96
    function scaledTail(uint256 x) internal pure returns (uint256 result) {
        // No overflow: 2^96/34.375 ≤ s ≤ 2^96/2.375. Each level is bounded away from zero and of
        // constant sign on that range (0.02 at least, 35 at most, times 2^96: interval arithmetic,
        // see above), and the numerators are below 2^198, so every quotient stays below 2^108. The
        // result is positive.
        assembly ("memory-safe") {
            let s := div(shl(192, 1), add(x, 0x2600000000000000000000000))
            let t := add(s, 0xa5bc96a33994839da4408c4e)
            t := add(
                sub(s, 0x9cea3b4faa6fc54ff3727957),
                sdiv(0x73aae82dfd6eff1769b2b6124b278e7872cf5607cd0f17c7, t)
            )
            t := sub(
                add(s, 0x15eee1a5716d8b64b8c74549),
                sdiv(0xcbaa08a2fdaccdf26d2462f1a44177628416a1665df32, t)
            )
            t := add(
                add(s, 0x4e2743a2294280beeafce13),
                sdiv(0x190dd72c012376032b3873107a058f0e0b3512c03a29640e, t)
            )
            t := sub(
                sub(s, 0x91058fd6429356e6a82c59ed),
                sdiv(0x96f0021c5ce5cb4ba924bcc418fa16346f8b9f00133af0, t)
            )
            t := add(
                add(s, 0xce9541e53d9ea6353e91a3ed),
                sdiv(0xa45d5d36bbcf612289d1b93c096a7ace5d97a001b9579718, t)
            )
            t := add(
                add(s, 0x1733ab19c5e454fbad81b126b),
                sdiv(0x175e1d5723bbfbd3ecaf985b3a51bbf3341bd280d422217, t)
            )
            t := add(
                sub(s, 0xe1723431b26bb8bbacbe2a4d),
                sdiv(0x1b24aa9031ba2cb0ad9aeab27877c64affffc2b3310944504, t)
            )
            t := sub(
                add(s, 0x1554ad074f3d4fc285799a2ef),
                sdiv(0x12a4799f5c1e9c7aab2fbd97681e98fd98362dfd7f1ab6fe, t)
            )
            t := add(
                sub(s, 0x1d7a2b7826c84384d723592e),
                sdiv(0x9e02fdb73b50936a71e170c85a229ab87512772a8ca47e9d, t)
            )
            t := add(
                add(s, 0x16e2aa8f80cddc043351c9022),
                sdiv(0x712380b98535c605ed84ed9b8a216bdf9e6ca649fcfab080, t)
            )
            result := sub(
                0x10a94e49428f6048bb17021677,
                sdiv(0x283797d1eacb85d20cfe8fc08d4b6a2db4ae33d26dc218fcaa, t)
            )
        }
    }
}

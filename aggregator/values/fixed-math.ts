import { invariant } from '../assert.ts'

/** Fixed point with 18 decimals: 1.5 is 1_500_000_000_000_000_000n. */
export type Wad = bigint
/** Binary fixed point with 96 bits behind the point; the form in which the functions compute. */
export type Q96 = bigint

export const WAD = 10n ** 18n
export const Q96_ONE: Q96 = 1n << 96n
export const LN2_Q96: Q96 = 0xb17217f7d1cf79abc9e3b398n

/** Above it e^x does not fit 256 bits with 18 decimals. */
export const EXP_WAD_MAX: Wad = 135_305_999_368_893_231_588n
/** At and below it e^x rounds to zero: ln(0.5e-18) = −42.139…. */
export const EXP_WAD_ZERO: Wad = -42_139_678_854_452_767_552n

/**
 * Coefficients of the continued fractions, in Q96, derived by `test/support/derivatives/fit.ts`;
 * the same numbers stand in `OptionMath.sol`, and a unit test derives them again.
 */
export const FIXED_MATH_COEFFICIENTS = {
  /** r·coth(r/2) = c0 + y/(c1 + y/(…)), y = r², |r| ≤ ln 2 / 2; relative error of e^r 6e-23. */
  exp: [
    0x20000000000000000011250efn,
    0x6000000000000010a084a1ab9n,
    0xa00000000002586f5d210e5a0n,
    0xe00000003b6cd381ee0cb6584n,
    0x120000470652c2e5146ab6041dn,
    0x1603b209c824ac0b0f32acb970n,
  ],
  /** z/atanh z = c0 − y/(c1 − y/(…)), y = z² ≤ 1/9; absolute error of the logarithm 1.4e-21. */
  ln: [
    0x100000000000000000699b209n,
    0x2fffffffffffffe740831c8d0n,
    0x1400000000002a8a57c4f6036n,
    0x31c71c71c66ca2492f234ba4dn,
    0x144000003d2075b3cf56d7d56n,
    0x320fed80eda12a1d3d705c2f5n,
    0x1450092ef24a7dc8e0031fd7an,
    0x32236d89f28634ac41fad53a6n,
    0x1489f7cafad6052d98dff2a7fn,
    0x2af95fc94069ec1514e7b06a8n,
  ],
} as const

/**
 * Natural logarithm of a ratio of positive integers, in Q96.
 *
 * Absolute error below 2e-21 for a, b < 2^128; longer numbers are cut to 128 bits, which adds
 * 6e-39. Bit for bit `OptionMath.lnRatio` on chain, for a, b < 2^128.
 */
export function lnRatio(a: bigint, b: bigint): Q96 {
  invariant(a > 0n && b > 0n, 'the logarithm is for positive numbers')
  const shiftA = 128n - bitLength(a)
  const shiftB = 128n - bitLength(b)
  const top = shift(a, shiftA)
  const bottom = shift(b, shiftB)
  const z = ((top - bottom) << 96n) / (top + bottom)
  const [first, ...rest] = FIXED_MATH_COEFFICIENTS.ln
  const y = z * z
  const tail = rest.reduceRight<bigint | null>((acc, c) => (acc === null ? c : c - y / acc), null)
  invariant(tail !== null, 'the fraction has levels')
  return (z << 97n) / (first - y / tail) + (shiftB - shiftA) * LN2_Q96
}

/**
 * e^x, rounded to the nearest unit: error below 0.51 units of 1e-18 up to e^x = 1e4, relative error
 * below 1e-22 above.
 *
 * @throws {RangeError} above EXP_WAD_MAX; at or below EXP_WAD_ZERO the result is 0
 */
export function expWad(x: Wad): Wad {
  if (x > EXP_WAD_MAX) throw new RangeError(`e^x does not fit 256 bits: x is ${x}`)
  if (x <= EXP_WAD_ZERO) return 0n
  const scaled = (x << 96n) / WAD
  const half = LN2_Q96 >> 1n
  const exponent = floorDivide(scaled + half, LN2_Q96)
  const kernel = expReduced(scaled - exponent * LN2_Q96) * WAD
  return (kernel + (1n << (95n - exponent))) >> (96n - exponent)
}

/** The largest integer whose square is at most n; n ≥ 0. */
export function integerSqrt(n: bigint): bigint {
  invariant(n >= 0n, 'the root is for numbers from 0')
  if (n === 0n) return 0n
  // From above Newton's iteration falls until it reaches the root.
  let root = 1n << ((bitLength(n) + 1n) >> 1n)
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** e^r in Q96 for |r| ≤ ln 2 / 2, relative error below 6e-23. */
export function expReduced(r: Q96): Q96 {
  const c = risingFraction(FIXED_MATH_COEFFICIENTS.exp, r * r)
  return ((c + r) << 96n) / (c - r)
}

/** c0 + y/(c1 + y/(c2 + …)) with y in Q192 and everything else in Q96. */
export function risingFraction(coefficients: readonly Q96[], y: bigint): Q96 {
  const sum = coefficients.reduceRight<bigint | null>(
    (acc, c) => (acc === null ? c : c + y / acc),
    null,
  )
  invariant(sum !== null, 'a fraction has levels')
  return sum
}

/** Number of bits of n > 0. */
export function bitLength(n: bigint): bigint {
  const digits = n.toString(16)
  const first = Number.parseInt(digits.slice(0, 1), 16)
  const firstBits = first >= 8 ? 4n : first >= 4 ? 3n : first >= 2 ? 2n : 1n
  return BigInt(digits.length - 1) * 4n + firstBits
}

function shift(x: bigint, bits: bigint): bigint {
  return bits >= 0n ? x << bits : x >> -bits
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}

import { invariant } from '../assert.ts'
import {
  bitLength,
  expReduced,
  LN2_Q96,
  type Q96,
  Q96_ONE,
  risingFraction,
} from '../values/fixed-math.ts'

/** One level of a Jacobi fraction: a in Q192, b in Q96. */
interface Level {
  readonly a: bigint
  readonly b: bigint
}

/**
 * Coefficients derived by `test/support/derivatives/fit.ts`; the same numbers stand in
 * `OptionMath.sol`, and a unit test derives them again.
 */
export const OPTION_MATH_COEFFICIENTS = {
  /** x·coth(x/2) as in `FIXED_MATH_COEFFICIENTS.exp`, for |x| ≤ 1; relative error of e^x 4e-24. */
  expSmall: [
    0x2000000000000000000132207n,
    0x60000000000000001ef14c770n,
    0xa0000000000000e0bf2bea8edn,
    0xe00000000004d102324fc8572n,
    0x12000000015ed037c1573654f7n,
    0x160000052618e762c0f93fb052n,
    0x1a000f291d48ee41f55cee334cn,
    0x1e1f5b6b44e05eeed5887a1428n,
  ],
  /** Φ(−x)·e^(x²/2) = constant + a1/(s + b1 + a2/(s + b2 + …)), s = 1/(x + shift); error 5e-20. */
  tail: {
    shift: 0x2600000000000000000000000n,
    constant: 0x10a94e49428f6048bb17021677n,
    levels: [
      {
        a: -0x283797d1eacb85d20cfe8fc08d4b6a2db4ae33d26dc218fcaan,
        b: 0x16e2aa8f80cddc043351c9022n,
      },
      { a: 0x712380b98535c605ed84ed9b8a216bdf9e6ca649fcfab080n, b: -0x1d7a2b7826c84384d723592en },
      { a: 0x9e02fdb73b50936a71e170c85a229ab87512772a8ca47e9dn, b: 0x1554ad074f3d4fc285799a2efn },
      { a: -0x12a4799f5c1e9c7aab2fbd97681e98fd98362dfd7f1ab6fen, b: -0xe1723431b26bb8bbacbe2a4dn },
      { a: 0x1b24aa9031ba2cb0ad9aeab27877c64affffc2b3310944504n, b: 0x1733ab19c5e454fbad81b126bn },
      { a: 0x175e1d5723bbfbd3ecaf985b3a51bbf3341bd280d422217n, b: 0xce9541e53d9ea6353e91a3edn },
      { a: 0xa45d5d36bbcf612289d1b93c096a7ace5d97a001b9579718n, b: -0x91058fd6429356e6a82c59edn },
      { a: -0x96f0021c5ce5cb4ba924bcc418fa16346f8b9f00133af0n, b: 0x4e2743a2294280beeafce13n },
      { a: 0x190dd72c012376032b3873107a058f0e0b3512c03a29640en, b: 0x15eee1a5716d8b64b8c74549n },
      { a: -0xcbaa08a2fdaccdf26d2462f1a44177628416a1665df32n, b: -0x9cea3b4faa6fc54ff3727957n },
      { a: 0x73aae82dfd6eff1769b2b6124b278e7872cf5607cd0f17c7n, b: 0xa5bc96a33994839da4408c4en },
    ] as readonly Level[],
  },
  /** √u on [1, 4] = constant − a/(u + b): Q127, Q247 and Q120; relative error 2.6e-3. */
  root: {
    constant: 0x22f67c606b1bd05da92a20524081b7680n,
    a: 0xc177159238e9703b3501cc8cb704c43f5f271521a6bf66a932b81361a2508e8n,
    b: 0x62e3e19b5a924d1c5acbb4b0af3bfc0n,
  },
  /** 2^196/√(1e36 · 31,536,000): turns √(wad² · seconds) into Q96 years. */
  rootScale: 0xd746bfcac7f7879b13768318eec505dn,
} as const

/**
 * σ√T in Q96: the standard deviation of the logarithm of the price at expiry. Relative error below
 * 2e-23. Bit for bit `OptionMath.deviation`.
 *
 * @param volatility per year, 18 decimals, 1e16 to 1e20
 * @param timeSeconds 1 to 2^28
 */
export function deviation(volatility: bigint, timeSeconds: bigint): Q96 {
  const { root, shift } = normalRoot(volatility * volatility * timeSeconds)
  return (root * OPTION_MATH_COEFFICIENTS.rootScale) >> (100n + shift)
}

/** Square root of an integer 0 to 2^256 − 1, relative error below 2e-23 plus one unit. */
export function squareRoot(n: bigint): bigint {
  if (n === 0n) return 0n
  const { root, shift } = normalRoot(n)
  return root >> shift
}

/** √(n·4^shift), between 2^127 and 2^128 up to its error. */
function normalRoot(n: bigint): { root: bigint; shift: bigint } {
  invariant(n > 0n, 'the root is for positive numbers')
  const fit = OPTION_MATH_COEFFICIENTS.root
  const shift = (256n - bitLength(n)) >> 1n
  const u = n << (2n * shift)
  let root = fit.constant - fit.a / ((u >> 134n) + fit.b)
  for (let step = 0; step < 3; step++) root = (root + u / root) >> 1n
  return { root, shift }
}

/** e^x in Q96 for |x| ≤ 1, relative error below 4e-24. Bit for bit `OptionMath.expSmall`. */
export function expSmall(x: Q96): Q96 {
  invariant(x >= -Q96_ONE && x <= Q96_ONE, 'expSmall is for |x| ≤ 1')
  const c = risingFraction(OPTION_MATH_COEFFICIENTS.expSmall, x * x)
  return ((c + x) << 96n) / (c - x)
}

/**
 * e^(−d²/2) in Q96, relative error below 6e-23 plus one unit of 2^-96. Bit for bit
 * `OptionMath.gaussian`.
 */
export function gaussian(d: Q96): Q96 {
  const half = (d * d) >> 97n
  const n = (half + (LN2_Q96 >> 1n)) / LN2_Q96
  return expReduced(n * LN2_Q96 - half) >> n
}

/**
 * Φ(−x)·e^(x²/2) in Q96 for 0 ≤ x ≤ 32, absolute error below 5e-20: the tail of the normal
 * distribution without its exponential. Bit for bit `OptionMath.scaledTail`.
 */
export function scaledTail(x: Q96): Q96 {
  invariant(x >= 0n && x <= 32n * Q96_ONE, 'scaledTail is for 0 ≤ x ≤ 32')
  const { shift, constant, levels } = OPTION_MATH_COEFFICIENTS.tail
  const s = (1n << 192n) / (x + shift)
  return levels.reduceRight((rest, { a, b }, i) => {
    const level = s + b + rest
    invariant(level !== 0n, 'no level of the fraction is zero')
    return a / level + (i === 0 ? constant : 0n)
  }, 0n)
}

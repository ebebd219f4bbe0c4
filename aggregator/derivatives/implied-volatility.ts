import { lnRatio, type Q96, Q96_ONE, WAD, type Wad } from '../values/fixed-math.ts'
import {
  checkDomain,
  DENSITY_AT_ZERO,
  type OptionTerms,
  rateGrowth,
  VOLATILITY_MAX,
  VOLATILITY_MIN,
} from './black-scholes.ts'
import { deviation, expSmall, gaussian, scaledTail, squareRoot } from './option-math.ts'

/** An option whose price is known and whose volatility is not. */
export interface PricedOption extends Omit<OptionTerms, 'volatility'> {
  readonly side: 'call' | 'put'
  /** In the unit of spot. */
  readonly price: bigint
}

/** Steps after which the solver gives up; six are the most over the grid of errors. */
const IMPLIED_STEPS_MAX = 40
/** 2^-20 and 24: below and above σ√T at the ends of the domain (1.78e-6 and 22.4). */
const DEVIATION_MIN: Q96 = 1n << 76n
const DEVIATION_MAX: Q96 = 24n << 96n

/**
 * The volatility at which Black and Scholes give this price, 18 decimals, rounded to nearest. Bit
 * for bit `ImpliedVolatility.ofCall` and `ofPut`.
 *
 * As exact as the price allows: an error of one unit in the price is one of 1/vega in the
 * volatility.
 *
 * @throws {RangeError} when an argument lies outside the domain, the price outside the bounds that
 *     hold without arbitrage, or the volatility outside VOLATILITY_MIN to VOLATILITY_MAX
 */
export function impliedVolatility(option: PricedOption): Wad {
  const { spot, strike, timeSeconds, rate } = option
  checkDomain({ spot, strike, timeSeconds, rate, volatility: VOLATILITY_MIN })
  const growth = rateGrowth(rate, timeSeconds)
  const strikeNow = strike * expSmall(-growth)
  const moneyness = lnRatio(spot, strike) + growth
  const share = outOfTheMoneyShare(option, { strikeNow, moneyness })
  const distance = moneyness < 0n ? -moneyness : moneyness
  const width = impliedDeviation(distance, share)
  const rootYears = deviation(WAD, timeSeconds)
  const volatility = (width * WAD + (rootYears >> 1n)) / rootYears
  if (volatility >= VOLATILITY_MIN && volatility <= VOLATILITY_MAX) return volatility
  throw new RangeError(`volatility must lie within 1 % and 1000 %: ${volatility}`)
}

interface Reduced {
  /** K·e^(−rT), times 2^96. */
  readonly strikeNow: bigint
  /** ln(S/K) + rT. */
  readonly moneyness: Q96
}

/** Price of the out-of-the-money twin (put-call parity) as a share of its bound, in Q96. */
function outOfTheMoneyShare(option: PricedOption, { strikeNow, moneyness }: Reduced): Q96 {
  const spotNow = option.spot << 96n
  const intrinsic = option.side === 'call' ? spotNow - strikeNow : strikeNow - spotNow
  const inTheMoney = option.side === 'call' ? moneyness > 0n : moneyness < 0n
  const bound = moneyness < 0n ? spotNow : strikeNow
  const worth = (option.price << 96n) - (inTheMoney ? intrinsic : 0n)
  const share = worth > 0n && worth < bound ? (worth << 36n) / (bound >> 60n) : 0n
  if (share > 0n && share < Q96_ONE) return share
  throw new RangeError(`no volatility gives the price ${option.price}`)
}

/**
 * Solves C(w) = share for w = σ√T, where C(w) = Φ(−m/w + w/2) − e^m Φ(−m/w − w/2), m = distance.
 *
 * C is convex below w² = 2m and concave above. Below, ln C is nearly linear in 1/w², above, ln(1 −
 * C) in w²; Newton's method in those variables settles in three to six steps. A bracket catches a
 * step that leaves it.
 */
function impliedDeviation(distance: Q96, share: Q96): Q96 {
  const inflection = squareRoot(distance << 97n)
  const atInflection = (Q96_ONE >> 1n) - scaledTail(inflection)
  const above = share >= atInflection
  const target = above ? Q96_ONE - share : share
  // C(m/16) is below Φ(−14.9), less than one unit of Q96, because m < 36.
  let low = atLeast(above ? inflection : distance >> 4n, DEVIATION_MIN)
  let high = atLeast(above ? DEVIATION_MAX : inflection, DEVIATION_MIN)
  // The tangent in the inflection stays on the far side of the root, so it is a safe first step.
  let width = within(inflection + ((share - atInflection) << 96n) / DENSITY_AT_ZERO, low, high)
  for (let step = 0; step < IMPLIED_STEPS_MAX; step++) {
    const { value, factor } = newton({ distance, width, target, above })
    if (value > target === above) low = width
    else high = width
    const next = factor === 0n ? 0n : above ? (width * factor) >> 96n : (width << 96n) / factor
    // A settled step counts even where it leaves the bracket by its rounding.
    if ((next > width ? next - width : width - next) <= width >> 40n) return next
    width = next >= low && next <= high ? next : (low + high) >> 1n
  }
  throw new RangeError('the volatility was not found')
}

interface NewtonState {
  readonly distance: Q96
  readonly width: Q96
  readonly target: Q96
  readonly above: boolean
}

/** C or 1 − C at the width, and the factor of Newton's step; 0 where the step leads nowhere. */
function newton({ distance, width, target, above }: NewtonState): { value: Q96; factor: Q96 } {
  const ratio = (distance << 96n) / width
  const half = width >> 1n
  const d1 = half - ratio
  const near = scaledTail(d1 < 0n ? -d1 : d1)
  const far = scaledTail(half + ratio)
  const level = above ? near + far : near - far
  const value = (gaussian(d1) * level) >> 96n
  if (value <= 0n) return { value: 0n, factor: 0n }
  const gap = lnRatio(value, target)
  const square = Q96_ONE + (2n * gap * level) / ((DENSITY_AT_ZERO * width) >> 96n)
  return { value, factor: square <= 0n ? 0n : squareRoot(square << 96n) }
}

function atLeast(x: bigint, floor: bigint): bigint {
  return x < floor ? floor : x
}

function within(x: bigint, low: bigint, high: bigint): bigint {
  if (x < low) return low
  return x > high ? high : x
}

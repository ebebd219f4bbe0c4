import { lnRatio, type Q96, Q96_ONE, WAD, type Wad } from '../values/fixed-math.ts'
import { deviation, expSmall, gaussian, scaledTail } from './option-math.ts'

/** What an option's price depends on. */
export interface OptionTerms {
  /** Price of the underlying in any unit, PRICE_MIN to PRICE_MAX. */
  readonly spot: bigint
  /** In the unit of spot, PRICE_MIN to PRICE_MAX. */
  readonly strike: bigint
  /** Per year, 18 decimals. */
  readonly volatility: Wad
  readonly timeSeconds: bigint
  /** Continuously compounded, per year, 18 decimals. */
  readonly rate: Wad
}

/** Prices in the unit of spot, rounded down. */
export interface OptionPrices {
  readonly call: bigint
  readonly put: bigint
}

/** Prices and sensitivities; units as in `BlackScholes.sol`. */
export interface OptionValuation extends OptionPrices {
  readonly callDelta: Wad
  readonly putDelta: Wad
  /** Change of delta per unit of spot, times 1e54. */
  readonly gamma: bigint
  readonly vega: bigint
  readonly callTheta: bigint
  readonly putTheta: bigint
  readonly callRho: bigint
  readonly putRho: bigint
}

export const PRICE_MIN = 10n ** 12n
export const PRICE_MAX = 10n ** 36n
export const VOLATILITY_MIN: Wad = WAD / 100n
export const VOLATILITY_MAX: Wad = 10n * WAD
export const TIME_SECONDS_MIN = 1n
export const TIME_SECONDS_MAX = 157_680_000n
export const RATE_MAX: Wad = WAD / 5n
export const YEAR_SECONDS = 31_536_000n

/** 9.25: beyond it the normal distribution's tail is below 1.2e-20 and counts as nothing. */
const TAIL_CUT: Q96 = 37n << 94n
/** 2^176/(1e18 · 31,536,000): turns rate · seconds into Q96 after a shift by 80. */
const RATE_SECONDS = 0x9d04efd4d5603a1e36c62fan
/** 1/√2π. */
export const DENSITY_AT_ZERO: Q96 = 0x662114cf50d942343f2cf140n

/**
 * Prices of a European call and put after Black and Scholes. Bit for bit `BlackScholes.price`:
 * within 1e-18 of spot (a put: of the larger of spot and strike) plus one unit.
 *
 * @throws {RangeError} naming the first argument outside the domain
 */
export function priceOption(terms: OptionTerms): OptionPrices {
  checkDomain(terms)
  return prices(terms, partsOf(terms))
}

/** As `priceOption`, with the sensitivities. Bit for bit `BlackScholes.value`. */
export function valueOption(terms: OptionTerms): OptionValuation {
  checkDomain(terms)
  const { spot, volatility, timeSeconds, rate } = terms
  const parts = partsOf(terms)
  const callDelta = (parts.inTheMoney * WAD) >> 96n
  const density = (parts.gaussian * DENSITY_AT_ZERO) >> 96n
  const spotDensity = (spot * density) >> 60n
  const rootTime = (parts.deviation * WAD) / volatility
  const decayPerSecond = ((spotDensity >> 16n) * parts.deviation) / timeSeconds
  const decay = (decayPerSecond * (YEAR_SECONDS / 2n)) >> 116n
  const strikeOwed = (parts.strikeNow - parts.strikePaid) >> 32n
  const strikeDue = parts.strikePaid >> 32n
  return {
    ...prices(terms, parts),
    callDelta,
    putDelta: callDelta - WAD,
    gamma: (((((density << 96n) / parts.deviation) * 10n ** 36n) / spot) * WAD) >> 96n,
    vega: (spotDensity * rootTime) >> 132n,
    callTheta: -decay - (((strikeDue * rate) / WAD) >> 64n),
    putTheta: -decay + (((strikeOwed * rate) / WAD) >> 64n),
    callRho: ((strikeDue * timeSeconds) / YEAR_SECONDS) >> 64n,
    putRho: -(((strikeOwed * timeSeconds) / YEAR_SECONDS) >> 64n),
  }
}

/** @throws {RangeError} naming the first argument outside the domain */
export function checkDomain(terms: OptionTerms): void {
  const { spot, strike, volatility, timeSeconds, rate } = terms
  requireWithin('spot', spot, [PRICE_MIN, PRICE_MAX])
  requireWithin('strike', strike, [PRICE_MIN, PRICE_MAX])
  requireWithin('volatility', volatility, [VOLATILITY_MIN, VOLATILITY_MAX])
  requireWithin('timeSeconds', timeSeconds, [TIME_SECONDS_MIN, TIME_SECONDS_MAX])
  requireWithin('rate', rate, [-RATE_MAX, RATE_MAX])
}

/** rate · time in years, rounded down. */
export function rateGrowth(rate: Wad, timeSeconds: bigint): Q96 {
  return (rate * timeSeconds * RATE_SECONDS) >> 80n
}

interface Parts {
  /** e^(−d1²/2), zero beyond the cut. */
  readonly gaussian: Q96
  /** σ√T. */
  readonly deviation: Q96
  /** Φ(d1). */
  readonly inTheMoney: Q96
  /** K·e^(−rT), times 2^96. */
  readonly strikeNow: bigint
  /** K·e^(−rT)·Φ(d2), times 2^96. */
  readonly strikePaid: bigint
}

function partsOf({ spot, strike, volatility, timeSeconds, rate }: OptionTerms): Parts {
  const growth = rateGrowth(rate, timeSeconds)
  const strikeNow = strike * expSmall(-growth)
  const width = deviation(volatility, timeSeconds)
  const d1 = ((lnRatio(spot, strike) + growth) << 96n) / width + (width >> 1n)
  const d2 = d1 - width
  if (absolute(d1) > TAIL_CUT) {
    const inTheMoney = d1 < 0n ? 0n : Q96_ONE
    return {
      gaussian: 0n,
      deviation: width,
      inTheMoney,
      strikeNow,
      strikePaid: d2 < 0n ? 0n : strikeNow,
    }
  }
  const height = gaussian(d1)
  const outer = (height * scaledTail(absolute(d1))) >> 96n
  const inner = spot * ((height * scaledTail(absolute(d2))) >> 96n)
  return {
    gaussian: height,
    deviation: width,
    inTheMoney: d1 >= 0n ? Q96_ONE - outer : outer,
    strikeNow,
    strikePaid: d2 >= 0n ? strikeNow - inner : inner,
  }
}

function prices({ spot }: OptionTerms, parts: Parts): OptionPrices {
  const call = spot * parts.inTheMoney - parts.strikePaid
  const put = call + parts.strikeNow - (spot << 96n)
  return { call: positive(call) >> 96n, put: positive(put) >> 96n }
}

function positive(x: bigint): bigint {
  return x < 0n ? 0n : x
}

function absolute(x: bigint): bigint {
  return x < 0n ? -x : x
}

function requireWithin(name: string, given: bigint, [low, high]: readonly [bigint, bigint]): void {
  if (given >= low && given <= high) return
  throw new RangeError(`${name} must lie within ${low} and ${high}: ${given}`)
}

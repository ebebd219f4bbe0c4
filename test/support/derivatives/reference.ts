import type { OptionTerms } from '../../../aggregator/derivatives/black-scholes.ts'
import {
  abs,
  density,
  distribution,
  div,
  exp,
  ln,
  mul,
  ONE,
  type Real,
  ratio,
  real,
  sqrt,
} from './real.ts'

/** What `OptionValuation` holds, as exact as `Real` is, prices in units of spot's unit. */
export interface ReferenceValuation {
  readonly call: Real
  readonly put: Real
  readonly callDelta: Real
  readonly putDelta: Real
  /** Change of delta per unit of spot. */
  readonly gamma: Real
  readonly vega: Real
  readonly callTheta: Real
  readonly putTheta: Real
  readonly callRho: Real
  readonly putRho: Real
}

const WAD = 10n ** 18n
const YEAR_SECONDS = 31_536_000n
/** Φ(−40) is below 2^-1150; the series need not be asked. */
const FAR = real('40')

/**
 * Black and Scholes by the textbook, with 77 digits: no trick is shared with the code under test.
 */
export function referenceValuation(terms: OptionTerms): ReferenceValuation {
  const spot = terms.spot * ONE
  const years = ratio(terms.timeSeconds, YEAR_SECONDS)
  const volatility = ratio(terms.volatility, WAD)
  const rate = ratio(terms.rate, WAD)
  const width = mul(volatility, sqrt(years))
  const drift = mul(rate + (mul(volatility, volatility) >> 1n), years)
  const d1 = div(ln(ratio(terms.spot, terms.strike)) + drift, width)
  const d2 = d1 - width
  const strikeNow = mul(terms.strike * ONE, exp(-mul(rate, years)))
  const height = abs(d1) > FAR ? 0n : density(d1)
  const spotTaken = mul(spot, cumulative(d1))
  const strikePaid = mul(strikeNow, cumulative(d2))
  const strikeOwed = mul(strikeNow, cumulative(-d2))
  const decay = div(mul(mul(spot, height), volatility), 2n * sqrt(years))
  return {
    call: spotTaken - strikePaid,
    put: strikeOwed - mul(spot, cumulative(-d1)),
    callDelta: cumulative(d1),
    putDelta: -cumulative(-d1),
    gamma: div(height, mul(spot, width)),
    vega: mul(mul(spot, height), sqrt(years)),
    callTheta: -decay - mul(rate, strikePaid),
    putTheta: -decay + mul(rate, strikeOwed),
    callRho: mul(years, strikePaid),
    putRho: -mul(years, strikeOwed),
  }
}

function cumulative(d: Real): Real {
  if (abs(d) > FAR) return d > 0n ? ONE : 0n
  return distribution(d)
}

import type { FeedParams } from '../../aggregator/params.ts'
import type { MarketParameters } from '../../contracts/deploy/parameters.ts'

/** Eight rounds: long enough to be an average, short enough for who watches. */
const WINDOW_MS = 4_000
const STEP_MS = 500
const DECIMALS = 8
const UNIT = 10n ** 8n
const RATE = 'USD.RATE'
/** 3 % a year. */
const RATE_VALUE = (3n * UNIT) / 100n

const averageOf = (spot: string) => `${spot}.TWAP`
const volatilityOf = (spot: string) => `${spot}.RV`

/** Feeds that a local option market needs beside the spot feed. */
export function marketFeeds(spot: FeedParams): FeedParams[] {
  const { windowMs, of } = { windowMs: WINDOW_MS, of: spot.name }
  return [
    {
      ...spot,
      name: averageOf(of),
      kind: 'twap',
      derivation: { of, windowMs, stepMs: null },
    },
    {
      ...spot,
      name: volatilityOf(of),
      decimals: DECIMALS,
      kind: 'realized-volatility',
      // An estimate from eight returns swings; every tenth of it would be a delivery.
      deviationBps: 1_000,
      // What Black and Scholes are defined for: 1 % to 1000 %.
      valueMin: UNIT / 100n,
      valueMax: 10n * UNIT,
      derivation: { of, windowMs, stepMs: STEP_MS },
    },
    {
      ...spot,
      name: RATE,
      decimals: DECIMALS,
      kind: 'fixed',
      valueMin: RATE_VALUE,
      valueMax: RATE_VALUE,
    },
  ]
}

/** The local option market: worthless tokens, and expiries that come while somebody looks. */
export function localMarket(spot: string): MarketParameters {
  const guard = { ageSecondsMax: 30, spreadBpsMax: 500, observersMin: 3 }
  return {
    name: spot,
    spotFeed: spot,
    rateFeed: RATE,
    settlementFeed: averageOf(spot),
    spotGuard: guard,
    rateGuard: guard,
    volatility: { tenors: [{ feed: volatilityOf(spot), tenorSeconds: 3_600 }], guard },
    edgeBps: 0,
    saleStopSeconds: WINDOW_MS / 1_000,
    expiryStepSeconds: 1,
    base: { testToken: { symbol: spot.split('/')[0] ?? spot, decimals: 18 } },
    quote: { testToken: { symbol: spot.split('/')[1] ?? spot, decimals: 6 } },
  }
}

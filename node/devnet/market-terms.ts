import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { MarketParameters } from '../../contracts/deploy/parameters.ts'

/** Eight rounds: long enough to be an average, short enough for who watches. */
const WINDOW_MS = 4_000
const STEP_MS = 500
const DECIMALS = 8
const UNIT = 10n ** 8n
/** What the option venues list expiries around. */
const TENOR_DAYS = 30
const RATE = 'USD.RATE'
/** 3 % a year. */
const RATE_VALUE = (3n * UNIT) / 100n

const averageOf = (spot: string) => `${spot}.TWAP`
const realizedOf = (spot: string) => `${spot}.RV`
const impliedOf = (spot: string) => `${spot}.IV30`
/** What Black and Scholes are defined for: 1 % to 1000 %. */
const VOLATILITY_BOUNDS = { decimals: DECIMALS, valueMin: UNIT / 100n, valueMax: 10n * UNIT }

/**
 * Feeds that a local option market needs beside the spot feed. The volatility that was realized is
 * signed beside the implied one, which prices the options; nothing reads it here.
 */
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
      ...VOLATILITY_BOUNDS,
      name: impliedOf(of),
      kind: 'volatility',
      // Half a point of sixty: what a premium notices.
      deviationBps: 100,
      // Of the three that list options.
      sourcesMin: 2,
      derivation: { of, windowMs: TENOR_DAYS * 86_400_000, stepMs: null },
    },
    {
      ...spot,
      ...VOLATILITY_BOUNDS,
      name: realizedOf(of),
      kind: 'realized-volatility',
      // An estimate from eight returns swings; every tenth of it would be a delivery.
      deviationBps: 1_000,
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

/** What the perpetuals and futures of a market say, by the end of the feed's name. */
const DERIVATIVES = {
  /** Two percent in eight hours is what venues cap rates at; a change of 0.002 % is delivered. */
  FUND: {
    kind: 'funding',
    decimals: DECIMALS,
    deviationBps: 10,
    valueMin: -UNIT / 50n,
    valueMax: UNIT / 50n,
    windowMs: 28_800_000,
  },
  FWD30: { kind: 'forward', windowMs: TENOR_DAYS * 86_400_000 },
} as const

/** Names of feeds on the derivatives of a spot feed. */
export function derivativeNames(spot: string): readonly string[] {
  return Object.keys(DERIVATIVES).map((end) => `${spot}.${end}`)
}

/** The feed of that name on the derivatives of a spot feed; null when the name is no such. */
export function derivativeFeed(name: string, spot: FeedParams): FeedParams | null {
  const found = Object.entries(DERIVATIVES).find(([end]) => name === `${spot.name}.${end}`)
  if (found === undefined) return null
  const { windowMs, ...own } = found[1]
  return { ...spot, ...own, name, derivation: { of: spot.name, windowMs, stepMs: null } }
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
    // Below the shortest tenor its volatility holds, so also for the seconds of these options.
    volatility: {
      tenors: [{ feed: impliedOf(spot), tenorSeconds: TENOR_DAYS * 86_400 }],
      guard,
    },
    edgeBps: 0,
    saleStopSeconds: WINDOW_MS / 1_000,
    expiryStepSeconds: 1,
    base: { testToken: { symbol: spot.split('/')[0] ?? spot, decimals: 18 } },
    quote: { testToken: { symbol: spot.split('/')[1] ?? spot, decimals: 6 } },
  }
}

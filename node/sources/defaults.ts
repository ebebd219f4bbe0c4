import type { KnownVenue } from './registry.ts'

/** How quotes become a price; the reasons stand in docs/adr/0030-source-engine.md. */
export const RULE_DEFAULTS = {
  /** Majors trade every second; half a minute without news is an outage. */
  ageMsMax: 30_000,
  /** Four polls of the slowest venue. */
  silenceMsMax: 6_000,
  aheadMsMax: 5_000,
  unchangedMsMax: 60_000,
  spreadBpsMax: 50,
  tradeAgeMsMax: 60_000,
  baseVolumeMin: '0',
  outlierRule: 'quarantine',
  outlierBps: 200,
  /** Five venues or more: no two of them hold half of the weight (ADR 0086). */
  weightBpsMax: 2_499,
  sourcesMin: 3,
} as const

export const VENUE_DEFAULTS = {
  timeoutMs: 2_000,
  bodyBytesMax: 262_144,
  bodyBytesLimit: 1_048_576,
  connectionsMax: 2,
  retriesMax: 1,
} as const

export const STREAM_DEFAULTS = {
  /** Every venue sends a quote, a heartbeat or the answer to our ping at least each 15 s. */
  streamIdleMs: 20_000,
  /** The largest is a book of Bitstamp with a hundred levels on each side: about 10 kB. */
  frameBytesMax: 65_536,
  /** A few markets of the busiest venue send some hundred in a wild second. */
  framesPerSecondMax: 2_000,
  /** A market whose stream is silent for longer is polled; sooner where polls come faster. */
  freshMsMax: 1_000,
  /** Well below the way from a venue to a node, and twenty times as often as rounds come. */
  windowMs: 50,
} as const

/** A chain has a thousand options of half a kilobyte each, a venue as many perpetuals. */
export const DERIVATIVE_VENUE_DEFAULTS = {
  timeoutMs: 5_000,
  bodyBytesMax: 2_097_152,
  bodyBytesLimit: 4_194_304,
  connectionsMax: 1,
  retriesMax: 1,
} as const

/** How option chains become a volatility; the reasons stand in docs/derivatives.md. */
export const VOLATILITY_DEFAULTS = {
  ageMsMax: 60_000,
  /** Four polls, and some time for a large answer. */
  silenceMsMax: 45_000,
  aheadMsMax: 5_000,
  outlierRule: 'quarantine',
  /** Venues list other strikes, and differ by a few percent on a quiet day. */
  outlierBps: 1_500,
  /** Of three: with all needed, one silent venue would take the feed along. */
  sourcesMin: 2,
  /** The books of far strikes stand for minutes. */
  optionAgeMsMax: 300_000,
  optionSpreadBpsMax: 10_000,
  strikesMin: 3,
  /** A step of half a deviation: at most 2.1 % too much. */
  strikeShareBpsMax: 4_000,
  /** Two deviations: at most 0.6 % too little. */
  reachPercentMin: 200,
  expiryMsMin: 43_200_000,
  forwardBpsMax: 200,
} as const

/** How rates of perpetuals become one; the reasons stand in docs/derivatives.md. */
export const FUNDING_DEFAULTS = {
  ageMsMax: 60_000,
  /** Four polls, and some time for a large answer. */
  silenceMsMax: 45_000,
  aheadMsMax: 5_000,
  outlierRule: 'quarantine',
  /** Where rates are large they differ more, and each venue has its own cap. */
  outlierBps: 5_000,
  /** For eight hours: as far as the formula of the venues lets a rate be from interest alone. */
  outlierRateMin: '0.0005',
  /** Of four. */
  sourcesMin: 3,
} as const

/** How futures become a price at a tenor; the reasons stand in docs/derivatives.md. */
export const FORWARD_DEFAULTS = {
  ageMsMax: 60_000,
  /** Four polls, and some time for a large answer. */
  silenceMsMax: 45_000,
  aheadMsMax: 5_000,
  outlierRule: 'quarantine',
  /** As of spot: what carry differs by between venues in a month is a tenth of it. */
  outlierBps: 200,
  /** Of four. */
  sourcesMin: 3,
  futureSpreadBpsMax: 100,
  /** The averages that futures pay begin half an hour before the end. */
  expiryMsMin: 3_600_000,
} as const

interface LegText {
  venue: KnownVenue
  market: string
}

/** USDT in US dollars, from the three venues that trade it. A fresh copy each time. */
export function conversionDefaults() {
  const legs: LegText[] = [
    { venue: 'kraken', market: 'USDT/USD' },
    { venue: 'coinbase', market: 'USDT/USD' },
    { venue: 'bitstamp', market: 'USDT/USD' },
  ]
  return [
    {
      market: 'USDT/USD',
      legs,
      peg: { rate: '1', bpsMax: 500 },
      // A quiet market: its last trade may be minutes old while its book stands.
      ageMsMax: 300_000,
      // Its rate moves little, and every venue that quotes in it needs it.
      silenceMsMax: 30_000,
      unchangedMsMax: 300_000,
      outlierBps: 50,
      // Two of three: with all three needed, one silent venue would take both USDT venues along.
      sourcesMin: 2,
    },
  ]
}

/** The three feeds of a first committee. A fresh copy each time. */
export function feedDefaults() {
  return {
    'BTC/USD': { legs: legsOf('BTC') },
    'ETH/USD': { legs: legsOf('ETH') },
    // Some venues show wider books and fewer trades for it than for the two majors.
    'SOL/USD': { legs: legsOf('SOL'), ageMsMax: 60_000, unchangedMsMax: 120_000 },
  }
}

/**
 * The feeds that a new configuration names. No more than two venues of a feed quote in USDT: with
 * `weightBpsMax` they hold less than half of the weight together (ADR 0099). Fresh each time.
 */
export function newFeeds() {
  const feeds = feedDefaults()
  for (const [market, { legs }] of Object.entries(feeds)) {
    legs.push(...MORE_IN_USD.map((venue) => ({ venue, market })))
  }
  return feeds
}

const MORE_IN_USD = ['gemini', 'bitfinex', 'cryptocom'] as const satisfies KnownVenue[]

/** Two venues that quote in USDT and three in US dollars. */
function legsOf(base: string): LegText[] {
  return [
    { venue: 'binance', market: `${base}/USDT` },
    { venue: 'coinbase', market: `${base}/USD` },
    { venue: 'kraken', market: `${base}/USD` },
    { venue: 'bitstamp', market: `${base}/USD` },
    { venue: 'okx', market: `${base}/USDT` },
  ]
}

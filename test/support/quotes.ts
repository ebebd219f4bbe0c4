import type { PriceRules, QuoteBook } from '../../aggregator/aggregation/node-price.ts'
import { quoteKey } from '../../aggregator/aggregation/node-price.ts'
import type { FeedSettings, SourceSettings } from '../../aggregator/aggregation/node-value.ts'
import type { ReceivedQuote } from '../../aggregator/aggregation/quote.ts'
import { QUOTE_UNIT } from '../../aggregator/values/fixed-point.ts'

/** Moment at which the tests of sources happen. */
export const NOW_MS = 1_760_000_000_000

/** Whole units of a currency at the decimals of quotes. */
export const units = (amount: number | bigint) => BigInt(amount) * QUOTE_UNIT

/**
 * A fresh quote of one dollar spread around 100,000; each value written in a test matters there.
 */
export function quoteOf(overrides: Partial<ReceivedQuote> & { mid?: number } = {}): ReceivedQuote {
  const { mid = 100_000, ...rest } = overrides
  return {
    venue: 'kraken',
    market: 'BTC/USD',
    bid: units(mid) - QUOTE_UNIT / 2n,
    ask: units(mid) + QUOTE_UNIT / 2n,
    last: units(mid),
    lastTradeMs: null,
    baseVolume: units(1_000),
    venueMs: NOW_MS,
    receivedMs: NOW_MS,
    changedMs: NOW_MS,
    ...rest,
  }
}

export function bookOf(quotes: readonly ReceivedQuote[]): QuoteBook {
  return new Map(quotes.map((quote) => [quoteKey(quote.venue, quote.market), quote]))
}

export function rulesOf(overrides: Partial<PriceRules> = {}): PriceRules {
  return {
    ageMsMax: 30_000,
    silenceMsMax: 6_000,
    aheadMsMax: 5_000,
    unchangedMsMax: 120_000,
    spreadBpsMax: 100,
    tradeAgeMsMax: 60_000,
    baseVolumeMin: 0n,
    outlierRule: 'quarantine',
    outlierBps: 200,
    weightBpsMax: 4_000,
    sourcesMin: 3,
    ...overrides,
  }
}

export function feedOf(overrides: Partial<FeedSettings> = {}): FeedSettings {
  return {
    name: 'BTC/USD',
    decimals: 8,
    valueMin: 1n,
    valueMax: 2n ** 63n - 1n,
    legs: ['binance', 'coinbase', 'kraken', 'bitstamp', 'okx'].map((venue) => ({
      venue,
      market: 'BTC/USD',
      route: [],
    })),
    rules: rulesOf(),
    ...overrides,
  }
}

export function settingsOf(overrides: Partial<SourceSettings> = {}): SourceSettings {
  return { conversions: [], feeds: [feedOf()], ...overrides }
}

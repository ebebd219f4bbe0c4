import type { BasisPoints } from '../values/basis-points.ts'
import { isWithinBps } from '../values/basis-points.ts'
import { QUOTE_DECIMALS, rescale } from '../values/fixed-point.ts'
import type { MarketName } from '../values/market.ts'
import type { UnixMs } from '../values/time.ts'
import type {
  NodePrice,
  PriceAbsence,
  PriceSettings,
  QuoteBook,
  VenueVerdict,
} from './node-price.ts'
import { nodePrice, quoteKey } from './node-price.ts'
import type { Quarantined } from './outliers.ts'
import type { ReceivedQuote } from './quote.ts'
import type { Rate, Rates } from './quotes-graph.ts'

/** A market that turns one currency into another, such as `USDT/USD`. */
export interface ConversionSettings extends PriceSettings {
  readonly market: MarketName
  /** Guard of a currency that is meant to be worth something; null for two free currencies. */
  readonly peg: {
    /** At `QUOTE_DECIMALS`. */
    readonly rate: bigint
    /** Further away, the venues that need this conversion are left out. */
    readonly bpsMax: BasisPoints
  } | null
}

/** How this node values one feed of the committee. */
export interface FeedSettings extends PriceSettings {
  /** As in the committee parameters. */
  readonly name: string
  readonly decimals: number
  readonly valueMin: bigint
  readonly valueMax: bigint
}

export interface SourceSettings {
  /** Evaluated in order; the routes of one use only those before it. */
  readonly conversions: readonly ConversionSettings[]
  readonly feeds: readonly FeedSettings[]
}

/** Quarantine of each feed and conversion by its name. Plain data: pass back what was returned. */
export type SourceState = ReadonlyMap<string, Quarantined>

export const SOURCE_STATE_START: SourceState = new Map()

export type ValueAbsence =
  | PriceAbsence
  /** Outside the committee's bounds of the feed. */
  | 'VALUE_OUT_OF_BOUNDS'

export interface NodeValue {
  readonly feed: string
  /** In the feed's decimals; null when absent. */
  readonly value: bigint | null
  readonly reason: ValueAbsence | null
  readonly venues: readonly VenueVerdict[]
}

export interface NodeRate {
  readonly market: MarketName
  readonly rate: Rate
  readonly venues: readonly VenueVerdict[]
}

export interface SourceSample {
  /** In the order of the settings. */
  readonly feeds: readonly NodeValue[]
  readonly conversions: readonly NodeRate[]
  /** Quotes that took part in a value or a rate, each once, ascending by `quoteKey`. */
  readonly quotesUsed: readonly ReceivedQuote[]
  readonly state: SourceState
}

export interface SourceInput {
  readonly state: SourceState
  readonly quotes: QuoteBook
  readonly nowMs: UnixMs
}

/** Values of all feeds from the latest quotes: conversions first, then the feeds that need them. */
export function sampleSources(settings: SourceSettings, input: SourceInput): SourceSample {
  const state = new Map(input.state)
  const rates = new Map<MarketName, Rate>()
  const conversions = settings.conversions.map((conversion) => {
    const price = priceOf(conversion, { name: conversion.market, state, rates, input })
    const rate = rateOf(conversion, price)
    rates.set(conversion.market, rate)
    return { market: conversion.market, rate, venues: price.venues }
  })
  const feeds = settings.feeds.map((feed) => {
    const price = priceOf(feed, { name: feed.name, state, rates, input })
    return { feed: feed.name, ...feedValue(feed, price), venues: price.venues }
  })
  const verdicts = [...conversions, ...feeds].flatMap(({ venues }) => venues)
  return { feeds, conversions, quotesUsed: usedQuotes(verdicts, input.quotes), state }
}

/** Value of one feed; `sampleSources` does this for all. */
function feedValue(
  feed: FeedSettings,
  price: NodePrice,
): { readonly value: bigint | null; readonly reason: ValueAbsence | null } {
  if (price.price === null) return { value: null, reason: price.reason }
  const value = rescale(price.price, {
    from: QUOTE_DECIMALS,
    to: feed.decimals,
    rounding: 'nearest',
  })
  if (value < feed.valueMin || value > feed.valueMax) {
    return { value: null, reason: 'VALUE_OUT_OF_BOUNDS' }
  }
  return { value, reason: null }
}

function priceOf(
  settings: PriceSettings,
  scope: {
    readonly name: string
    /** Written: this feed's next quarantine. */
    readonly state: Map<string, Quarantined>
    readonly rates: Rates
    readonly input: SourceInput
  },
): NodePrice {
  const { name, state, rates, input } = scope
  const { quotes, nowMs } = input
  const price = nodePrice(settings, { quarantined: state.get(name) ?? [], quotes, rates, nowMs })
  state.set(name, price.quarantined)
  return price
}

function rateOf({ peg }: ConversionSettings, { price }: NodePrice): Rate {
  if (price === null) return { type: 'unknown', code: 'CONVERSION_ABSENT' }
  if (peg !== null && !isWithinBps(price, { centre: peg.rate, bps: peg.bpsMax })) {
    return { type: 'unknown', code: 'CONVERSION_DEPEGGED' }
  }
  return { type: 'known', rate: price }
}

function usedQuotes(
  verdicts: readonly VenueVerdict[],
  quotes: QuoteBook,
): readonly ReceivedQuote[] {
  const used = new Map<string, ReceivedQuote>()
  for (const { venue, market, code } of verdicts) {
    const key = quoteKey(venue, market)
    const quote = quotes.get(key)
    if (quote !== undefined && (code === 'USED' || code === 'CLAMPED')) used.set(key, quote)
  }
  return [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, quote]) => quote)
}

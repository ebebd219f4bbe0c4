import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import { QUOTE_DECIMALS } from '../../aggregator/values/fixed-point.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import { formatDecimal } from '../settings/scalars.ts'
import type { PartialQuote, StreamAnswer } from '../sources/venue.ts'
import type { Entry } from './entry.ts'
import type { Recording } from './reader.ts'
import { type VenueReader, venueReaders } from './venue-reader.ts'

/** A price that a venue named, when it was heard, and the venue's own time where it gave one. */
interface HeardPrice {
  readonly venue: VenueName
  readonly market: MarketName
  readonly venueMs: number | null
  readonly atMs: number
  /** A decimal. */
  readonly price: string
}

/** Columns that `npm run sim -- import-prices` knows. */
const HEADER = 'exchange,symbol,timestamp,local_timestamp,price\n'

/**
 * Every price of a recording as CSV, a line each, in the order in which they were heard. Where a
 * venue gives no time of its own, the one at which it was heard stands for it.
 */
export function* quoteLines(recording: Recording): Generator<string> {
  yield HEADER
  for (const { venue, market, venueMs, atMs, price } of heardPrices(recording)) {
    yield `${venue},${market},${Math.floor(venueMs ?? atMs)},${Math.ceil(atMs)},${price}\n`
  }
}

/**
 * The middle of the book, rounded down as the core rounds it (venue-price.ts), or else the last
 * trade; null where neither is known.
 */
export function priceOf({ bid = null, ask = null, last = null }: PartialQuote): string | null {
  const price = bid !== null && ask !== null ? (bid + ask) >> 1n : last
  return price === null ? null : formatDecimal(price, QUOTE_DECIMALS)
}

function* heardPrices({ header, entries }: Recording): Generator<HeardPrice> {
  const readers = venueReaders(header)
  const held = new Map<string, PartialQuote>()
  for (const entry of entries) {
    const reader = 'venue' in entry ? readers.get(entry.venue) : undefined
    if (reader === undefined || !('venue' in entry)) continue
    const { venue, atMs } = entry
    for (const said of saidIn(reader, entry)) {
      if (said.type === 'refused') continue
      const { market } = said
      const key = `${venue} ${market}`
      const quote = { ...held.get(key), ...said.quote }
      held.set(key, quote)
      const price = priceOf(quote)
      if (price !== null) yield { venue, market, venueMs: quote.venueMs ?? null, atMs, price }
    }
  }
}

function saidIn(reader: VenueReader, entry: Entry): readonly StreamAnswer[] {
  if (entry.type === 'frame') return reader.framesOf(entry)
  return entry.type === 'answer' ? reader.answersOf(entry) : []
}

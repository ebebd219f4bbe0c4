import type { FutureQuote } from '../../aggregator/aggregation/forward-price.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { amountAt } from './fields.ts'
import type { Json, JsonObject } from './json.ts'
import type { WholeMarketVenue } from './whole-market.ts'

/**
 * A venue that lists futures with an expiry, as pure functions: how to ask for all of them on one
 * underlying, and what the answer says. All I/O is elsewhere.
 */
export interface FutureVenue extends WholeMarketVenue {
  /** How the venue names the futures on a market's base, unless configuration says otherwise. */
  readonly symbolOf: (market: MarketName) => string
  /** The currency in which futures of that symbol are quoted, such as `USDT`. */
  readonly quoteOf: (symbol: string) => string
  /** Path and query below the base URL; begins with a slash. */
  readonly pathOf: (symbol: string) => string
  readonly weight: number
  /**
   * Reads the answer for a symbol. A future whose name or numbers cannot be read is left out, and
   * so is one of another underlying or another currency.
   *
   * @throws {OracleError} SOURCE_REFUSED when the venue reports an error, SOURCE_ANSWER_UNEXPECTED
   * when the answer as a whole has another shape
   */
  readonly parse: (answer: Json, symbol: string) => readonly FutureQuote[]
}

/** The book of a row, by the keys of both its sides. */
export function futureOf(
  row: JsonObject,
  said: {
    readonly expiryMs: UnixMs | null
    readonly sides: readonly [bid: string, ask: string]
    readonly venueMs: UnixMs | null
  },
): FutureQuote {
  const { expiryMs, venueMs } = said
  const [bid, ask] = said.sides
  return { expiryMs, bid: amountAt(row.get(bid), bid), ask: amountAt(row.get(ask), ask), venueMs }
}

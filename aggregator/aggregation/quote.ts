import type { MarketName } from '../values/market.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { FutureQuote } from './forward-price.ts'
import type { OptionQuote } from './option-chain.ts'

/** A venue by the name that configuration, logs and metrics use, such as `kraken`. */
export type VenueName = string

/**
 * What a venue said about one market. Amounts have `QUOTE_DECIMALS` decimals; null where the venue
 * gave nothing usable (null, empty, zero: trap 8 of venue formats).
 */
export interface Quote {
  readonly bid: bigint | null
  readonly ask: bigint | null
  readonly last: bigint | null
  /** When the last trade happened, by the venue's clock. */
  readonly lastTradeMs: UnixMs | null
  /** Units of the base currency traded in the last 24 hours. */
  readonly baseVolume: bigint | null
  /** When the venue says that this was true. */
  readonly venueMs: UnixMs | null
  /** What a volatility was made of, by expiry and strike; left out of the quote of a market. */
  readonly options?: readonly OptionQuote[]
  /** What a forward was made of, by expiry; left out of the quote of a market. */
  readonly futures?: readonly FutureQuote[]
}

/** A quote with where it came from and when it reached this node, by this node's clock. */
export interface ReceivedQuote extends Quote {
  readonly venue: VenueName
  readonly market: MarketName
  readonly receivedMs: UnixMs
  /** When the content last differed from the quote before it: a frozen venue repeats itself. */
  readonly changedMs: UnixMs
}

/** A quote that just arrived. */
export type ArrivedQuote = Omit<ReceivedQuote, 'changedMs'>

/** Furthest that any rule lets a venue's clock run ahead (`QuoteRules.aheadMsMax`). */
export const AHEAD_MS_LIMIT: DurationMs = 60_000

/**
 * Puts an arrived quote in the place of the one held for its venue and market. A quote that is
 * older by the venue's own clock is left out (a cache that replays old answers): the held one stays
 * and ages. One that came with a time which no rule admits is held until the next arrives, whatever
 * its time: else a single wrong one would keep the venue out for good.
 */
export function succeedQuote(held: ReceivedQuote | null, arrived: ArrivedQuote): ReceivedQuote {
  if (held === null) return { ...arrived, changedMs: arrived.receivedMs }
  if (isOlder(arrived, held)) return held
  const changedMs = isSameContent(arrived, held) ? held.changedMs : arrived.receivedMs
  return { ...arrived, changedMs }
}

function isOlder(arrived: ArrivedQuote, { venueMs }: Quote): boolean {
  if (arrived.venueMs === null || venueMs === null) return false
  if (venueMs - arrived.receivedMs > AHEAD_MS_LIMIT) return false
  return arrived.venueMs < venueMs
}

/** Prices and volume; the venue's time moves on its own at some venues. */
function isSameContent(a: Quote, b: Quote): boolean {
  return a.bid === b.bid && a.ask === b.ask && a.last === b.last && a.baseVolume === b.baseVolume
}

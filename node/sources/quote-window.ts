import type {
  ArrivedQuote,
  Quote,
  ReceivedQuote,
  VenueName,
} from '../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { PartialQuote } from './venue.ts'

/** What one or more frames said about a market. */
export interface StreamedQuote {
  readonly market: MarketName
  readonly quote: PartialQuote
  /** When the newest frame with a book arrived; null when none of them had one. */
  readonly bookMs: UnixMs | null
  /** When the newest frame arrived. */
  readonly receivedMs: UnixMs
}

export interface QuoteWindowDependencies {
  /** Waits, or rejects when the signal aborts. */
  readonly sleep: (ms: DurationMs, signal: AbortSignal) => Promise<void>
  readonly report: (quotes: readonly StreamedQuote[]) => void
}

const NOTHING: Quote = {
  bid: null,
  ask: null,
  last: null,
  lastTradeMs: null,
  baseVolume: null,
  venueMs: null,
}

/** Whether a channel tells what somebody would pay now, and not only what was paid. */
export function carriesBook(quote: PartialQuote): boolean {
  return quote.bid !== undefined || quote.ask !== undefined
}

/**
 * Gathers what frames say and hands it on once in a window, one quote for each market: each quote
 * that is taken costs a hash, and a busy venue sends hundreds of frames a second. At most as many
 * markets wait as were asked for.
 */
export class QuoteWindow {
  readonly #windowMs: DurationMs
  readonly #dependencies: QuoteWindowDependencies
  #waiting = new Map<MarketName, StreamedQuote>()

  constructor(windowMs: DurationMs, dependencies: QuoteWindowDependencies) {
    this.#windowMs = windowMs
    this.#dependencies = dependencies
  }

  add({ market, quote, receivedMs }: Omit<StreamedQuote, 'bookMs'>, signal: AbortSignal): void {
    if (this.#waiting.size === 0) this.#flushLater(signal)
    const bookMs = carriesBook(quote) ? receivedMs : null
    const before = this.#waiting.get(market)
    const next = { market, quote, bookMs, receivedMs }
    this.#waiting.set(market, before === undefined ? next : joined(before, next))
  }

  #flushLater(signal: AbortSignal): void {
    const flush = () => {
      const quotes = [...this.#waiting.values()]
      this.#waiting = new Map()
      this.#dependencies.report(quotes)
    }
    // What waits when the node stops is of no use to anybody.
    this.#dependencies.sleep(this.#windowMs, signal).then(flush, () => this.#waiting.clear())
  }
}

/**
 * The quote that is held, with what a stream said laid over it. Its age is that of its book: a
 * trade does not make an old book new.
 */
export function overHeld(
  held: ReceivedQuote | null,
  { venue, streamed }: { readonly venue: VenueName; readonly streamed: StreamedQuote },
): ArrivedQuote {
  const { market, quote, bookMs, receivedMs } = streamed
  const arrivedMs = bookMs ?? held?.receivedMs ?? receivedMs
  return { ...NOTHING, ...held, ...quote, venue, market, receivedMs: arrivedMs }
}

/** Frames that are older by the venue's own clock are left out, as `succeedQuote` does. */
function joined(before: StreamedQuote, next: StreamedQuote): StreamedQuote {
  const [beforeMs, nextMs] = [before.quote.venueMs ?? null, next.quote.venueMs ?? null]
  if (beforeMs !== null && nextMs !== null && nextMs < beforeMs) return before
  const bookMs = next.bookMs ?? before.bookMs
  return { ...next, quote: { ...before.quote, ...next.quote }, bookMs }
}

import type { Quote, VenueName } from '../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { Json, JsonLimits } from './json.ts'

/** A market and how the venue spells it, such as `BTC/USD` and `XBTUSD`. */
export interface VenueMarket {
  readonly market: MarketName
  readonly symbol: string
}

/** One GET that answers for some markets. */
export interface VenueRequest {
  /** Path and query below the venue's base URL; begins with a slash. */
  readonly path: string
  readonly markets: readonly VenueMarket[]
  /** What it costs of the venue's budget. */
  readonly weight: number
}

/** What an answer says about one market that was asked for. */
export type MarketAnswer =
  | { readonly type: 'quoted'; readonly market: MarketName; readonly quote: Quote }
  | {
      readonly type: 'refused'
      readonly market: MarketName
      /** One of docs/errors.md. */
      readonly code: string
      /** What exactly, where the code leaves that open. */
      readonly detail?: string
    }

/** Calls that a venue allows; we stay below what it documents. */
export interface VenueBudget {
  readonly weightMax: number
  readonly perMs: DurationMs
}

/**
 * Limits that a venue counts for an address over several names here, such as spot and options. The
 * budgets of the names say how fast each asks; this one what all of them may ask together.
 */
export interface SharedLimits {
  readonly name: string
  readonly budget: VenueBudget
  /** What is counted by itself; left out where all that a host serves is counted together. */
  readonly path?: string
}

/** A status by which a venue says that an address asked too often, where it is not 429 or 418. */
export interface LimitStatus {
  readonly status: number
  /** How long it shuts the address out then, unless `Retry-After` says so. */
  readonly pauseMs: DurationMs
}

/** A response header in which a venue tells how much of its budget this address has used. */
export interface UsedWeightHeader {
  /** Lower case. */
  readonly name: string
  /** From here on the venue is left alone until the next minute. */
  readonly weightMax: number
}

/**
 * What a channel of a stream carries of a quote: a field that is null is gone at the venue, one
 * that is missing stays as it was.
 */
export type PartialQuote = Partial<Quote>

/** What a frame says about one market that was asked for. */
export type StreamAnswer =
  | Exclude<MarketAnswer, { readonly type: 'quoted' }>
  | { readonly type: 'quoted'; readonly market: MarketName; readonly quote: PartialQuote }

/** What a frame of a stream means. */
export type StreamEvent =
  | { readonly type: 'answers'; readonly answers: readonly StreamAnswer[] }
  /** The venue lives, nothing more; `reply` is what it wants to hear back. */
  | { readonly type: 'heartbeat'; readonly reply?: string }
  /** The venue takes subscriptions from now on. */
  | { readonly type: 'welcome' }
  /** The venue is about to close: connect anew before dropping this connection. */
  | { readonly type: 'reconnect' }
  /** An acknowledgement or a channel that was not asked for. */
  | { readonly type: 'ignored' }

/**
 * Reads the frames of one connection, one after the other.
 *
 * @throws {OracleError} SOURCE_REFUSED when the venue reports an error, SOURCE_ANSWER_UNEXPECTED
 */
export type ReadFrame = (frame: Json, markets: readonly VenueMarket[]) => StreamEvent

/** Where a venue says anew before each connection where its stream is. */
export interface StreamTicket {
  /** Path of a POST without a body below the base URL. */
  readonly path: string
  /** The stream is at this host or below it, whatever the answer says. */
  readonly domain: string
  /**
   * Address of the stream, with what lets us in.
   *
   * @throws {OracleError} SOURCE_REFUSED, SOURCE_ANSWER_UNEXPECTED
   */
  readonly parse: (answer: Json) => string
}

/** What we send so that a connection stays, or shows that it lives. */
export interface StreamPing {
  readonly textAt: (nowMs: UnixMs) => string
  readonly everyMs: DurationMs
  /** Its answer where that is no JSON, such as `pong`; else null. */
  readonly answer: string | null
}

export interface VenueStream {
  readonly url: string
  /** Left out where `url` is all that it takes. */
  readonly ticket?: StreamTicket
  /** How its messages are packed; left out where they are texts. */
  readonly packing?: 'gzip'
  /** What it waits for before it takes subscriptions; left out where it takes them at once. */
  readonly subscribeAfter?: 'welcome' | DurationMs
  /** Null where the venue sends enough by itself. */
  readonly ping: StreamPing | null
  /** Silence that is normal at it; left out where `STREAM_DEFAULTS.streamIdleMs` is enough. */
  readonly idleMs?: DurationMs
  /** Age at which the venue cuts a connection; null where it documents none. */
  readonly lifeMs: DurationMs | null
  /** Frames to send after connecting. */
  readonly subscribe: (markets: readonly VenueMarket[], nowMs: UnixMs) => readonly string[]
  /** Begins to read a connection; what it remembers of one it holds for that one alone. */
  readonly reader: () => ReadFrame
}

/** A venue as pure functions: what to ask, and what the answer says. All I/O is elsewhere. */
export interface Venue {
  readonly name: VenueName
  readonly baseUrl: string
  /** Other hosts of the same market, tried in this order; left out where none is known. */
  readonly alternateUrls?: readonly string[]
  readonly pollMs: DurationMs
  readonly budget: VenueBudget
  /** Left out where the venue counts what is asked under this name alone. */
  readonly sharedLimits?: SharedLimits
  readonly usedWeightHeader: UsedWeightHeader | null
  /** Left out where 429 and 418 are all. */
  readonly limitStatus?: LimitStatus
  /** How the venue spells a market unless configuration says otherwise. */
  readonly symbolOf: (market: MarketName) => string
  /** Requests that together ask once for each market. */
  readonly requests: (markets: readonly VenueMarket[]) => readonly VenueRequest[]
  /**
   * Reads the answer to a request: one entry per market of it.
   *
   * @throws {OracleError} SOURCE_REFUSED when the venue reports an error, SOURCE_ANSWER_UNEXPECTED
   * when the answer as a whole has another shape
   */
  readonly parse: (answer: Json, request: VenueRequest) => readonly MarketAnswer[]
  /** Null where the venue is only polled. */
  readonly stream: VenueStream | null
}

/** What the client needs of a venue of any kind. */
export interface AskedVenue {
  readonly name: VenueName
  readonly budget: VenueBudget
  /** As `Venue.sharedLimits`. */
  readonly sharedLimits?: SharedLimits
  readonly usedWeightHeader: UsedWeightHeader | null
  /** As `Venue.limitStatus`. */
  readonly limitStatus?: LimitStatus
  /** Bounds of its answers; left out, those of any venue. */
  readonly jsonLimits?: JsonLimits
  /** As `Venue.parse`, with the moment at which the answer was there. */
  readonly parse: (
    answer: Json,
    request: VenueRequest,
    receivedMs: UnixMs,
  ) => readonly MarketAnswer[]
}

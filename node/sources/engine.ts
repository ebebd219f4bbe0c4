import { quoteKey } from '../../aggregator/aggregation/node-price.ts'
import type {
  NodeRate,
  NodeValue,
  SourceSettings,
  SourceState,
} from '../../aggregator/aggregation/node-value.ts'
import { SOURCE_STATE_START, sampleSources } from '../../aggregator/aggregation/node-value.ts'
import type { ArrivedQuote, ReceivedQuote, VenueName } from '../../aggregator/aggregation/quote.ts'
import { succeedQuote } from '../../aggregator/aggregation/quote.ts'
import { commitmentOf, quoteHash } from '../../aggregator/aggregation/source-commitment.ts'
import { isDerived } from '../../aggregator/committee/params.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { isEqualConfig } from '../settings/equal.ts'
import type { AskingScope } from './asked.ts'
import { placeAsked } from './asked.ts'
import type { SourcesConfig } from './config.ts'
import type { AskingDependencies, OpenVenueDependencies, VenueStatus } from './open-venue.ts'
import { statusOf } from './open-venue.ts'
import type { PollReport } from './poller.ts'
import { overHeld } from './quote-window.ts'
import { RunningVenues } from './running-venues.ts'
import { marketsAsked, sourceSettings } from './settings.ts'
import type { StreamClient, StreamReport } from './stream-client.ts'

/** What happened, for counting. */
export type SourceMetric =
  /** One poll of one venue ended; `code` is `ok` or the first error. */
  | {
      readonly type: 'polled'
      readonly venue: VenueName
      readonly code: string
      readonly durationMs: DurationMs
    }
  /** Messages of a venue's stream arrived. */
  | { readonly type: 'streamed'; readonly venue: VenueName; readonly frames: number }
  /** A connection to a venue's stream ended, or the stream refused something. */
  | { readonly type: 'streamFailed'; readonly venue: VenueName; readonly code: string }
  /** A host of a venue failed with everything that it was asked in one poll. */
  | {
      readonly type: 'hostFailed'
      readonly venue: VenueName
      readonly host: string
      readonly code: string
    }
  /** A feed was sampled; `code` is `ok` or why there is no value. */
  | { readonly type: 'sampled'; readonly feed: string; readonly code: string }

export interface SourceEngineDependencies extends AskingDependencies {
  readonly metrics: (metric: SourceMetric) => void
  readonly keccak256: (bytes: Uint8Array) => Uint8Array
}

/** A feed for which this node can have no value, whatever the venues say. */
export type UnsupportedFeed = Omit<NodeValue, 'reason'> & {
  readonly reason: 'FEED_NOT_CONFIGURED'
}

/** What this node sees of all feeds at one moment. */
export interface FeedsSample {
  /** In the committee's order and each feed's decimals; null when this node has no value. */
  readonly values: readonly (bigint | null)[]
  /** The same with reasons and a verdict on each venue. */
  readonly feeds: readonly (NodeValue | UnsupportedFeed)[]
  readonly conversions: readonly NodeRate[]
  /** The raw quotes behind the values, in the order of the commitment. */
  readonly quotesUsed: readonly ReceivedQuote[]
  /** Merkle root of them, 32 bytes (protocol §5.1). */
  readonly sourceCommitment: Uint8Array
}

/**
 * Keeps the latest quote of every venue and market that a feed needs, and computes the node's
 * values from them on demand. It never fetches when asked for a value (protocol §6.1), and no fault
 * of a venue ends it.
 */
export class SourceEngine {
  readonly name = 'sources'
  #options: AskingScope
  readonly #dependencies: SourceEngineDependencies
  #settings: SourceSettings
  /** One entry per leg: bounded by the configuration. */
  readonly #quotes = new Map<string, ReceivedQuote>()
  readonly #hashes = new WeakMap<ReceivedQuote, Uint8Array>()
  #state: SourceState = SOURCE_STATE_START
  #running: RunningVenues | null = null

  constructor(options: AskingScope, dependencies: SourceEngineDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#settings = sourceSettings(options.config, options.feeds)
  }

  /** Begins to poll; does not wait for a first answer. */
  async start(): Promise<void> {
    if (this.#running !== null) return
    this.#warnOfUnsupported()
    this.#running = new RunningVenues(this.#asking())
    this.#running.prepare(this.#options)()
  }

  /** Ends open requests and connections and waits until nothing runs. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = null
    await running?.stop()
  }

  /**
   * Values and asks by another configuration from now on; `clockOffsetMs` stays what it was. A
   * venue that is asked as before goes on undisturbed, and its quotes and the quarantine stay. Of
   * one that is asked elsewhere, or by another symbol, what it said before is dropped.
   *
   * @returns takes it over; to be called in the same turn of the event loop
   */
  prepare(config: SourcesConfig): () => void {
    const options = { ...this.#options, config }
    const settings = sourceSettings(config, options.feeds)
    const ask = this.#running?.prepare(options)
    return () => {
      this.#value(options, settings)
      if (ask === undefined) return
      this.#warnOfUnsupported()
      ask()
    }
  }

  #value(options: AskingScope, settings: SourceSettings): void {
    const { config } = options
    const before = this.#options.config
    this.#options = options
    this.#settings = settings
    const isKept = (quote: ReceivedQuote) =>
      marketsAsked(settings, quote.venue).includes(quote.market) &&
      isEqualConfig(placeAsked(before, quote), placeAsked(config, quote))
    for (const [key, quote] of this.#quotes) {
      if (!isKept(quote)) this.#quotes.delete(key)
    }
  }

  /** Values of every feed from the quotes held at this moment; changes only the quarantine. */
  sampleFeeds(nowMs: UnixMs): FeedsSample {
    const { feeds } = this.#options
    const { keccak256, metrics } = this.#dependencies
    const input = { state: this.#state, quotes: this.#quotes, nowMs }
    const sample = sampleSources(this.#settings, input)
    this.#state = sample.state
    const valued = feeds.map(({ name }) => {
      const found = sample.feeds.find(({ feed }) => feed === name)
      return found ?? unsupported(name)
    })
    for (const { feed, reason } of valued) metrics({ type: 'sampled', feed, code: reason ?? 'ok' })
    return {
      values: valued.map(({ value }) => value),
      feeds: valued,
      conversions: sample.conversions,
      quotesUsed: sample.quotesUsed,
      sourceCommitment: commitmentOf(
        keccak256,
        sample.quotesUsed.map((quote) => this.#hashOf(quote)),
      ),
    }
  }

  /** When the latest quote of a venue's market came, used or not; null when none ever did. */
  receivedMs(venue: VenueName, market: MarketName): UnixMs | null {
    return this.#quotes.get(quoteKey(venue, market))?.receivedMs ?? null
  }

  /** How each polled venue does, for operators. */
  venues(): readonly VenueStatus[] {
    return this.#running?.parts().map(statusOf) ?? []
  }

  #warnOfUnsupported(): void {
    for (const { name, kind } of this.#options.feeds) {
      if (isDerived(kind) || this.#settings.feeds.some((feed) => feed.name === name)) continue
      this.#dependencies.log.warn('source.feed.unsupported', { feed: name, kind })
    }
  }

  #asking(): OpenVenueDependencies {
    const { metrics } = this.#dependencies
    return {
      ...this.#dependencies,
      onPolled: (report, from) => this.#takePolled(report, from),
      onStreamed: (venue, report) => this.#takeStreamed(venue, report),
      onStreamFault: (venue, code) => metrics({ type: 'streamFailed', venue, code }),
      onHostFault: (venue, fault) => metrics({ type: 'hostFailed', venue, ...fault }),
    }
  }

  #takePolled(
    { answers, code, durationMs }: PollReport,
    { venue, stream }: { readonly venue: VenueName; readonly stream: StreamClient | null },
  ): void {
    for (const { answer, receivedMs } of answers) {
      if (answer.type === 'refused') continue
      const { market, quote } = answer
      const held = this.#quotes.get(quoteKey(venue, market))
      const isStreamed = held !== undefined && stream?.isFresh(market, receivedMs) === true
      // What a stream says is newer than any answer; only the volume may be missing in it.
      if (isStreamed) this.#hold({ ...held, baseVolume: quote.baseVolume ?? held.baseVolume })
      else this.#hold({ ...quote, venue, market, receivedMs })
    }
    this.#dependencies.metrics({ type: 'polled', venue, code, durationMs })
  }

  #takeStreamed(venue: VenueName, { frames, quotes }: StreamReport): void {
    for (const streamed of quotes) {
      const held = this.#quotes.get(quoteKey(venue, streamed.market)) ?? null
      this.#hold(overHeld(held, { venue, streamed }))
    }
    this.#dependencies.metrics({ type: 'streamed', venue, frames })
  }

  #hold(arrived: ArrivedQuote): void {
    const key = quoteKey(arrived.venue, arrived.market)
    const held = succeedQuote(this.#quotes.get(key) ?? null, arrived)
    this.#quotes.set(key, held)
    // Now and not when a round opens: then the whole committee waits for it.
    this.#hashOf(held)
  }

  #hashOf(quote: ReceivedQuote): Uint8Array {
    const known = this.#hashes.get(quote)
    if (known !== undefined) return known
    const hash = quoteHash(this.#dependencies.keccak256, quote)
    this.#hashes.set(quote, hash)
    return hash
  }
}

function unsupported(feed: string): UnsupportedFeed {
  return { feed, value: null, reason: 'FEED_NOT_CONFIGURED', venues: [] }
}

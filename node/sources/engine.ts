import type { Dispatcher } from 'undici'
import { isDerived } from '../../aggregator/aggregation/derived-feeds.ts'
import { quoteKey } from '../../aggregator/aggregation/node-price.ts'
import type {
  NodeRate,
  NodeValue,
  SourceSettings,
  SourceState,
} from '../../aggregator/aggregation/node-value.ts'
import { SOURCE_STATE_START, sampleSources } from '../../aggregator/aggregation/node-value.ts'
import type { ReceivedQuote, VenueName } from '../../aggregator/aggregation/quote.ts'
import { succeedQuote } from '../../aggregator/aggregation/quote.ts'
import { commitmentOf, quoteHash } from '../../aggregator/aggregation/source-commitment.ts'
import type { FeedParams } from '../../aggregator/params.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { Log } from '../logging.ts'
import type { Lookup } from './agent.ts'
import { createAgent } from './agent.ts'
import { intervalMsMin } from './budget.ts'
import { CIRCUIT_RULES } from './circuit.ts'
import type { SourcesConfig } from './config.ts'
import { optionRequests, optionSource } from './option-source.ts'
import type { PollReport, VenueStatus } from './poller.ts'
import { VenuePoller } from './poller.ts'
import type { KnownOptionVenue, KnownVenue } from './registry.ts'
import { OPTION_VENUE_NAMES, OPTION_VENUES, VENUE_NAMES, VENUES } from './registry.ts'
import { sourceSettings } from './settings.ts'
import type { AskedVenue, VenueRequest } from './venue.ts'
import { VenueClient } from './venue-client.ts'
import type { VenueConfig } from './venue-config.ts'
import { volatilityFeeds } from './volatility-settings.ts'

export interface SourceEngineOptions {
  readonly config: SourcesConfig
  /** The committee's feeds, in its order. */
  readonly feeds: readonly FeedParams[]
}

/** What happened, for counting. */
export type SourceMetric =
  /** One poll of one venue ended; `code` is `ok` or the first error. */
  | {
      readonly type: 'polled'
      readonly venue: VenueName
      readonly code: string
      readonly durationMs: DurationMs
    }
  /** A feed was sampled; `code` is `ok` or why there is no value. */
  | { readonly type: 'sampled'; readonly feed: string; readonly code: string }

export interface SourceEngineDependencies {
  readonly clock: { readonly nowMs: () => UnixMs }
  readonly log: Log
  readonly metrics: (metric: SourceMetric) => void
  readonly keccak256: (bytes: Uint8Array) => Uint8Array
  /** Finds the addresses of a venue's name, as `dns.promises.lookup` with `all` does. */
  readonly lookup: Lookup
  /** Waits; rejects when the signal aborts. */
  readonly sleep: (ms: DurationMs, signal: AbortSignal) => Promise<void>
  /** A number from 0 up to 1 that spreads retries and first polls. */
  readonly jitter: () => number
  /** Replaces the connections of every venue, for tests; the engine does not close it. */
  readonly dispatcher?: Dispatcher
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
  readonly #options: SourceEngineOptions
  readonly #dependencies: SourceEngineDependencies
  readonly #settings: SourceSettings
  /** One entry per leg: bounded by the configuration. */
  readonly #quotes = new Map<string, ReceivedQuote>()
  readonly #hashes = new WeakMap<ReceivedQuote, Uint8Array>()
  #state: SourceState = SOURCE_STATE_START
  #running: Running | null = null

  constructor(options: SourceEngineOptions, dependencies: SourceEngineDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#settings = sourceSettings(options.config, options.feeds)
  }

  /** Begins to poll; does not wait for a first answer. */
  async start(): Promise<void> {
    if (this.#running !== null) return
    const { feeds } = this.#options
    for (const { name, kind } of feeds) {
      if (isDerived(kind) || this.#settings.feeds.some((feed) => feed.name === name)) continue
      this.#dependencies.log.warn('source.feed.unsupported', { feed: name, kind })
    }
    const controller = new AbortController()
    const venues = VENUE_NAMES.filter((venue) => this.#marketsOf(venue).length > 0)
    const optionVenues = OPTION_VENUE_NAMES.filter((venue) => this.#marketsOf(venue).length > 0)
    const parts = [
      ...venues.map((venue) => this.#openVenue(venue)),
      ...optionVenues.map((venue) => this.#openOptionVenue(venue)),
    ]
    const loops = parts.map(({ poller }) => poller.run(controller.signal))
    this.#running = { controller, parts, loops: Promise.all(loops) }
  }

  /** Ends open requests and connections and waits until nothing runs. */
  async stop(): Promise<void> {
    const running = this.#running
    if (running === null) return
    this.#running = null
    running.controller.abort()
    await running.loops
    await Promise.all(running.parts.map(({ close }) => close()))
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

  /** How each polled venue does, for operators. */
  venues(): readonly VenueStatus[] {
    return this.#running?.parts.map(({ poller }) => poller.status()) ?? []
  }

  #openVenue(name: KnownVenue): OpenVenue {
    const config = this.#options.config.venues[name]
    const venue = VENUES[name]
    const markets = this.#marketsOf(name).map((market) => ({
      market,
      symbol: config.symbols[market] ?? venue.symbolOf(market),
    }))
    return this.#open(venue, { config, requests: venue.requests(markets) })
  }

  #openOptionVenue(name: KnownOptionVenue): OpenVenue {
    const { config, feeds } = this.#options
    const own = config.optionVenues[name]
    const asked = volatilityFeeds(config, feeds)
    const venue = OPTION_VENUES[name]
    const requests = optionRequests(venue, { feeds: asked, symbols: own.symbols })
    return this.#open(optionSource(venue, asked), { config: own, requests })
  }

  #open(
    venue: AskedVenue,
    how: { readonly config: VenueConfig; readonly requests: readonly VenueRequest[] },
  ): OpenVenue {
    const { clock, sleep, jitter, lookup, log, dispatcher } = this.#dependencies
    const { config, requests } = how
    const connection = dispatcher === undefined ? connect(config, lookup) : borrow(dispatcher)
    const client = new VenueClient(
      { venue, config, circuit: CIRCUIT_RULES },
      { clock, sleep, jitter, dispatcher: connection.dispatcher },
    )
    const weight = requests.reduce((sum, request) => sum + request.weight, 0)
    const pollMs = Math.max(config.pollMs, intervalMsMin(venue.budget, weight))
    const poller = new VenuePoller(
      { requests, pollMs },
      { client, clock, sleep, jitter, log, report: (report) => this.#take(venue.name, report) },
    )
    return { poller, close: connection.close }
  }

  #take(venue: VenueName, { answers, code, durationMs }: PollReport): void {
    for (const { answer, receivedMs } of answers) {
      if (answer.type === 'refused') continue
      const { market, quote } = answer
      const key = quoteKey(venue, market)
      const arrived = { ...quote, venue, market, receivedMs }
      const held = succeedQuote(this.#quotes.get(key) ?? null, arrived)
      this.#quotes.set(key, held)
      // Now and not when a round opens: then the whole committee waits for it.
      this.#hashOf(held)
    }
    this.#dependencies.metrics({ type: 'polled', venue, code, durationMs })
  }

  #hashOf(quote: ReceivedQuote): Uint8Array {
    const known = this.#hashes.get(quote)
    if (known !== undefined) return known
    const hash = quoteHash(this.#dependencies.keccak256, quote)
    this.#hashes.set(quote, hash)
    return hash
  }

  /** Every market that a leg names at the venue, each once. */
  #marketsOf(venue: VenueName): readonly string[] {
    const { conversions, feeds } = this.#settings
    const legs = [...conversions, ...feeds].flatMap((each) => each.legs)
    return [...new Set(legs.filter((leg) => leg.venue === venue).map(({ market }) => market))]
  }
}

interface OpenVenue {
  readonly poller: VenuePoller
  readonly close: () => Promise<void>
}

interface Running {
  readonly controller: AbortController
  readonly parts: readonly OpenVenue[]
  readonly loops: Promise<unknown>
}

interface Connection {
  readonly dispatcher: Dispatcher
  readonly close: () => Promise<void>
}

function connect(config: VenueConfig, lookup: Lookup): Connection {
  const agent = createAgent(config, lookup)
  return { dispatcher: agent, close: () => agent.destroy() }
}

function borrow(dispatcher: Dispatcher): Connection {
  return { dispatcher, close: async () => undefined }
}

function unsupported(feed: string): UnsupportedFeed {
  return { feed, value: null, reason: 'FEED_NOT_CONFIGURED', venues: [] }
}

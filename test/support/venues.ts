import { keccak_256 } from '@noble/hashes/sha3.js'
import type { FeedKind, FeedParams } from '../../aggregator/committee/params.ts'
import { parseDecimal } from '../../aggregator/values/decimal.ts'
import { MARKET_VENUES, type MarketVenue } from '../../node/devnet/market/model.ts'
import type { MarketServer, ServedVenue } from '../../node/devnet/market/server.ts'
import type { Log, LogFields } from '../../node/logging.ts'
import type { SourcesConfig, SourcesConfigInput } from '../../node/sources/config.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import type { DerivativePlace } from '../../node/sources/derivative-venues.ts'
import { SourceEngine, type SourceMetric } from '../../node/sources/engine.ts'
import { HOST_SOURCES } from '../../node/sources/host.ts'
import {
  FUTURE_VENUE_NAMES,
  OPTION_VENUE_NAMES,
  PERPETUAL_VENUE_NAMES,
} from '../../node/sources/registry.ts'
import { clockAt } from '../../node/sources/source-clock.ts'
import type { TrafficTap } from '../../node/sources/tap.ts'

/** Time that moves only when a test says so; sleepers wake when it passes them. */
export class SteppedTime {
  #nowMs: number
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = []

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  readonly nowMs = (): number => this.#nowMs

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve })
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    return promise
  }

  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs)
    for (const { wake } of due) wake()
  }
}

/** Remembers every event with its fields. */
export class RecordedLog implements Log {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[] =
    []

  readonly debug = (event: string, fields: LogFields = {}) => this.#add('debug', event, fields)
  readonly info = (event: string, fields: LogFields = {}) => this.#add('info', event, fields)
  readonly warn = (event: string, fields: LogFields = {}) => this.#add('warn', event, fields)
  readonly error = (event: string, fields: LogFields = {}) => this.#add('error', event, fields)
  readonly child = () => this

  #add(level: string, event: string, fields: LogFields): void {
    this.lines.push({ level, event, fields })
  }
}

export const FEEDS: readonly FeedParams[] = ['BTC/USD', 'ETH/USD', 'SOL/USD'].map((name) => ({
  name,
  decimals: 8,
  kind: 'spot',
  deviationBps: 50,
  heartbeatMs: 60_000,
  sourcesMin: 3,
  valueMin: 1n,
  valueMax: 2n ** 63n - 1n,
}))

/** What options on the first feed imply for thirty days. */
export const IMPLIED: FeedParams = {
  name: 'BTC.IV30',
  decimals: 8,
  kind: 'volatility',
  deviationBps: 100,
  heartbeatMs: 60_000,
  sourcesMin: 2,
  valueMin: 1_000_000n,
  valueMax: 1_000_000_000n,
  derivation: { of: 'BTC/USD', windowMs: 30 * 86_400_000, stepMs: null },
}

/** What perpetuals of the first feed's market are funded at. */
export const FUNDING: FeedParams = {
  ...IMPLIED,
  name: 'BTC.FUND8H',
  kind: 'funding',
  sourcesMin: 3,
  valueMin: -1_000_000n,
  valueMax: 1_000_000n,
  derivation: { of: 'BTC/USD', windowMs: 28_800_000, stepMs: null },
}

/** What futures on the first feed's market are worth in thirty days. */
export const FORWARD: FeedParams = {
  ...IMPLIED,
  name: 'BTC.FWD30',
  kind: 'forward',
  valueMin: 1n,
  valueMax: 2n ** 63n - 1n,
}

/** So long that only a venue that means to be silent runs into it, however busy the machine is. */
const PATIENCE_MS = 20_000

/**
 * The default configuration with every venue of the market server, polled each second.
 *
 * @param impatient milliseconds to wait for the venues that are meant to be late
 * @param streamed venues that stream as well
 */
export function configAt(
  market: MarketServer,
  impatient: Partial<Record<MarketVenue, number>> = {},
  streamed: readonly MarketVenue[] = [],
): SourcesConfig {
  return sourcesConfigSchema.parse(venuesAt(market, impatient, streamed))
}

/** The same before it is checked, for a test that adds to it. */
export function venuesAt(
  market: MarketServer,
  impatient: Partial<Record<MarketVenue, number>> = {},
  streamed: readonly MarketVenue[] = [],
): Pick<SourcesConfigInput, 'venues' | DerivativePlace> {
  const at = { access: 'local' as const, pollMs: 1_000 }
  const venues = MARKET_VENUES.map((venue) => [
    venue,
    {
      ...at,
      baseUrl: market.baseUrlOf(venue),
      timeoutMs: impatient[venue] ?? PATIENCE_MS,
      ...(streamed.includes(venue) ? { streamUrl: market.streamUrlOf(venue) } : {}),
    },
  ])
  const patient = (names: readonly ServedVenue[]) =>
    Object.fromEntries(
      names.map((venue) => [
        venue,
        { ...at, baseUrl: market.baseUrlOf(venue), timeoutMs: PATIENCE_MS },
      ]),
    )
  return {
    venues: Object.fromEntries(venues),
    optionVenues: patient(OPTION_VENUE_NAMES),
    perpetualVenues: patient(PERPETUAL_VENUE_NAMES),
    futureVenues: patient(FUTURE_VENUE_NAMES),
  }
}

/** Delay of a first retry without jitter; it passes at once, so that a poll stands for itself. */
const RETRY_MS = 50

/** How long a test waits for polls of servers on loopback before it says which are missing. */
const POLLED_MS_MAX = 120_000

/** A decimal in dollars at eight decimals. */
export function dollars(text: string | undefined): bigint {
  const outcome = parseDecimal(text ?? '', { decimals: 8, rounding: 'floor' })
  if (outcome.type === 'refused') throw new Error(`no decimal: ${text}`)
  return outcome.value
}

/** Who is asked besides the venues of spot markets. */
const VENUES_OF_KIND: Partial<Readonly<Record<FeedKind, readonly string[]>>> = {
  volatility: OPTION_VENUE_NAMES,
  funding: PERPETUAL_VENUE_NAMES,
  forward: FUTURE_VENUE_NAMES,
}

/** An engine whose polls a test drives one by one. */
export class DrivenEngine {
  readonly engine: SourceEngine
  readonly log = new RecordedLog()
  /** How often the engine has hashed something. */
  hashes = 0
  readonly #time: SteppedTime
  readonly #polls = new Map<string, number>()
  readonly #polled: readonly string[]
  readonly codes = new Map<string, string[]>()
  #wake: () => void = () => undefined

  constructor(
    options: {
      readonly config: SourcesConfig
      readonly feeds?: readonly FeedParams[]
      /** Declared venues that feeds ask besides those of the market server. */
      readonly declared?: readonly string[]
      /** Hears the traffic. */
      readonly tap?: TrafficTap
    },
    time: SteppedTime,
  ) {
    this.#time = time
    const { feeds = FEEDS, declared = [], tap } = options
    const asked = feeds.flatMap(({ kind }) => VENUES_OF_KIND[kind] ?? [])
    this.#polled = [...MARKET_VENUES, ...new Set(asked), ...declared]
    this.engine = new SourceEngine(
      { config: options.config, feeds },
      {
        ...HOST_SOURCES,
        ...(tap !== undefined && { tap }),
        clock: clockAt(time, options.config.clockOffsetMs),
        sleep: (ms, signal) => (ms === RETRY_MS ? Promise.resolve() : time.sleep(ms, signal)),
        jitter: () => 0,
        log: this.log,
        metrics: (metric) => this.#count(metric),
        keccak256: (bytes) => {
          this.hashes += 1
          return keccak_256(bytes)
        },
      },
    )
  }

  /** Lets time pass and waits until every venue has been polled once more. */
  async round(ms: number): Promise<void> {
    const polls = (venue: string) => this.#polls.get(venue) ?? 0
    const wanted = new Map(this.#polled.map((venue) => [venue, polls(venue) + 1]))
    this.#time.advance(ms)
    await this.#until(() => this.#polled.filter((venue) => polls(venue) < (wanted.get(venue) ?? 0)))
  }

  /** Waits until a venue has been polled so many times since the start. */
  async polled(venue: string, count: number): Promise<void> {
    await this.#until(() => ((this.#polls.get(venue) ?? 0) < count ? [venue] : []))
  }

  /** Rejects with the venues that are missing: one that is passed over is never polled. */
  async #until(missing: () => readonly string[]): Promise<void> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(new Error(`not polled within ${POLLED_MS_MAX} ms: ${missing().join(', ')}`))
    }, POLLED_MS_MAX)
    try {
      while (missing().length > 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#wake = resolve
        await Promise.race([promise, late.promise])
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #count(metric: SourceMetric): void {
    if (metric.type !== 'polled') return
    const { venue, code } = metric
    this.#polls.set(venue, (this.#polls.get(venue) ?? 0) + 1)
    this.codes.set(venue, [...(this.codes.get(venue) ?? []), code])
    this.#wake()
  }
}

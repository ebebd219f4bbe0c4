import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import type { Circuit, CircuitRules } from './circuit.ts'
import { afterFailure, CIRCUIT_CLOSED, isOpen, pausedUntil, recovered } from './circuit.ts'
import { absenceAskedFor, pauseAskedFor } from './failures.ts'
import type { StreamedQuote } from './quote-window.ts'
import { carriesBook, QuoteWindow } from './quote-window.ts'
import type { OpenStream, StreamLimits } from './stream-connection.ts'
import { StreamConnection } from './stream-connection.ts'
import type { StreamAnswer, VenueMarket, VenueStream } from './venue.ts'

export interface StreamClientOptions {
  readonly venue: VenueName
  readonly stream: VenueStream
  readonly markets: readonly VenueMarket[]
  readonly limits: StreamLimits
  /** A market without a book for longer is not streamed, whatever else arrives. */
  readonly freshMs: DurationMs
  /** A quote of a market is handed on once in so long. */
  readonly windowMs: DurationMs
}

export interface StreamClientDependencies {
  readonly clock: { readonly nowMs: () => UnixMs }
  readonly sleep: (ms: DurationMs, signal: AbortSignal) => Promise<void>
  readonly jitter: () => number
  readonly log: Log
  readonly open: OpenStream
  /** What the stream had against being connected to before; left out where nobody was. */
  readonly circuit?: Circuit | undefined
  readonly report: (report: StreamReport) => void
  /** A connection ended, or a market was refused. */
  readonly onFault: (code: string) => void
}

/** What a stream brought in one window. */
export interface StreamReport {
  /** Messages since the report before this one, those without a quote included. */
  readonly frames: number
  readonly quotes: readonly StreamedQuote[]
}

/** How a venue's stream does; shown to operators. */
export interface StreamStatus {
  readonly state: 'open' | 'connecting' | 'waiting'
  /** `ok`, why the last connection ended, or null before anything arrived. */
  readonly code: string | null
  /** Markets whose prices come by it at this moment; the others are polled. */
  readonly marketsStreamed: number
  readonly frames: number
  /** Connections after the first. */
  readonly reconnects: number
}

/** How often deadlines are looked at: late by so much at most. */
const TICK_MS = 250
/** The first lost connection is an accident; one that did not hold counts on (circuit.ts). */
const RECONNECT_RULES: CircuitRules = { failuresMax: 1, pauseMs: 1_000, pauseMsMax: 60_000 }
/** What held for so long has shown that it can. */
const STABLE_MS = 60_000
/** What is left of a documented life when a connection is replaced; by chance up to twice it. */
const LIFE_SHARE_LEFT = 1 / 48

/**
 * Keeps one stream of a venue open: connects again with jittered pauses that double, and makes a
 * new connection before it gives up one that the venue is about to close.
 */
export class StreamClient {
  readonly #options: StreamClientOptions
  readonly #dependencies: StreamClientDependencies
  readonly #window: QuoteWindow
  /** When a book of each market last arrived. */
  readonly #quotedMs = new Map<MarketName, UnixMs>()
  #active: StreamConnection | null = null
  /** Takes the place of the active one with its first answer. */
  #successor: StreamConnection | null = null
  #circuit: Circuit
  #code: string | null = null
  #frames = 0
  #reportedFrames = 0
  #connections = 0
  #signal: AbortSignal = AbortSignal.abort()

  constructor(options: StreamClientOptions, dependencies: StreamClientDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#circuit = dependencies.circuit ?? CIRCUIT_CLOSED
    const { sleep } = dependencies
    const report = (quotes: readonly StreamedQuote[]) => this.#report(quotes)
    this.#window = new QuoteWindow(options.windowMs, { sleep, report })
  }

  /** Resolves once the signal has aborted and every connection has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, sleep } = this.#dependencies
    this.#signal = signal
    while (!signal.aborted) {
      this.#tick(clock.nowMs())
      await sleep(TICK_MS, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    }
    this.#active?.end()
    this.#successor?.end()
    this.#active = null
    this.#successor = null
  }

  /** Whether this market's quotes come by the stream at this moment. */
  isFresh(market: MarketName, nowMs: UnixMs): boolean {
    const quotedMs = this.#quotedMs.get(market)
    if (quotedMs === undefined || !this.#isConnected) return false
    return nowMs - quotedMs <= this.#options.freshMs
  }

  /** For whoever connects to the stream next. */
  get circuit(): Circuit {
    return this.#circuit
  }

  status(): StreamStatus {
    const unconnected = this.#active === null ? 'waiting' : 'connecting'
    const state = this.#isConnected ? 'open' : unconnected
    const reconnects = Math.max(0, this.#connections - 1)
    const nowMs = this.#dependencies.clock.nowMs()
    const streamed = this.#options.markets.filter(({ market }) => this.isFresh(market, nowMs))
    const marketsStreamed = streamed.length
    return { state, code: this.#code, marketsStreamed, frames: this.#frames, reconnects }
  }

  #report(quotes: readonly StreamedQuote[]): void {
    const frames = this.#frames - this.#reportedFrames
    this.#reportedFrames = this.#frames
    this.#dependencies.report({ frames, quotes })
  }

  get #isConnected(): boolean {
    return this.#active !== null && this.#active.openedMs !== null
  }

  #tick(nowMs: UnixMs): void {
    this.#active?.watch(nowMs)
    this.#successor?.watch(nowMs)
    if (isOpen(this.#circuit, nowMs)) return
    if (this.#active === null) this.#active = this.#connect()
    else if (this.#successor === null && this.#isDue(this.#active, nowMs)) {
      this.#successor = this.#connect()
    }
  }

  #isDue(connection: StreamConnection, nowMs: UnixMs): boolean {
    if (connection.isLeaving) return true
    const { lifeMs } = this.#options.stream
    if (lifeMs === null) return false
    // Nodes that started together do not come back together.
    const marginMs = lifeMs * LIFE_SHARE_LEFT * (1 + this.#dependencies.jitter())
    return nowMs - connection.startedMs >= lifeMs - marginMs
  }

  #connect(): StreamConnection {
    const { venue, stream, markets, limits } = this.#options
    const { clock, open } = this.#dependencies
    this.#connections += 1
    return new StreamConnection(
      { venue, stream, markets, limits },
      {
        nowMs: () => clock.nowMs(),
        open,
        onFrame: () => {
          this.#frames += 1
        },
        onAnswers: (connection, answers) => this.#take(connection, answers),
        onRefused: (error) => this.#noteFault(error),
        onEnd: (connection, error) => this.#lose(connection, error),
      },
    )
  }

  #take(connection: StreamConnection, answers: readonly StreamAnswer[]): void {
    const nowMs = this.#dependencies.clock.nowMs()
    if (connection === this.#successor) this.#promote(nowMs)
    for (const answer of answers) {
      if (answer.type === 'refused') continue
      const { market, quote } = answer
      if (carriesBook(quote)) this.#quotedMs.set(market, nowMs)
      this.#window.add({ market, quote, receivedMs: nowMs }, this.#signal)
      this.#noteWell()
    }
  }

  /** The successor speaks: what it replaces may go. */
  #promote(nowMs: UnixMs): void {
    const before = this.#active
    this.#active = this.#successor
    this.#successor = null
    if (before === null) return
    before.end()
    // A venue that asks each time to connect anew is not followed at its own pace.
    if (!isStable(before, nowMs)) this.#backOff(nowMs)
  }

  #lose(connection: StreamConnection, error: OracleError): void {
    const nowMs = this.#dependencies.clock.nowMs()
    if (connection === this.#successor) this.#successor = null
    else {
      this.#active = this.#successor
      this.#successor = null
    }
    if (isStable(connection, nowMs)) this.#circuit = recovered(this.#circuit)
    this.#backOff(nowMs)
    const askedMs = Math.max(pauseAskedFor(error), absenceAskedFor(error))
    if (askedMs > 0) this.#circuit = pausedUntil(this.#circuit, nowMs + askedMs)
    this.#noteFault(error)
  }

  #backOff(nowMs: UnixMs): void {
    const { openUntilMs, failures } = afterFailure(this.#circuit, { nowMs, rules: RECONNECT_RULES })
    const pauseMs = Math.max(0, openUntilMs - nowMs)
    // Up to half as long again: whoever lost a venue at the same moment comes back spread out.
    const jitterMs = Math.round((pauseMs * this.#dependencies.jitter()) / 2)
    this.#circuit = { failures, openUntilMs: openUntilMs + jitterMs }
  }

  #noteFault({ code, message }: OracleError): void {
    const { log, onFault } = this.#dependencies
    onFault(code)
    if (code === this.#code) return
    const { venue } = this.#options
    log.warn('source.stream.failed', { venue, code, before: this.#code, detail: message })
    this.#code = code
  }

  #noteWell(): void {
    if (this.#code === 'ok') return
    const { venue } = this.#options
    this.#dependencies.log.info('source.stream.open', { venue, before: this.#code })
    this.#code = 'ok'
  }
}

function isStable({ openedMs }: StreamConnection, nowMs: UnixMs): boolean {
  return openedMs !== null && nowMs - openedMs >= STABLE_MS
}

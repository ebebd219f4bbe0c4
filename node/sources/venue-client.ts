import type { Dispatcher } from 'undici'
import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Circuit, CircuitRules } from './circuit.ts'
import { afterFailure, CIRCUIT_CLOSED, pausedUntil, recovered } from './circuit.ts'
import { absenceAskedFor, pauseAskedFor } from './failures.ts'
import type { Fetched } from './fetcher.ts'
import { fetchJsonText } from './fetcher.ts'
import type { HostFault, HostsStatus } from './hosts.ts'
import { isHostFault, VenueHosts } from './hosts.ts'
import { readJson } from './json.ts'
import { VenueLimits } from './limits.ts'
import { readingOf } from './reading.ts'
import type { AskedVenue, MarketAnswer, VenueRequest } from './venue.ts'
import type { VenueConfig } from './venue-config.ts'

export interface VenueClientOptions {
  readonly venue: AskedVenue
  readonly config: VenueConfig
  readonly circuit: CircuitRules
}

export interface VenueClientDependencies {
  readonly clock: { readonly nowMs: () => UnixMs }
  /** Sends the requests; the client neither makes nor closes it. */
  readonly dispatcher: Dispatcher
  /** Waits, or rejects when the signal aborts. */
  readonly sleep: (ms: DurationMs, signal: AbortSignal) => Promise<void>
  /** A number from 0 up to 1 that spreads retries. */
  readonly jitter: () => number
  /** Shared with whatever else asks the venue; its own where left out. */
  readonly hosts?: VenueHosts
  /** Shared with whoever else asks within them; its own where left out. */
  readonly limits?: VenueLimits | undefined
  /** What came of asking the venue before; left out where nobody did. */
  readonly circuit?: Circuit | undefined
  /** A host failed with everything that it was asked. */
  readonly onHostFault?: (fault: HostFault) => void
}

/** What came of one request. */
export type PollOutcome =
  | {
      readonly type: 'answered'
      readonly request: VenueRequest
      readonly answers: readonly MarketAnswer[]
      readonly receivedMs: UnixMs
    }
  | { readonly type: 'failed'; readonly request: VenueRequest; readonly error: OracleError }

interface AskedHost {
  readonly request: VenueRequest
  readonly baseUrl: string
}

/** Asking again at once helps against a broken connection, not against an answer. */
const RETRIED: ReadonlySet<string> = new Set(['SOURCE_UNREACHABLE', 'SOURCE_BODY_TRUNCATED'])
const RETRY_DELAY_MS = 100
/** Our own choice: the host was not asked. */
const BUDGET_SPENT = 'SOURCE_BUDGET_SPENT'
const MINUTE_MS = 60_000

/**
 * Asks one venue over HTTP within its budget, leaves it alone while it fails, and asks again where
 * that helps. Long-lived; one per venue.
 */
export class VenueClient {
  readonly name: VenueName
  readonly #options: VenueClientOptions
  readonly #dependencies: VenueClientDependencies
  readonly #hosts: VenueHosts
  readonly #limits: VenueLimits
  #circuit: Circuit

  constructor(options: VenueClientOptions, dependencies: VenueClientDependencies) {
    this.name = options.venue.name
    this.#options = options
    this.#dependencies = dependencies
    this.#hosts = dependencies.hosts ?? new VenueHosts(options.config.baseUrls)
    this.#limits = dependencies.limits ?? new VenueLimits()
    this.#circuit = dependencies.circuit ?? CIRCUIT_CLOSED
  }

  /**
   * Asks for all markets once. Never rejects: a request that failed is an outcome with its error. A
   * venue that answers at least one of them is well; when all that was asked failed by a fault of
   * the host, the next one is asked at once.
   */
  async poll(
    requests: readonly VenueRequest[],
    signal: AbortSignal,
  ): Promise<readonly PollOutcome[]> {
    const paused = this.#pauseError()
    if (paused !== null) return requests.map((request) => failure(request, paused))
    for (let tries = 1; ; tries++) {
      const baseUrl = this.#hosts.current(this.#dependencies.clock.nowMs())
      const asked = requests.map((request) => this.#ask({ request, baseUrl }, signal))
      const outcomes = await Promise.all(asked)
      if (signal.aborted) return outcomes
      if (this.#isOtherHostDue(baseUrl, outcomes) && tries < this.#hosts.count) continue
      this.#noteOutcomes(outcomes)
      return outcomes
    }
  }

  /** Where the venue is asked now, and which hosts before it are left alone. */
  get hosts(): HostsStatus {
    return this.#hosts.status(this.#dependencies.clock.nowMs())
  }

  /** Moment before which the venue is not asked; 0 when nothing is in the way. */
  get pausedUntilMs(): UnixMs {
    const askedMs = this.#hosts.askedUntilMs(this.#dependencies.clock.nowMs())
    return Math.max(this.#circuit.openUntilMs, this.#limits.pausedUntilMs, askedMs)
  }

  /** For whoever asks the venue next. */
  get circuit(): Circuit {
    return this.#circuit
  }

  #pauseError(): OracleError | null {
    const { pausedUntilMs } = this
    const nowMs = this.#dependencies.clock.nowMs()
    if (nowMs >= pausedUntilMs) return null
    return new OracleError(
      'SOURCE_CIRCUIT_OPEN',
      `${this.name} failed before and is left alone for another ${pausedUntilMs - nowMs} ms`,
      { context: { venue: this.name, openUntilMs: pausedUntilMs } },
    )
  }

  #isOtherHostDue(baseUrl: string, outcomes: readonly PollOutcome[]): boolean {
    const errors = outcomes.flatMap((each) => (each.type === 'failed' ? [each.error] : []))
    if (errors.length < outcomes.length) {
      this.#hosts.noteWell(baseUrl)
      return false
    }
    const faults = errors.filter(({ code }) => code !== BUDGET_SPENT)
    const nowMs = this.#dependencies.clock.nowMs()
    // One that limits us, or says something, is there: it wants to be heard and not gone round.
    if (faults[0] === undefined || !faults.every(({ code }) => isHostFault(code))) return false
    const { code } = faults[0]
    this.#dependencies.onHostFault?.({ host: new URL(baseUrl).host, code })
    const askedMs = Math.max(...faults.map(absenceAskedFor))
    return this.#hosts.noteFault(baseUrl, { code, nowMs, askedMs })
  }

  async #ask(asked: AskedHost, signal: AbortSignal): Promise<PollOutcome> {
    const { request } = asked
    try {
      const fetched = await this.#fetchWithRetries(asked, signal)
      this.#noteUsedWeight(fetched)
      const receivedMs = this.#dependencies.clock.nowMs()
      const answers = this.#read(fetched, { request, receivedMs })
      return { type: 'answered', request, answers, receivedMs }
    } catch (error) {
      return failure(request, error)
    }
  }

  #read(
    { text }: Fetched,
    { request, receivedMs }: { readonly request: VenueRequest; readonly receivedMs: UnixMs },
  ): readonly MarketAnswer[] {
    const { venue } = this.#options
    return readingOf(`the answer of ${this.name}`, () =>
      venue.parse(readJson(text, venue.jsonLimits), request, receivedMs),
    )
  }

  async #fetchWithRetries(asked: AskedHost, signal: AbortSignal): Promise<Fetched> {
    const { retriesMax } = this.#options.config
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#fetch(asked, signal)
      } catch (error) {
        const isRetried = attempt < retriesMax && RETRIED.has(codeOf(error)) && !signal.aborted
        if (!isRetried) throw error
        const { sleep, jitter } = this.#dependencies
        // Between half and one and a half of the delay, so that nodes do not ask in step.
        const delayMs = Math.round(RETRY_DELAY_MS * 2 ** attempt * (0.5 + jitter()))
        const isOver = await sleep(delayMs, signal).then(
          () => false,
          () => signal.aborted,
        )
        if (isOver) throw error
      }
    }
  }

  #fetch({ request, baseUrl }: AskedHost, signal: AbortSignal): Promise<Fetched> {
    const { venue, config } = this.#options
    const { clock, dispatcher } = this.#dependencies
    const budget = venue.sharedLimits?.budget ?? venue.budget
    const isWithin = this.#limits.spend({ budget, weight: request.weight, nowMs: clock.nowMs() })
    if (!isWithin) throw this.#budgetSpent()
    const url = new URL(baseUrl.replace(/\/$/, '') + request.path)
    const { timeoutMs, bodyBytesMax } = config
    const { limitStatus } = venue
    const options = { url, timeoutMs, bodyBytesMax, signal, limitStatus }
    return fetchJsonText(options, { dispatcher, clock })
  }

  #budgetSpent(): OracleError {
    return new OracleError(
      BUDGET_SPENT,
      `${this.name} was not asked: its limit of requests is used up; raise pollMs`,
      { context: { venue: this.name } },
    )
  }

  #noteUsedWeight({ headers }: Fetched): void {
    const header = this.#options.venue.usedWeightHeader
    if (header === null) return
    const used = headers[header.name]
    if (typeof used !== 'string' || !/^\d{1,9}$/.test(used)) return
    if (Number(used) < header.weightMax) return
    const nowMs = this.#dependencies.clock.nowMs()
    this.#limits.pauseUntil(nowMs - (nowMs % MINUTE_MS) + MINUTE_MS)
  }

  #noteOutcomes(outcomes: readonly PollOutcome[]): void {
    const nowMs = this.#dependencies.clock.nowMs()
    const failures = outcomes.filter((outcome) => outcome.type === 'failed')
    const faults = failures.filter(({ error }) => error.code !== BUDGET_SPENT)
    if (failures.length < outcomes.length) this.#circuit = recovered(this.#circuit)
    else if (faults.length > 0) {
      this.#circuit = afterFailure(this.#circuit, { nowMs, rules: this.#options.circuit })
    }
    for (const { error } of faults) {
      const pauseMs = pauseAskedFor(error)
      // A limit is the address's, whatever was asked for; a region is served or not for each.
      if (error.code === 'SOURCE_RATE_LIMITED') this.#limits.pauseUntil(nowMs + pauseMs)
      else if (pauseMs > 0) this.#circuit = pausedUntil(this.#circuit, nowMs + pauseMs)
    }
  }
}

/** Whatever else is thrown while asking is our own bug and must not look like a venue's fault. */
function failure(request: VenueRequest, error: unknown): PollOutcome {
  if (error instanceof OracleError) return { type: 'failed', request, error }
  throw error
}

import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { Log } from '../logging.ts'
import type { HostsStatus } from './hosts.ts'
import type { MarketAnswer, VenueRequest } from './venue.ts'
import type { PollOutcome, VenueClient } from './venue-client.ts'

export interface VenuePollerOptions {
  /** What to ask at a moment; when it is nothing, the poll is left out. */
  readonly requestsAt: (nowMs: UnixMs) => readonly VenueRequest[]
  /** From the start of one poll to the start of the next. */
  readonly pollMs: DurationMs
}

export interface VenuePollerDependencies {
  readonly client: Pick<VenueClient, 'name' | 'poll' | 'pausedUntilMs' | 'hosts'>
  readonly clock: { readonly nowMs: () => UnixMs }
  readonly sleep: (ms: DurationMs, signal: AbortSignal) => Promise<void>
  readonly jitter: () => number
  readonly log: Log
  readonly report: (report: PollReport) => void
}

/** What one poll of a venue brought. */
export interface PollReport {
  readonly answers: readonly { readonly answer: MarketAnswer; readonly receivedMs: UnixMs }[]
  /** `ok`, or the first error of a request or market. */
  readonly code: string
  readonly durationMs: DurationMs
}

/** How polling a venue does; shown to operators. */
export interface PollStatus extends HostsStatus {
  readonly venue: string
  /** `ok`, the code of the last poll, or null before the first one ended. */
  readonly code: string | null
  /** When a poll last brought at least one quote; null when none did. */
  readonly quotedMs: UnixMs | null
  readonly durationMs: DurationMs | null
  /** Not asked before this moment; 0 when nothing is in the way. */
  readonly pausedUntilMs: UnixMs
}

/** A pause follows a failure that was logged, and pacing is our own choice: neither is news. */
const NOT_ASKED: ReadonlySet<string> = new Set(['SOURCE_CIRCUIT_OPEN', 'SOURCE_BUDGET_SPENT'])

/** Asks one venue again and again until it is told to stop; logs only when its state changes. */
export class VenuePoller {
  readonly #options: VenuePollerOptions
  readonly #dependencies: VenuePollerDependencies
  #host: string
  #code: string | null = null
  #quotedMs: UnixMs | null = null
  #durationMs: DurationMs | null = null

  constructor(options: VenuePollerOptions, dependencies: VenuePollerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#host = dependencies.client.hosts.host
  }

  /** Resolves once the signal has aborted and nothing is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, jitter } = this.#dependencies
    // A quarter of the interval at most: nodes that start together spread over it.
    await this.#wait(Math.floor((this.#options.pollMs * jitter()) / 4), signal)
    while (!signal.aborted) {
      const startMs = clock.nowMs()
      await this.#poll(signal)
      await this.#wait(startMs + this.#options.pollMs - clock.nowMs(), signal)
    }
  }

  status(): PollStatus {
    const { client } = this.#dependencies
    return {
      venue: client.name,
      ...client.hosts,
      code: this.#code,
      quotedMs: this.#quotedMs,
      durationMs: this.#durationMs,
      pausedUntilMs: client.pausedUntilMs,
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { client, clock, report } = this.#dependencies
    const startMs = clock.nowMs()
    const requests = this.#options.requestsAt(startMs)
    if (requests.length === 0) return
    const outcomes = await client.poll(requests, signal)
    if (signal.aborted) return
    const answers = outcomes.flatMap((outcome) =>
      outcome.type === 'failed'
        ? []
        : outcome.answers.map((answer) => ({ answer, receivedMs: outcome.receivedMs })),
    )
    const fault = firstFault(outcomes)
    const code = fault?.code ?? 'ok'
    this.#durationMs = clock.nowMs() - startMs
    if (answers.some(({ answer }) => answer.type === 'quoted')) this.#quotedMs = clock.nowMs()
    this.#logHost()
    this.#logChange(code, fault)
    report({ answers, code, durationMs: this.#durationMs })
  }

  #logHost(): void {
    const { client, log } = this.#dependencies
    const { host, passedOver } = client.hosts
    if (host === this.#host) return
    const fields = { venue: client.name, host, before: this.#host }
    this.#host = host
    if (passedOver.length === 0) log.info('source.host.changed', fields)
    else log.warn('source.host.changed', { ...fields, passedOver })
  }

  #logChange(code: string, fault: Fault | null): void {
    const { client, log } = this.#dependencies
    if (code === this.#code || NOT_ASKED.has(code)) return
    const before = this.#code
    this.#code = code
    const fields = { venue: client.name, code, before }
    if (fault !== null) log.warn('source.venue.failed', { ...fields, detail: fault.detail })
    else if (before !== null) log.info('source.venue.recovered', fields)
  }

  async #wait(ms: DurationMs, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    try {
      // At least a turn of the event loop, however long the poll took.
      await this.#dependencies.sleep(Math.max(ms, 1), signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

interface Fault {
  readonly code: string
  readonly detail: string
}

function firstFault(outcomes: readonly PollOutcome[]): Fault | null {
  for (const outcome of outcomes) {
    if (outcome.type === 'failed') {
      return { code: outcome.error.code, detail: outcome.error.message }
    }
    for (const answer of outcome.answers) {
      if (answer.type === 'refused') return { code: answer.code, detail: detailOf(answer) }
    }
  }
  return null
}

function detailOf({ market, detail }: MarketAnswer & { readonly type: 'refused' }): string {
  return detail === undefined ? market : `${market}: ${detail}`
}

import { type PastFeedValue, pastMsOf } from '../../aggregator/aggregation/derived-feeds.ts'
import type { Committee } from '../../aggregator/committee/committee.ts'
import { REHEARSAL_ROUNDS } from '../../aggregator/state/turn.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Clock } from '../clock.ts'
import { codeOf } from '../errors.ts'
import type { TermKnown } from '../handover/term.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { JournalReader } from '../store/journal-reader.ts'
import { predecessorPast } from './past.ts'

export interface PredecessorOptions {
  readonly predecessor: Committee
  readonly committee: Committee
  /** Journal of this operator's node in the committee before. */
  readonly journal: string
}

export interface PredecessorDependencies {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  readonly onPast: (past: readonly PastFeedValue[]) => void
}

/** Rounds after the switch at which the rest is read: the last ones are in the journal by then. */
const LATER_ROUNDS = [-1, 2]

const TIMER_MS_MAX = 2 ** 31 - 1

/**
 * Reads what the committee before this one certified, so that averages and volatilities go on over
 * a switch of committees (protocol §11.2). A journal that cannot be read costs this node its
 * observations of those feeds for one window, and is logged.
 */
export class PredecessorPast implements Startable {
  readonly name = 'predecessor-past'
  readonly #options: PredecessorOptions
  readonly #dependencies: PredecessorDependencies
  readonly #timers = new Set<NodeJS.Timeout>()
  #switchMs: UnixMs | null = null
  #isRunning = false

  constructor(options: PredecessorOptions, dependencies: PredecessorDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  start(): Promise<void> {
    if (!this.#isRunning) {
      this.#isRunning = true
      this.#plan()
    }
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#isRunning = false
    this.#forget()
    return Promise.resolve()
  }

  /** The moment of the switch became known; a hand-over may mend what a contract said of it. */
  follow({ fromMs }: TermKnown): void {
    if (fromMs === null || fromMs === this.#switchMs) return
    this.#switchMs = fromMs
    if (this.#isRunning) this.#plan()
  }

  #plan(): void {
    this.#forget()
    const { committee } = this.#options
    const pastMs = pastMsOf(committee.params.feeds)
    const switchMs = this.#switchMs
    if (switchMs === null || pastMs === null) return
    // Whoever starts when the window lies behind has it in a journal of its own.
    if (this.#dependencies.clock.nowMs() > switchMs + pastMs) return
    const { roundMs } = committee.params.timing
    // Members observe from then on.
    const early = switchMs - REHEARSAL_ROUNDS * roundMs
    this.#at(early, { fromMs: switchMs - pastMs, toMs: switchMs })
    for (const rounds of LATER_ROUNDS) {
      this.#at(switchMs + rounds * roundMs, { fromMs: early - roundMs, toMs: switchMs })
    }
  }

  #forget(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #at(atMs: UnixMs, time: { readonly fromMs: UnixMs; readonly toMs: UnixMs }): void {
    const waitMs = Math.max(0, atMs - this.#dependencies.clock.nowMs())
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        if (this.#dependencies.clock.nowMs() < atMs) this.#at(atMs, time)
        else this.#read(time)
      },
      // A switch may be agreed on months ahead, and a longer timer would fire at once.
      Math.min(waitMs, TIMER_MS_MAX),
    )
    this.#timers.add(timer)
  }

  #read(time: { readonly fromMs: UnixMs; readonly toMs: UnixMs }): void {
    const { journal, predecessor, committee } = this.#options
    const { log, onPast } = this.#dependencies
    try {
      const reader = new JournalReader(journal)
      try {
        const past = predecessorPast(reader, { predecessor, committee }, time)
        log.info('predecessor.past', { values: past.length })
        if (past.length > 0) onPast(past)
      } finally {
        reader.close()
      }
    } catch (error) {
      log.warn('predecessor.past.unreadable', { code: codeOf(error), error })
    }
  }
}

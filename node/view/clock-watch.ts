import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Event } from '../../aggregator/events.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'

/** One late certificate may be one that a member held back; so many in a row are the clock. */
const LATE_IN_A_ROW = 3
/** What is older says nothing of now: the rounds that a node keeps (protocol §4.2). */
const ROUNDS_FRESH = 16

/**
 * Tells from certificates whether this node's clock is ahead of its committee's (ADR 0057). Their
 * time is signed by the committee, and they come within their round, or the clock is wrong: nothing
 * else of a node that is ahead is ever heard, so nothing else would say so.
 */
export class ClockWatch {
  readonly #lateMs: DurationMs
  readonly #freshMs: DurationMs
  #newest: Round = 0
  #late = 0
  #heardMs: UnixMs = 0
  /** When anything happened last: a machine has alarms in every round, or it stands still. */
  #aliveMs: UnixMs | null = null
  /** What waited for a process that stood still comes late by any clock, and before this. */
  #judgedFromMs: UnixMs = 0

  constructor({ params }: Committee) {
    const { roundMs, voteMs } = params.timing
    this.#lateMs = roundMs + voteMs
    this.#freshMs = ROUNDS_FRESH * roundMs
  }

  /** Looks at each certificate that is newer than the ones before, as it comes by gossip. */
  onEvent(event: Event): void {
    this.#followPauses(event.nowMs)
    if (event.type !== 'received' || event.origin !== 'peer') return
    const { message } = event.message
    if (message.type !== 'certificate' || message.round <= this.#newest) return
    this.#newest = message.round
    this.#heardMs = event.nowMs
    const isLate = event.nowMs - message.timestampMs > this.#lateMs
    this.#late = isLate && event.nowMs >= this.#judgedFromMs ? this.#late + 1 : 0
  }

  #followPauses(nowMs: UnixMs): void {
    if (this.#aliveMs !== null && nowMs - this.#aliveMs > this.#lateMs) {
      this.#judgedFromMs = nowMs + this.#lateMs
    }
    this.#aliveMs = nowMs
  }

  isAhead(nowMs: UnixMs): boolean {
    return this.#late >= LATE_IN_A_ROW && nowMs - this.#heardMs <= this.#freshMs
  }
}

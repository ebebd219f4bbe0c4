import { roundAt } from '../aggregator/committee/committee.ts'
import type { Context } from '../aggregator/context.ts'
import type { Event } from '../aggregator/events.ts'
import {
  type Admission,
  admit,
  createAdmission,
  forgetAdmitted,
  type Standing,
} from '../aggregator/messages/admission.ts'
import { typeOfBytes } from '../aggregator/messages/codec.ts'
import type { DirectMessage } from '../aggregator/messages/messages.ts'
import { decodeDirect } from '../aggregator/messages/sync.ts'
import { type Topic, validate } from '../aggregator/messages/validate.ts'
import type { MemberIndex, Round } from '../aggregator/values/ids.ts'
import type { Clock } from './clock.ts'
import type { Delivery, Judgement } from './gossip/gossip.ts'
import type { Doing } from './later.ts'

export interface InboundDependencies {
  readonly clock: Clock
  readonly report: (event: Event) => void
  /** Round of the best certificate here; 0 without one. */
  readonly bestRound: () => Round
  /** Whether the machine doubts this node's clock (protocol §4.6). */
  readonly isClockDoubted: () => boolean
  /** Ends a member's request that wants no answer. */
  readonly acknowledge: (from: MemberIndex) => void
  /** Takes a message over a direct stream off a member's allowance; false when it is used up. */
  readonly admit: (from: MemberIndex) => boolean
  /** Counts what such a message was worth. */
  readonly judged: (from: MemberIndex, judgement: Judgement) => void
  /** Goes on with an answer in a turn of the event loop of its own. */
  readonly later: Doing
}

/** Turns bytes of peers into verdicts and, when they are sound, into events for the machine. */
export class Inbound {
  readonly #context: Context
  readonly #dependencies: InboundDependencies
  readonly #admission: Admission = createAdmission()
  #forgottenAt = 0

  constructor(context: Context, dependencies: InboundDependencies) {
    this.#context = context
    this.#dependencies = dependencies
  }

  /** Judges one gossip message; an accepted one is in the machine before it is passed on. */
  onMessage(delivery: Pick<Delivery, 'topic' | 'bytes'>): Judgement {
    return this.#judge(delivery, 'peer')
  }

  #judge({ topic, bytes }: Pick<Delivery, 'topic' | 'bytes'>, origin: 'peer' | 'sync'): Judgement {
    const nowMs = this.#dependencies.clock.nowMs()
    const currentRound = roundAt(this.#context.committee, nowMs)
    const bestRound = this.#dependencies.bestRound()
    this.#forget({ currentRound, bestRound })
    const isClockDoubted = this.#dependencies.isClockDoubted()
    const arrival = { topic, currentRound, bestRound, isClockDoubted }
    const verdict = validate(this.#context, bytes, arrival)
    if (verdict.verdict === 'ahead' || verdict.verdict === 'behind') {
      const { member, round, code } = verdict
      const type = verdict.verdict === 'ahead' ? 'memberAhead' : 'memberBehind'
      this.#dependencies.report({ type, nowMs, member, round })
      return { verdict: 'ignore', code }
    }
    if (verdict.verdict !== 'accept') return verdict
    const admitted = admit(this.#admission, verdict.message)
    if (admitted === 'surplus') return { verdict: 'ignore', code: 'SURPLUS' }
    this.#dependencies.report({ type: 'received', nowMs, message: verdict.message, origin })
    if (admitted === 'conflict') return { verdict: 'ignore', code: 'CONFLICT' }
    return { verdict: 'accept', code: 'ACCEPTED' }
  }

  /**
   * Takes what a member sent over a direct stream: a request for the machine, or the one
   * certificate that it brings unasked, because a proposer lacks it (protocol §6.7). An answer that
   * comes too late has the best certificate first; whatever else it holds is asked for again.
   */
  onRequest(from: MemberIndex, bytes: Uint8Array): void {
    const message = this.#open(from, bytes)
    if (message === null) return
    if (message.type === 'syncAnswer') {
      const [first] = message.messages
      if (first !== undefined && typeOfBytes(first) === 'certificate') this.#take(from, first)
      this.#dependencies.acknowledge(from)
      return
    }
    const nowMs = this.#dependencies.clock.nowMs()
    this.#dependencies.report({ type: 'syncRequested', nowMs, from, request: message })
  }

  /** Takes a member's answer to a request of ours. */
  onAnswer(from: MemberIndex, bytes: Uint8Array): void {
    const message = this.#open(from, bytes)
    if (message?.type !== 'syncAnswer') return
    this.#dependencies.report({ type: 'answered', nowMs: this.#dependencies.clock.nowMs(), from })
    this.#takeFrom(from, message.messages, 0)
  }

  #open(from: MemberIndex, bytes: Uint8Array): DirectMessage | null {
    const message = decodeDirect(this.#context.committee, bytes)
    if (message === null) this.#dependencies.judged(from, { verdict: 'reject', code: 'MALFORMED' })
    return message
  }

  /** One message in a turn, so that an answer holds up nothing; none after one that is no good. */
  #takeFrom(from: MemberIndex, messages: readonly Uint8Array[], position: number): void {
    const bytes = messages[position]
    if (bytes === undefined || !this.#take(from, bytes)) return
    this.#dependencies.later(() => this.#takeFrom(from, messages, position + 1))
  }

  /** Judges and counts a message like one that came by gossip; false when it is the last. */
  #take(from: MemberIndex, bytes: Uint8Array): boolean {
    if (!this.#dependencies.admit(from)) return false
    const topic: Topic = typeOfBytes(bytes) === 'certificate' ? 'reports' : 'protocol'
    const judgement = this.#judge({ topic, bytes }, 'sync')
    this.#dependencies.judged(from, judgement)
    return judgement.verdict !== 'reject'
  }

  #forget(standing: Standing): void {
    if (standing.currentRound === this.#forgottenAt) return
    this.#forgottenAt = standing.currentRound
    forgetAdmitted(this.#admission, this.#context.committee, standing)
  }
}

import { roundAt } from '../aggregator/committee.ts'
import type { Context } from '../aggregator/context.ts'
import type { Event } from '../aggregator/events.ts'
import {
  type Admission,
  admit,
  createAdmission,
  forgetAdmitted,
} from '../aggregator/messages/admission.ts'
import { typeOfBytes } from '../aggregator/messages/codec.ts'
import { decodeDirect } from '../aggregator/messages/sync.ts'
import { type Topic, validate } from '../aggregator/messages/validate.ts'
import type { MemberIndex } from '../aggregator/values/ids.ts'
import type { Clock } from './clock.ts'
import type { Delivery, Judgement } from './gossip/gossip.ts'

export interface InboundDependencies {
  readonly clock: Clock
  readonly report: (event: Event) => void
  /** Ends a member's request that wants no answer. */
  readonly acknowledge: (from: MemberIndex) => void
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
    this.#forget(currentRound)
    const verdict = validate(this.#context, bytes, { topic, currentRound })
    if (verdict.verdict === 'ahead') {
      const { member, round, code } = verdict
      this.#dependencies.report({ type: 'memberAhead', nowMs, member, round })
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
   * Takes what a member sent over a direct stream: a request for the machine, or messages that it
   * brings unasked, such as the certificate that a proposer lacks. Anything malformed is dropped.
   */
  onRequest(from: MemberIndex, bytes: Uint8Array): void {
    const message = decodeDirect(this.#context.committee, bytes)
    if (message === null) return
    if (message.type === 'syncAnswer') {
      this.#takeAll(message.messages)
      this.#dependencies.acknowledge(from)
      return
    }
    const nowMs = this.#dependencies.clock.nowMs()
    this.#dependencies.report({ type: 'syncRequested', nowMs, from, request: message })
  }

  /** Takes the answer to a request of ours. */
  onAnswer(bytes: Uint8Array): void {
    const message = decodeDirect(this.#context.committee, bytes)
    if (message?.type === 'syncAnswer') this.#takeAll(message.messages)
  }

  /** Judges each message of an answer like one that came by gossip. */
  #takeAll(messages: readonly Uint8Array[]): void {
    for (const bytes of messages) {
      const topic: Topic = typeOfBytes(bytes) === 'certificate' ? 'reports' : 'protocol'
      this.#judge({ topic, bytes }, 'sync')
    }
  }

  #forget(currentRound: number): void {
    if (currentRound === this.#forgottenAt) return
    this.#forgottenAt = currentRound
    const { roundsKept } = this.#context.committee.params.limits
    forgetAdmitted(this.#admission, currentRound - roundsKept)
  }
}

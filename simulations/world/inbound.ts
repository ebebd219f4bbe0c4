import { openingOf, roundAt } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import {
  type Admission,
  type Admitted,
  admit,
  createAdmission,
  forgetAdmitted,
  isCertificatePast,
} from '../../aggregator/messages/admission.ts'
import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { Round } from '../../aggregator/values/ids.ts'

/** What becomes of a message at one member; the last three lie outside of the window. */
export type Judgement = Admitted | 'past' | 'behind' | 'ahead'

/** What a judgement depends on besides the message. */
export interface Standing {
  readonly nowMs: number
  readonly bestRound: Round
  /** The machine doubts its clock: who speaks in earlier rounds matters (protocol §4.6). */
  readonly isClockDoubted: boolean
}

/**
 * Judges sealed messages by the window and the one-digest rule, as the node does with bytes. One
 * for each process: what was seen dies with it.
 */
export class Inbound {
  readonly #context: Context
  readonly #admission: Admission = createAdmission()
  #current: Round = 0
  /** The member's clock stays in the current round from the first until before the second. */
  #fromMs = 0
  #untilMs = 0

  constructor(context: Context) {
    this.#context = context
  }

  judge(
    sealed: Verified<GossipMessage>,
    { nowMs, bestRound, isClockDoubted }: Standing,
  ): Judgement {
    if (nowMs < this.#fromMs || nowMs >= this.#untilMs) this.#enter(nowMs, bestRound)
    const { message } = sealed
    // The windows of protocol §4.2; `validate` judges bytes by the same.
    if (message.type === 'certificate') {
      if (isCertificatePast(this.#context.committee, message.round, bestRound)) return 'past'
    } else if (message.type !== 'evidence') {
      const { roundsKept } = this.#context.committee.params.limits
      if (message.round < this.#current - roundsKept) return isClockDoubted ? 'behind' : 'past'
      if (message.round > this.#current + 1) return 'ahead'
    }
    return admit(this.#admission, sealed)
  }

  #enter(nowMs: number, bestRound: Round): void {
    const { committee } = this.#context
    this.#current = roundAt(committee, nowMs)
    this.#fromMs = this.#current === 0 ? 0 : openingOf(committee, this.#current)
    this.#untilMs = openingOf(committee, this.#current + 1)
    forgetAdmitted(this.#admission, committee, { currentRound: this.#current, bestRound })
  }
}

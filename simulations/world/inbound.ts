import { roundAt } from '../../aggregator/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import {
  type Admission,
  admit,
  createAdmission,
  forgetAdmitted,
} from '../../aggregator/messages/admission.ts'
import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'

/**
 * What becomes of a message at one member: the event it is, if any, and whether it is passed on.
 */
export interface Received {
  readonly event: Event | null
  readonly isPassedOn: boolean
}

/** Judges sealed messages by the window and the one-digest rule, as the node does with bytes. */
export type Inbound = (
  message: Verified<GossipMessage>,
  arrival: { readonly nowMs: number; readonly origin: 'peer' | 'sync' },
) => Received

const DROPPED: Received = { event: null, isPassedOn: false }

/** One for each process: what was seen dies with it. */
export function createInbound(context: Context): Inbound {
  const { committee } = context
  const { roundsKept } = committee.params.limits
  const admission: Admission = createAdmission()
  let forgottenAt = 0

  return (sealed, { nowMs, origin }) => {
    const { message } = sealed
    const current = roundAt(committee, nowMs)
    if (current !== forgottenAt) {
      forgottenAt = current
      forgetAdmitted(admission, current - roundsKept)
    }
    if (message.type !== 'certificate' && message.type !== 'evidence') {
      // The window of protocol §4.2; `validate` judges bytes by the same.
      if (message.round < current - roundsKept) return DROPPED
      if (message.round > current + 1) {
        const { sender: member, round } = message
        return { event: { type: 'memberAhead', nowMs, member, round }, isPassedOn: false }
      }
    }
    const admitted = admit(admission, sealed)
    if (admitted === 'surplus') return DROPPED
    const event: Event = { type: 'received', nowMs, message: sealed, origin }
    return { event, isPassedOn: admitted === 'first' }
  }
}

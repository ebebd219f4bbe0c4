import type { Strategy } from '../attacking/adversary.ts'
import { heldUntil, isMemberMessage, messageOf } from '../attacking/attack.ts'

export const late: Strategy = {
  name: 'late',
  summary: 'sends every observation when the fast path has just ended',
  create: (powers) => ({
    name: 'late',
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message) || message.type !== 'observation') return planned
      const { fastMs } = powers.context.committee.params.timing
      return heldUntil(powers, planned, { round: message.round, offsetMs: fastMs })
    },
  }),
}

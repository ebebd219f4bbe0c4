import type { Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf } from '../attacking/attack.ts'

export const flapAtProbes: Strategy = {
  name: 'flap-at-probes',
  summary: 'is there when a probe lets it back, and away in the round after it',
  create: (powers) => ({
    name: 'flap-at-probes',
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message)) return planned
      const isAfterProbe = message.round % powers.context.committee.params.probeEvery === 1
      return isAfterProbe ? [] : planned
    },
  }),
}

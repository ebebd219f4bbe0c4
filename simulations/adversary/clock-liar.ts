import { openingOf } from '../../aggregator/committee/committee.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { carrying, messageOf } from '../attacking/attack.ts'

export const clockLiar: Strategy = {
  name: 'clock-liar',
  summary: 'stamps its observation with the last time that still counts',
  create: (powers) => ({
    name: 'clock-liar',
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type !== 'observation') return planned
      const { committee } = powers.context
      const { includeMs, clockSkewMsMax } = committee.params.timing
      const timestampMs = openingOf(committee, message.round) + includeMs + clockSkewMsMax
      return carrying(planned, powers.sign({ ...message, timestampMs }))
    },
  }),
}

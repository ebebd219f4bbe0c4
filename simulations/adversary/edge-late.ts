import { orderOf } from '../../aggregator/context.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { isBeforeProbe, isMemberMessage, messageOf, momentUs } from '../attacking/attack.ts'

/** Whose include-deadline is just met: everyone else hears of it from that one. */
export const edgeLate: Strategy = {
  name: 'edge-late',
  summary:
    'lets its observation reach one member at the last counted moment, so that one signer has it ' +
    'in time and the proposer has not',
  create: (powers) => ({
    name: 'edge-late',
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message) || message.type !== 'observation') return planned
      if (isBeforeProbe(powers, message.round)) return planned
      const { includeMs } = powers.context.committee.params.timing
      // The last in turn order: no proposer, and seldom a combiner.
      const reversed = [...orderOf(powers.context, message.round)].reverse()
      const chosen = reversed.find((index) => planned.some(({ to }) => to === index))
      const arriveUs = momentUs(powers, { round: message.round, offsetMs: includeMs })
      return planned.filter(({ to }) => to === chosen).map((copy) => ({ ...copy, arriveUs }))
    },
  }),
}

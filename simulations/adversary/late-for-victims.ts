import { listMembers } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { heldUntil, isMemberMessage, messageOf, victimsOf } from '../attacking/attack.ts'

export const lateForVictims: Strategy = {
  name: 'late-for-victims',
  summary: 'is on time for all but f chosen members, who then see a late one that others do not',
  create: (powers) => ({
    name: 'late-for-victims',
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message)) return planned
      const { f, params } = powers.context.committee
      const victims = listMembers(victimsOf(powers)).slice(0, f)
      const isVictim = ({ to }: { readonly to: number }) => victims.includes(to)
      const when = { round: message.round, offsetMs: params.timing.fastMs }
      return [
        ...planned.filter((copy) => !isVictim(copy)),
        ...heldUntil(powers, planned.filter(isVictim), when),
      ]
    },
  }),
}

import { difference, listMembers, withMember, withoutMember } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { carrying, isBeforeProbe, messageOf } from '../attacking/attack.ts'

export const wrongPairEveryOther: Strategy = {
  name: 'wrong-pair-every-other',
  summary: 'names another signing set in every other round, never in two running',
  create: (powers) => ({
    name: 'wrong-pair-every-other',
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type !== 'observation' || message.round % 2 === 0) return planned
      if (isBeforeProbe(powers, message.round)) return planned
      const { expected, signing } = message.pair
      const [spare] = listMembers(difference(expected, signing))
      const [first] = listMembers(signing)
      if (spare === undefined || first === undefined) return planned
      const other = withMember(withoutMember(signing, first), spare)
      return carrying(planned, powers.sign({ ...message, pair: { expected, signing: other } }))
    },
  }),
}

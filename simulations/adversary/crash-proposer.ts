import { orderOf } from '../../aggregator/context.ts'
import { countMembers, hasMember } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'

export const crashProposer: Strategy = {
  name: 'crash-proposer',
  summary:
    'instead of using its members, ends the processes of as many of the next proposers, every 16 ' +
    'rounds, for three rounds',
  create: (powers) => ({
    name: 'crash-proposer',
    roundOpened: (round) => {
      if (round < 8 || round % 16 !== 0) return
      const { roundMs } = powers.context.committee.params.timing
      const targets = orderOf(powers.context, round + 1)
        .filter((index) => !hasMember(powers.members, index))
        .slice(0, countMembers(powers.members))
      for (const member of targets) powers.suspend(member, 3 * roundMs * 1_000, 'kept')
    },
  }),
}

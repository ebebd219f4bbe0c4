import { listMembers } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { toEveryone } from '../attacking/attack.ts'

/** Messages a round from each member under control. */
const MESSAGES = 20

export const spam: Strategy = {
  name: 'spam',
  summary: 'floods the others with signed messages of rounds to come',
  create: (powers) => ({
    name: 'spam',
    roundOpened: (round) => {
      for (const sender of listMembers(powers.members)) {
        for (let count = 0; count < MESSAGES; count++) {
          const ahead = round + 2 + powers.prng.below(1_000_000)
          const late = powers.sign({ type: 'late', round: ahead, sender, members: 1 })
          for (const copy of toEveryone(powers, sender, late)) powers.dispatch(copy)
        }
      }
    },
  }),
}

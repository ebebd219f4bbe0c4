import { listMembers } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf } from '../attacking/attack.ts'

/** Rounds that one of them stays away. */
const ROUNDS_AWAY = 8

export const rotateAbsence: Strategy = {
  name: 'rotate-absence',
  summary: 'its members stay away in turns, so that nobody is absent long enough to be left out',
  create: (powers) => ({
    name: 'rotate-absence',
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message)) return planned
      const all = listMembers(powers.members)
      const turn = Math.floor(message.round / ROUNDS_AWAY) % (all.length + 1)
      return all[turn] === message.sender ? [] : planned
    },
  }),
}

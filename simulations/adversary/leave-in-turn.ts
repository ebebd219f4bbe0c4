import { isSubset, listMembers, type Round } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf } from '../attacking/attack.ts'

/** Rounds from one leaving to the next: each has certified without the one before by then. */
const ROUNDS_BETWEEN = 2

export const leaveInTurn: Strategy = {
  name: 'leave-in-turn',
  summary: 'waits until all its members are expected, and then lets them leave one after the other',
  create: (powers) => {
    /** When the first one leaves, or left. */
    let from: Round = 0
    const endOf = () => from + ROUNDS_BETWEEN * listMembers(powers.members).length
    return {
      name: 'leave-in-turn',
      roundOpened: (round) => {
        const { probeEvery } = powers.context.committee.params
        // Early in a period, so that all of them leave in one.
        if (round < endOf() || round % probeEvery !== 1) return
        const [one] = listMembers(powers.members)
        const best = powers.stateOf(one ?? -1)?.best
        if (best != null && isSubset(powers.members, best.message.expectedNext)) from = round + 1
      },
      send: (planned) => {
        const message = messageOf(planned)
        if (!isMemberMessage(message) || from === 0) return planned
        const turn = listMembers(powers.members).indexOf(message.sender)
        const isAway = message.round >= from + ROUNDS_BETWEEN * turn && message.round <= endOf()
        return isAway ? [] : planned
      },
    }
  },
}

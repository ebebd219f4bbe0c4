import type { RoundState, State } from '../../aggregator/state.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'

/** Slots of a round, and so shares of a member in it (protocol §13). */
const SLOTS = 3
/** Candidates: one fast, and one for each rank of proposals. */
const CANDIDATES_MAX = 3

/** S7: what a machine keeps stays within the named limits (protocol §12, §13). */
export const createMemoryChecker: CreateChecker = ({ committee, honest, stateOf }): Checker => {
  const { size, params } = committee
  // The window, the open round, and one of which messages came early.
  const roundsMax = params.limits.roundsKept + 2

  const excessOf = (state: State): string | null => {
    if (state.rounds.size > roundsMax) return `${state.rounds.size} rounds, at most ${roundsMax}`
    for (const round of state.rounds.values()) {
      const excess = excessIn(round)
      if (excess !== null) return `${excess} in round ${round.round}`
    }
    return null
  }
  const excessIn = (round: RoundState): string | null => {
    if (round.attempts.length > SLOTS * size) return `${round.attempts.length} attempts`
    if (round.candidates.length > CANDIDATES_MAX) return `${round.candidates.length} candidates`
    if (round.namers.length > size) return `${round.namers.length} named pairs`
    // A plain loop: this runs for every member's every round at every opening.
    for (const { length } of round.shares) {
      if (length > SLOTS) return `${length} shares of one member`
    }
    return null
  }
  const members: readonly MemberIndex[] = listMembers(honest)
  return {
    rule: 'S7',
    on: {
      roundOpened: ({ nowUs, round }) => {
        for (const member of members) {
          const state = stateOf(member)
          const excess = state === null ? null : excessOf(state)
          if (excess === null) continue
          const message = `member ${member} keeps ${excess}`
          return { rule: 'S7', nowUs, round, message }
        }
        return null
      },
    },
  }
}

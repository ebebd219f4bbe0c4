import { type RoundState, sharesOf } from '../../aggregator/state/round-state.ts'
import type { State } from '../../aggregator/state/state.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'

/** Slots of a round, and so shares of a member in it (protocol §13). */
const SLOTS = 3
/** Candidates: one fast, and one for each rank of proposals. */
const CANDIDATES_MAX = 3
/** Rounds in which most happens: the open one, those before, and one that is early. */
const NEWEST = 4

/**
 * Rounds that may hold more than when they were last looked at: the newest ones, and the one that
 * is forgotten next, for what came late. What a round holds only grows.
 */
function changing({ rounds }: State): readonly RoundState[] {
  const [oldest] = rounds.values()
  const newest = rounds.values().slice(-NEWEST)
  return oldest === undefined ? newest : [oldest, ...newest]
}

/** S7: what a machine keeps stays within the named limits (protocol §12, §13). */
export const createMemoryChecker: CreateChecker = ({ committee, honest, stateOf }): Checker => {
  const { size, params } = committee
  const all = listMembers(committee.all)
  // The window, the open round, and one of which messages came early.
  const roundsMax = params.limits.roundsKept + 2

  const excessOf = (state: State, rounds: readonly RoundState[]): string | null => {
    if (state.rounds.size > roundsMax) return `${state.rounds.size} rounds, at most ${roundsMax}`
    for (const round of rounds) {
      const excess = excessIn(round)
      if (excess !== null) return `${excess} in round ${round.round}`
    }
    return null
  }
  const excessIn = (round: RoundState): string | null => {
    if (round.attempts.length > SLOTS * size) return `${round.attempts.length} attempts`
    if (round.candidates.length > CANDIDATES_MAX) return `${round.candidates.length} candidates`
    if (round.namers.length > size) return `${round.namers.length} named pairs`
    if (round.moreShares.length === 0) return null
    for (const member of all) {
      const { length } = sharesOf(round, member)
      if (length > SLOTS) return `${length} shares of one member`
    }
    return null
  }
  const members: readonly MemberIndex[] = listMembers(honest)
  const judge = (
    about: { readonly nowUs: number; readonly round: Round },
    looked: (state: State) => readonly RoundState[],
  ): Violation | null => {
    for (const member of members) {
      const state = stateOf(member)
      const excess = state === null ? null : excessOf(state, looked(state))
      if (excess !== null) {
        return { rule: 'S7', ...about, message: `member ${member} keeps ${excess}` }
      }
    }
    return null
  }
  return {
    rule: 'S7',
    on: {
      roundOpened: ({ nowUs, round }) => judge({ nowUs, round }, changing),
    },
    finish: (nowUs) => judge({ nowUs, round: 0 }, ({ rounds }) => rounds.values()),
  }
}

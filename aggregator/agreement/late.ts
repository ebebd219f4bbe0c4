import type { Late, Observation, Pair, Verified } from '../messages/messages.ts'
import type { RoundState } from '../state/round-state.ts'
import type { Turn } from '../state/turn.ts'
import {
  difference,
  listMembers,
  type Members,
  NO_MEMBERS,
  type Round,
  withMember,
} from '../values/ids.ts'
import { owesClaim } from './claims.ts'
import { isHigher, isSamePair, namedAtLeast } from './pair.ts'

/**
 * Members of this node's expected set whose observation is missing at includeMs, or who named a
 * pair that they could not have come to (protocol §6.5).
 */
export function lateMembersOf(turn: Turn, round: RoundState): Members {
  const { pair } = round
  if (pair === null) return NO_MEMBERS
  const missing = difference(pair.expected, round.counted)
  if (isBasisBehind(turn, round)) return missing
  let late = missing
  for (const index of listMembers(difference(pair.expected, missing))) {
    const observation = round.observations[index]
    if (observation === undefined) continue
    if (
      isPairWrong(round, pair, observation.message) ||
      owesClaim(turn.state, index, round.round)
    ) {
      late = withMember(late, index)
    }
  }
  return late
}

/**
 * Whether an observation names another pair than this node's although its sender started from the
 * same certificate, or from a lower one when everyone could have this node's. What reached this
 * node only just before the opening may have missed an honest member: nobody is blamed for that.
 */
function isPairWrong(round: RoundState, pair: Pair, named: Observation): boolean {
  if (isSamePair(named.pair, pair) || !round.settled.members || isHigher(named.basis, round.basis))
    return false
  return round.settled.basis || !isHigher(round.basis, named.basis)
}

/**
 * Members whom f+1 notices of the round before name, if that round is lost here: without a
 * certificate nothing else would leave them out, and they could lose the next one too (§4.3).
 */
export function absentBefore(turn: Turn, round: Round): Members {
  const before = turn.state.rounds.get(round - 1)
  if (before === undefined || before.certificate !== null) return NO_MEMBERS
  const notices = before.lates.filter((late): late is Verified<Late> => late !== undefined)
  return namedAtLeast(
    notices.map((late) => late.message),
    turn.context.committee.f + 1,
  )
}

/**
 * f+1 others name a better certificate than the one this node's pair was frozen from: then its own
 * pair is the stale one, even if it has caught up since (§6.5).
 */
function isBasisBehind(turn: Turn, round: RoundState): boolean {
  let higher = 0
  for (const observation of round.observations) {
    if (observation !== undefined && isHigher(observation.message.basis, round.basis)) higher += 1
  }
  return higher > turn.context.committee.f
}

import type { Late, Observation, Pair, Verified } from '../messages/messages.ts'
import type { RoundState, Turn } from '../state.ts'
import {
  difference,
  hasMember,
  listMembers,
  type Members,
  NO_MEMBERS,
  type Round,
  withMember,
} from '../values/ids.ts'
import { isHigher, namedAtLeast } from './pair.ts'

/**
 * Members of this node's expected set whose observation is missing at includeMs, or who named
 * another pair than this node's in this round and the one before (protocol §6.5).
 */
export function lateMembersOf(turn: Turn, round: RoundState): Members {
  const { pair } = round
  if (pair === null) return NO_MEMBERS
  const missing = difference(pair.expected, round.counted)
  if (isBasisBehind(turn, round)) return missing
  const before = turn.state.rounds.get(round.round - 1)
  if (before === undefined || before.pair === null) return missing
  // A certificate that was let go just before an opening makes honest pairs differ: nobody's fault.
  if (!round.isPairSettled || !before.isPairSettled) return missing
  let late = missing
  for (const index of listMembers(difference(pair.expected, missing))) {
    const now = namesAnother(round.observations[index], pair)
    const then = namesAnother(before.observations[index], before.pair)
    if (now && then && hasMember(before.counted, index)) late = withMember(late, index)
  }
  return late
}

/**
 * Members whom f+1 notices of the round before name, if that round is lost here: without a certificate
 * nothing else would leave them out, and they could lose the next one in the same way (§4.3).
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

function namesAnother(observation: Verified<Observation> | undefined, pair: Pair): boolean {
  if (observation === undefined) return false
  const named = observation.message.pair
  return named.expected !== pair.expected || named.signing !== pair.signing
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

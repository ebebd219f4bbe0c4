import { type Candidate, candidateOf } from '../candidate/candidate.ts'
import { orderOf } from '../context.ts'
import type { Late, Proposal, Verified } from '../messages/messages.ts'
import { namedMembers } from '../messages/proposal.ts'
import type { RoundState } from '../state/round-state.ts'
import type { Turn } from '../state/turn.ts'
import { equalBytes } from '../values/bytes.ts'
import {
  countMembers,
  difference,
  hasMember,
  isSubset,
  listMembers,
  type Members,
  NO_MEMBERS,
  withMember,
} from '../values/ids.ts'
import { isExpectedNextSound } from './expected-next.ts'
import { basisOf, isHigher, pairOf } from './pair.ts'
import { returningAmong, withReturning } from './returning.ts'

/** `pull`: something named is not held yet; ask the proposer, then judge again. */
export type Judgement = 'yes' | 'no' | 'pull'

/** The attempt that a signable proposal asks for. */
export function candidateOfProposal(
  turn: Turn,
  round: RoundState,
  proposal: Verified<Proposal>,
): Candidate {
  const { observers, signingSet, expectedNext, rank } = proposal.message
  const choice = { observers, slot: 1 + rank, signingSet, expectedNext }
  return candidateOf(turn.context, round.observations, choice)
}

/**
 * Whether a proposal is sound by protocol §6.7. Left to the caller: whether this node is one of the
 * signers, whether the time has come, and what this node has signed before.
 */
export function isSignable(turn: Turn, round: RoundState, proposal: Verified<Proposal>): Judgement {
  const { message } = proposal
  const { committee } = turn.context
  if (orderOf(turn.context, round.round)[message.rank] !== message.sender) return 'no'
  // Convicted since it proposed: its proposals are ignored (§9.1).
  if (hasMember(turn.state.convicted, message.sender)) return 'no'
  if (countMembers(message.signingSet) !== committee.signingThreshold) return 'no'
  if (countMembers(message.observers) < committee.observationQuorum) return 'no'
  const inputs = inputsJudgement(round, message)
  if (inputs !== 'yes') return inputs
  if (!isSubset(namedMembers(message), round.counted)) return 'no'
  const best = turn.state.best === null ? null : turn.state.best.message
  if (isHigher(message.basis, basisOf(best))) return 'pull'
  if (!isSetSound(turn, round, message)) return 'no'
  if (!isNextSound(turn, round, message)) return 'no'
  const { report, session } = candidateOfProposal(turn, round, proposal)
  if (!equalBytes(report.digest, message.reportDigest)) return 'no'
  // Nobody can sign with nonces that are no points; to accept them would blame those who do not.
  return session.commitments.every(turn.context.crypto.threshold.isCommitment) ? 'yes' : 'no'
}

/** Every named observation must be the very one held here. */
function inputsJudgement(round: RoundState, message: Proposal): Judgement {
  const named = listMembers(namedMembers(message))
  let isMissing = false
  for (const [position, index] of named.entries()) {
    const held = round.observations[index]
    const digest = message.observationDigests[position]
    if (held === undefined) isMissing = true
    else if (digest === undefined || !equalBytes(held.digest, digest)) return 'no'
  }
  return isMissing ? 'pull' : 'yes'
}

/** Members whose named observation is not held. */
export function missingInputs(round: RoundState, message: Proposal): Members {
  let missing = NO_MEMBERS
  for (const index of listMembers(namedMembers(message))) {
    if (round.observations[index] === undefined) missing = withMember(missing, index)
  }
  return missing
}

/**
 * Whether the observers of a proposal are those that they must be (§6.7).
 *
 * When everybody of a pair was here in time, its expected set exactly. Otherwise nobody may be left
 * out whose observation was here in time and who is expected, or comes back in this round (§4.5): a
 * proposer could else keep the one who comes back out, round after round. When exactly the expected
 * members are observers, that one comes back without being an observer.
 */
function isSetSound(turn: Turn, round: RoundState, message: Proposal): boolean {
  if (round.isCompleteInTime && round.completePair !== null) {
    return message.observers === round.completePair.expected
  }
  const { expected } = currentPair(turn, round)
  const { observers } = message
  if (observers === expected) return true
  const inTime = difference(round.included, turn.state.convicted)
  const words = { ...round, expected, observers }
  const mustInclude = (expected & inTime) | returningAmong(turn.context, words, inTime)
  return isSubset(mustInclude, observers)
}

function isNextSound(turn: Turn, round: RoundState, message: Proposal): boolean {
  const { state, context } = turn
  const { expected } = currentPair(turn, round)
  const { observers } = message
  return isExpectedNextSound(context.committee, message.expectedNext, {
    expected: withReturning(context, { ...round, expected, observers }),
    convicted: state.convicted,
    lates: message.lates.map((late) => late.message),
    held: round.lates
      .filter((late): late is Verified<Late> => late !== undefined)
      .map((late) => late.message),
  })
}

/** E'_r: the pair recomputed from the best certificate held now (§6.6). */
function currentPair(turn: Turn, round: RoundState) {
  const best = turn.state.best === null ? null : turn.state.best.message
  return pairOf(turn.context, round.round, { best, convicted: turn.state.convicted })
}

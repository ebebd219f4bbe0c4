import { type Candidate, isSameAttempt, keyOf } from '../candidate/candidate.ts'
import { orderOf } from '../context.ts'
import { type RoundState, sharesOf } from '../state/round-state.ts'
import { isInTerm } from '../state/state.ts'
import { note, type Turn } from '../state/turn.ts'
import { equalBytes } from '../values/bytes.ts'
import {
  difference,
  hasMember,
  listMembers,
  type MemberIndex,
  type Members,
  membersOf,
  NO_MEMBERS,
  type Round,
} from '../values/ids.ts'

/** Rounds for which it is remembered that a member did not answer (protocol §6.5, §6.6). */
export const ROUNDS_REMEMBERED = 512

/** Members asked to sign in a slot below this one whose share has not come (§6.6). */
export function silentBelow(turn: Turn, round: RoundState, slot: number): Members {
  let silent = NO_MEMBERS
  for (const candidate of round.candidates) {
    if (candidate.slot >= slot || !isPrompt(round, candidate.slot)) continue
    const silentIn = candidate.slot === 0 ? withheld : unanswered
    silent |= silentIn(turn, round, candidate)
  }
  return silent
}

/** Notes that what a slot is to sign is known here in time: honest answers are due then (§6.6). */
export function setPrompt(round: RoundState, slot: number): void {
  round.prompt |= 1 << slot
}

function isPrompt(round: RoundState, slot: number): boolean {
  return ((round.prompt >>> slot) & 1) === 1
}

/**
 * Ranks last as signers, for a while, the members whose share is missing in a slot below this one
 * (§6.6). To be called only once every honest answer must have come: a share may take two hops,
 * which is longer than the next rank waits. A node that stood still blames nobody, since it may not
 * have read the answers yet.
 */
export function rememberSilent(turn: Turn, round: RoundState, slot: number): void {
  if (round.hasStoodStill) return
  const silent = silentBelow(turn, round, slot)
  if (silent === NO_MEMBERS) return
  rankLast(turn, round.round, silent)
  note(turn, 'SHARE_MISSING', { round: round.round, members: silent })
}

/** Ranks members last as signers for a while: they left this node without a sound share. */
export function rankLast(turn: Turn, round: Round, members: Members): void {
  for (const index of listMembers(members)) {
    turn.state.unansweredUntil[index] = round + ROUNDS_REMEMBERED
  }
}

/**
 * Signers of the fast path whose share never came. What they were to sign was here by includeMs, so
 * all honest members had it by fastMs, and their shares should have been here by cutMs. A share on
 * something else in that slot is no answer: any would do then.
 */
function withheld(turn: Turn, round: RoundState, candidate: Candidate): Members {
  const { context, state } = turn
  // Whoever said two things may have made others complete another set of observations.
  if ((candidate.report.observers & state.convicted) !== 0) return NO_MEMBERS
  // Nobody signs outside of the term, nor with nonces that are no points.
  if (!isInTerm(state.term, round.openingMs)) return NO_MEMBERS
  const { isCommitment } = context.crypto.threshold
  if (!candidate.session.commitments.every(isCommitment)) return NO_MEMBERS
  return withoutShareOf(round, candidate)
}

/** Signers of a candidate whose share on exactly that is not here. */
function withoutShareOf(round: RoundState, candidate: Candidate): Members {
  const key = keyOf(candidate)
  const attempt = round.attempts.find((each) => isSameAttempt(key, each))
  return difference(candidate.signingSet, attempt?.have ?? NO_MEMBERS)
}

/**
 * Signers named by a proposal, which was signable here when it came, whose share never came. If the
 * proposer sent different proposals to different members, they signed what they got: so any share
 * in the slot counts as an answer, and a convicted proposer is owed none. The proposer itself knows
 * that it made only one, and wants shares on that.
 */
function unanswered(turn: Turn, round: RoundState, candidate: Candidate): Members {
  const { signingSet, slot } = candidate
  const proposer = orderOf(turn.context, round.round)[slot - 1]
  if (proposer === undefined || hasMember(turn.state.convicted, proposer)) return NO_MEMBERS
  const hasAnswered = (index: MemberIndex) =>
    sharesOf(round, index).some((each) => each.message.slot === slot)
  const silent =
    proposer === turn.state.self
      ? withoutShareOf(round, candidate)
      : membersOf(listMembers(signingSet).filter((index) => !hasAnswered(index)))
  return difference(silent, boundElsewhere(turn, round, candidate))
}

/**
 * Members whose share in a lower slot is on another report: they may sign no second one (§6.7).
 * Only in a round of which there is evidence, for it takes a contradiction to bind honest members
 * to different reports; else a share on anything would excuse its sender from answering.
 */
function boundElsewhere(
  { state }: Turn,
  round: RoundState,
  { slot, report, signingSet }: Candidate,
): Members {
  if (!state.evidence.some((each) => each?.message.round === round.round)) return NO_MEMBERS
  const isBound = (index: MemberIndex) =>
    sharesOf(round, index).some(
      ({ message }) => message.slot < slot && !equalBytes(message.reportDigest, report.digest),
    )
  return membersOf(listMembers(signingSet).filter(isBound))
}

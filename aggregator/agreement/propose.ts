import { invariant } from '../assert.ts'
import { candidateOf } from '../candidate/candidate.ts'
import { orderOf } from '../context.ts'
import { attachedEvidenceBytesMax, PROPOSAL_EVIDENCE_MAX } from '../messages/codec.ts'
import type { Digest, Evidence, Late, Proposal, Verified } from '../messages/messages.ts'
import { namedMembers } from '../messages/proposal.ts'
import type { RoundState } from '../state/round-state.ts'
import type { Turn } from '../state/turn.ts'
import {
  countMembers,
  difference,
  hasMember,
  listMembers,
  type MemberIndex,
  type Members,
  membersOf,
  NO_MEMBERS,
} from '../values/ids.ts'
import { expectedNextOf } from './expected-next.ts'
import { isSignable } from './judge.ts'
import { basisOf, pairOf } from './pair.ts'
import { type VouchingWords, vouchedFor, withReturning } from './returning.ts'
import { silentBelow } from './silence.ts'

/** What the proposer of a rank puts to its signers (§6.6); null when it must not propose. */
export function proposalOf(turn: Turn, round: RoundState, rank: 0 | 1): Proposal | null {
  const { state, context } = turn
  const { committee } = context
  const observers = observersFor(turn, round, rank)
  if (observers === null) return null
  const order = orderOf(context, round.round)
  const held = difference(round.counted, state.convicted)
  const signingSet = membersOf(signersFor(turn, round, { held, rank }))
  if (countMembers(signingSet) < committee.signingThreshold) return null
  const best = state.best === null ? null : state.best.message
  const { expected } = pairOf(context, round.round, { best, convicted: state.convicted })
  const lates = round.lates.filter((late): late is Verified<Late> => late !== undefined)
  const notices = lates.map((late) => late.message)
  const expectedNext = expectedNextOf(
    committee,
    {
      expected: withReturning(context, { ...round, expected, observers }),
      convicted: state.convicted,
      lates: notices,
    },
    { order, held },
  )
  const choice = { observers, slot: 1 + rank, signingSet, expectedNext }
  const candidate = candidateOf(context, round.observations, choice)
  return {
    type: 'proposal',
    round: round.round,
    sender: state.self,
    rank,
    basis: basisOf(best),
    observers,
    observationDigests: digestsOf(round, namedMembers(choice)),
    signingSet,
    expectedNext,
    lates,
    reportDigest: candidate.report.digest,
    evidence: evidenceFor(turn, neededBy(turn, { ...round, observers }) & state.convicted),
  }
}

/** Digests of observations that are held, by ascending sender. */
function digestsOf(round: RoundState, members: Members): Digest[] {
  return listMembers(members).map((index) => {
    const observation = round.observations[index]
    invariant(observation !== undefined, 'a proposal names observations that are held')
    return observation.digest
  })
}

/**
 * Whom a signer that has not heard of a conviction wants in a proposal (§6.7), so that leaving one
 * out needs a reason: those the best certificate expected, and who may come back.
 */
function neededBy({ state, context }: Turn, words: VouchingWords): Members {
  const { best } = state
  const expected = best === null ? context.committee.all : best.message.expectedNext
  return expected | vouchedFor(context, words)
}

function evidenceFor(turn: Turn, leftOut: Members): Verified<Evidence>[] {
  const bytesMax = attachedEvidenceBytesMax(turn.context.committee)
  return listMembers(leftOut)
    .map((index) => turn.state.evidence[index])
    .filter((each): each is Verified<Evidence> => each !== undefined)
    .filter((each) => each.bytes.length <= bytesMax)
    .slice(0, PROPOSAL_EVIDENCE_MAX)
}

/** Whose observations the report is over (§6.6); null when there are too few. */
function observersFor(turn: Turn, round: RoundState, rank: 0 | 1): Members | null {
  if (round.signed !== null) {
    const again = round.signed.report.observers
    return isHeldSigned(round) ? again : null
  }
  const first = round.proposals[0]
  if (rank === 1 && first !== undefined && isSignable(turn, round, first) === 'yes') {
    return first.message.observers
  }
  if (round.completePair !== null) return round.completePair.expected
  const { observationQuorum, signingThreshold } = turn.context.committee
  const count = countMembers(round.counted)
  return count >= observationQuorum && count >= signingThreshold ? round.counted : null
}

/** The observations of the signed report stay held even when a member was convicted since. */
function isHeldSigned(round: RoundState): boolean {
  const observers = round.signed === null ? NO_MEMBERS : round.signed.report.observers
  return listMembers(observers).every((index) => round.observations[index] !== undefined)
}

/**
 * The first t members in turn order, after them those that did not answer lately. Members whose
 * nonces of this slot are no points are left out: nobody could sign with them (§5.1).
 */
function signersFor(
  turn: Turn,
  round: RoundState,
  choice: { readonly held: Members; readonly rank: 0 | 1 },
): MemberIndex[] {
  const { context, state } = turn
  const order = orderOf(context, round.round).filter((index) => hasMember(choice.held, index))
  // Who has not answered in a lower slot yet may still do so, but must not hold up this one.
  const silent = silentBelow(turn, round, 1 + choice.rank)
  const isQuiet = (index: MemberIndex) =>
    hasMember(silent, index) || (state.unansweredUntil[index] ?? 0) > round.round
  const signers: MemberIndex[] = []
  for (const index of [...order.filter((each) => !isQuiet(each)), ...order.filter(isQuiet)]) {
    if (signers.length === context.committee.signingThreshold) break
    const commitment = round.observations[index]?.message.commitments[1 + choice.rank]
    if (commitment !== undefined && context.crypto.threshold.isCommitment(commitment)) {
      signers.push(index)
    }
  }
  return signers
}

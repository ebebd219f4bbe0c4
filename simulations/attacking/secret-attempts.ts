import { type Candidate, candidateOf } from '../../aggregator/candidate/candidate.ts'
import type {
  Certificate,
  Proposal,
  SignatureShare,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import { listMembers, type MemberIndex, type Round } from '../../aggregator/values/ids.ts'
import type { Powers } from './adversary.ts'

/** Rounds whose attempts are kept. */
const ROUNDS_KEPT = 8

/** One proposal of a round under attack, and the shares that came for it. */
interface Attempt {
  readonly candidate: Candidate
  readonly shares: Map<MemberIndex, Uint8Array>
  isDone: boolean
}

/** Attempts that an adversary completes in secret, by round. */
export type Attempts = Map<Round, Attempt[]>

/** Follows a proposal with the shares that members under control add to it. */
export function track(powers: Powers, attempts: Attempts, proposal: Proposal): void {
  const { round, rank, observers, signingSet, expectedNext } = proposal
  const named = listMembers((observers | signingSet) >>> 0)
  const observations = observationsOf(powers, round, named)
  if (observations === null) return
  const slot = 1 + rank
  const choice = { observers, slot, signingSet, expectedNext }
  const candidate = candidateOf(powers.context, observations, choice)
  const shares = new Map<MemberIndex, Uint8Array>()
  for (const member of listMembers((signingSet & powers.members) >>> 0)) {
    const share = powers.share({ member, round, slot, session: candidate.session })
    if (share !== null) shares.set(member, share)
  }
  attempts.set(round, [...(attempts.get(round) ?? []), { candidate, shares, isDone: false }])
  attempts.delete(round - ROUNDS_KEPT)
}

/** Adds a share to its attempt; the certificate when that completes it. */
export function addShare(
  powers: Powers,
  attempts: Attempts,
  share: SignatureShare,
): Verified<Certificate> | null {
  const attempt = attempts
    .get(share.round)
    ?.find(
      ({ candidate }) =>
        candidate.slot === share.slot &&
        candidate.signingSet === share.signingSet &&
        equalBytes(candidate.report.digest, share.reportDigest),
    )
  if (attempt === undefined || attempt.isDone) return null
  attempt.shares.set(share.sender, share.share)
  const { signingSet } = attempt.candidate
  if (!listMembers(signingSet).every((index) => attempt.shares.has(index))) return null
  attempt.isDone = true
  return combined(powers, attempt)
}

function combined(powers: Powers, { candidate, shares }: Attempt): Verified<Certificate> | null {
  const { report, slot, signingSet, expectedNext, session } = candidate
  const { round, timestampMs, observers, words } = report
  return powers.combine(
    { type: 'certificate', round, timestampMs, observers, words, slot, signingSet, expectedNext },
    { session, shares: listMembers(signingSet).map((index) => shares.get(index) as Uint8Array) },
  )
}

/** What a machine under control holds of a round, if that is all of the members named. */
function observationsOf(powers: Powers, round: Round, named: readonly MemberIndex[]) {
  for (const member of listMembers(powers.members)) {
    const known = powers.stateOf(member)?.rounds.get(round)?.observations
    if (known !== undefined && named.every((index) => known[index] !== undefined)) return known
  }
  return null
}

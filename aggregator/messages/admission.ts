import type { Committee } from '../committee/committee.ts'
import { equalBytes } from '../values/bytes.ts'
import {
  hasMember,
  type MemberIndex,
  type Members,
  NO_MEMBERS,
  type Round,
  withMember,
} from '../values/ids.ts'
import { appended } from '../values/lists.ts'
import { RecentMap } from '../values/recent-map.ts'
import type { Digest, GossipMessage, MemberMessage, Verified } from './messages.ts'

/**
 * What a host does with a verified message (protocol §5): `first` is taken and passed on,
 * `conflict` is taken but travels only as evidence, `surplus` is neither taken nor passed on.
 */
export type Admitted = 'first' | 'conflict' | 'surplus'

/** Distinct certificates of one round: three slots, and room for one more signing set. */
const CERTIFICATES_MAX = 4
/** Evidence kept for one member: one conviction is enough, another may cross it on the way. */
const EVIDENCE_MAX = 2

/** What was seen of one round. */
interface Seen {
  readonly kinds: (SeenOfKind | undefined)[]
  certificates: readonly Digest[]
}

interface SeenOfKind {
  /** By sender: the digest that came first. */
  readonly first: (Digest | undefined)[]
  /** Senders of which a second digest was seen. */
  conflicts: Members
}

/** Digests seen; bounded by the window and the limits above. */
export interface Admission {
  readonly rounds: RecentMap<Round, Seen>
  readonly evidence: Map<MemberIndex, readonly Digest[]>
}

export function createAdmission(): Admission {
  return { rounds: new RecentMap(), evidence: new Map() }
}

/** Where a node stands: the round that is open, and that of its best certificate (0: none). */
export interface Standing {
  readonly currentRound: Round
  readonly bestRound: Round
}

/**
 * Whether a certificate is so far behind the best one that it changes nothing any more (protocol
 * §4.2). There are as many as there were rounds, and everybody has them: passed on they would use
 * up what others may pass on (§13).
 */
export function isCertificatePast(
  { params }: Pick<Committee, 'params'>,
  round: Round,
  bestRound: Round,
): boolean {
  return round <= bestRound - params.limits.roundsKept
}

/** Forgets rounds of which nothing is taken any more; call it when a round opens. */
export function forgetAdmitted(
  admission: Admission,
  committee: Pick<Committee, 'params'>,
  { currentRound, bestRound }: Standing,
): void {
  const { roundsKept } = committee.params.limits
  admission.rounds.deleteWhere((round) => {
    // A certificate above the best one raises it, so none is taken twice while rounds are lost.
    const isPast = isCertificatePast(committee, round, bestRound) || round > bestRound
    return isPast && round < currentRound - roundsKept
  })
}

/** Counts a verified message against the one-digest rule of protocol §5 and the limits of §13. */
export function admit(admission: Admission, verified: Verified<GossipMessage>): Admitted {
  const { message, digest } = verified
  if (message.type === 'evidence') {
    const known = admission.evidence.get(message.accused) ?? []
    if (isSurplus(known, { digest, max: EVIDENCE_MAX })) return 'surplus'
    admission.evidence.set(message.accused, appended(known, digest))
    return known.length === 0 ? 'first' : 'conflict'
  }
  let seen = admission.rounds.get(message.round)
  if (seen === undefined) {
    seen = { kinds: new Array(KINDS), certificates: [] }
    admission.rounds.set(message.round, seen)
  }
  if (message.type === 'certificate') {
    if (isSurplus(seen.certificates, { digest, max: CERTIFICATES_MAX })) return 'surplus'
    seen.certificates = appended(seen.certificates, digest)
    // Certificates of one round do not contradict each other by being several.
    return 'first'
  }
  return admitOnce(seen, message, digest)
}

function isSurplus(
  known: readonly Digest[],
  seen: { readonly digest: Digest; readonly max: number },
): boolean {
  return known.length >= seen.max || known.some((each) => equalBytes(each, seen.digest))
}

/** One digest of a kind and a sender is taken, and one more, so that a conflict is seen. */
function admitOnce(seen: Seen, message: MemberMessage, digest: Digest): Admitted {
  const { sender } = message
  const kind = kindOf(message)
  let ofKind = seen.kinds[kind]
  if (ofKind === undefined) {
    ofKind = { first: [], conflicts: NO_MEMBERS }
    seen.kinds[kind] = ofKind
  }
  const known = ofKind.first[sender]
  if (known === undefined) {
    ofKind.first[sender] = digest
    return 'first'
  }
  if (hasMember(ofKind.conflicts, sender) || equalBytes(known, digest)) return 'surplus'
  ofKind.conflicts = withMember(ofKind.conflicts, sender)
  return 'conflict'
}

/** Kinds of messages that one member sends once in a round. */
const KIND = { observation: 0, late: 1, proposal: 2, share: 4 } as const
const KINDS = 8

function kindOf(message: MemberMessage): number {
  if (message.type === 'proposal') return KIND.proposal + message.rank
  return message.type === 'share' ? KIND.share + message.slot : KIND[message.type]
}

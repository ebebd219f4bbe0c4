import { equalBytes } from '../values/bytes.ts'
import type { MemberIndex, Round } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import type { Digest, GossipMessage, MemberMessage, Verified } from './messages.ts'

/**
 * What a host does with a verified message (protocol §5): `first` is taken and passed on,
 * `conflict`
 * is taken but travels only as evidence, `surplus` is neither.
 */
export type Admitted = 'first' | 'conflict' | 'surplus'

/** Distinct certificates of one round: three slots, and room for one more signing set. */
const CERTIFICATES_MAX = 4
/** Evidence kept for one member: one conviction is enough, another may cross it on the way. */
const EVIDENCE_MAX = 2

/** What was seen of one round. */
interface Seen {
  /** By kind, then by sender: the digest that came first. */
  readonly first: (Digest | undefined)[][]
  /** Keys of which a second digest was seen. */
  readonly conflicts: Set<number>
  readonly certificates: Digest[]
}

/** Digests seen; bounded by the window and the limits above. */
export interface Admission {
  readonly rounds: RecentMap<Round, Seen>
  readonly evidence: Map<MemberIndex, Digest[]>
}

export function createAdmission(): Admission {
  return { rounds: new RecentMap(), evidence: new Map() }
}

/** Forgets rounds before `oldest`; call it when a round opens. */
export function forgetAdmitted(admission: Admission, oldest: Round): void {
  for (const round of admission.rounds.keys()) if (round < oldest) admission.rounds.delete(round)
}

/** Counts a verified message against the one-digest rule of protocol §5 and the limits of §13. */
export function admit(admission: Admission, verified: Verified<GossipMessage>): Admitted {
  const { message, digest } = verified
  if (message.type === 'evidence') {
    let digests = admission.evidence.get(message.accused)
    if (digests === undefined) {
      digests = []
      admission.evidence.set(message.accused, digests)
    }
    return admitInto(digests, { digest, max: EVIDENCE_MAX })
  }
  let seen = admission.rounds.get(message.round)
  if (seen === undefined) {
    seen = { first: [], conflicts: new Set(), certificates: [] }
    admission.rounds.set(message.round, seen)
  }
  if (message.type === 'certificate') {
    const admitted = admitInto(seen.certificates, { digest, max: CERTIFICATES_MAX })
    // Certificates of one round do not contradict each other by being several.
    return admitted === 'conflict' ? 'first' : admitted
  }
  return admitOnce(seen, message, digest)
}

function admitInto(
  digests: Digest[],
  seen: { readonly digest: Digest; readonly max: number },
): Admitted {
  if (digests.length >= seen.max || digests.some((known) => equalBytes(known, seen.digest))) {
    return 'surplus'
  }
  digests.push(seen.digest)
  return digests.length === 1 ? 'first' : 'conflict'
}

/** One digest of a kind and a sender is taken, and one more, so that a conflict is seen. */
function admitOnce(seen: Seen, message: MemberMessage, digest: Digest): Admitted {
  const kind = kindOf(message)
  let bySender = seen.first[kind]
  if (bySender === undefined) {
    bySender = []
    seen.first[kind] = bySender
  }
  const known = bySender[message.sender]
  if (known === undefined) {
    bySender[message.sender] = digest
    return 'first'
  }
  const key = message.sender * KINDS + kind
  if (seen.conflicts.has(key) || equalBytes(known, digest)) return 'surplus'
  seen.conflicts.add(key)
  return 'conflict'
}

/** Kinds of messages that one member sends once in a round. */
const KIND = { observation: 0, late: 1, proposal: 2, share: 4 } as const
const KINDS = 8

function kindOf(message: MemberMessage): number {
  if (message.type === 'proposal') return KIND.proposal + message.rank
  return message.type === 'share' ? KIND.share + message.slot : KIND[message.type]
}

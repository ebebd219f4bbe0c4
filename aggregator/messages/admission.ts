import { equalBytes } from '../values/bytes.ts'
import type { Round } from '../values/ids.ts'
import type { Digest, GossipMessage, Verified } from './messages.ts'

/**
 * What a host does with a verified message (protocol §5): `first` is taken and passed on,
 * `conflict`
 * is taken but travels only as evidence, `surplus` is neither.
 */
export type Admitted = 'first' | 'conflict' | 'surplus'

/**
 * Distinct messages of one key: one more than an honest member sends, so that a conflict is seen.
 */
const PER_KEY_MAX = 2
/** Distinct certificates of one round: three slots, and room for one more signing set. */
const CERTIFICATES_MAX = 4
/** Evidence kept for one member: one conviction is enough, another may cross it on the way. */
const EVIDENCE_MAX = 2

/** Digests seen by round and key; bounded by the window and the limits above. */
export interface Admission {
  readonly rounds: Map<Round, Map<number, Digest[]>>
  readonly evidence: Map<number, Digest[]>
}

export function createAdmission(): Admission {
  return { rounds: new Map(), evidence: new Map() }
}

/** Forgets rounds before `oldest`; call it when a round opens. */
export function forgetAdmitted(admission: Admission, oldest: Round): void {
  for (const round of admission.rounds.keys()) if (round < oldest) admission.rounds.delete(round)
}

/** Counts a verified message against the one-digest rule of protocol §5 and the limits of §13. */
export function admit(admission: Admission, verified: Verified<GossipMessage>): Admitted {
  const { message, digest } = verified
  if (message.type === 'evidence') {
    return admitInto(admission.evidence, message.accused, { digest, max: EVIDENCE_MAX })
  }
  let keys = admission.rounds.get(message.round)
  if (keys === undefined) {
    keys = new Map()
    admission.rounds.set(message.round, keys)
  }
  if (message.type === 'certificate') {
    const admitted = admitInto(keys, CERTIFICATE_KEY, { digest, max: CERTIFICATES_MAX })
    // Certificates of one round do not contradict each other by being several.
    return admitted === 'conflict' ? 'first' : admitted
  }
  return admitInto(keys, keyOf(message), { digest, max: PER_KEY_MAX })
}

/** Kinds of messages that one member sends once in a round, as parts of a key. */
const KIND = { observation: 0, late: 1, proposal: 2, share: 4 } as const
const KINDS = 8
const CERTIFICATE_KEY = -1

/** A number, because this is asked for every copy of every message. */
function keyOf(message: Exclude<GossipMessage, { type: 'certificate' | 'evidence' }>): number {
  const key = message.sender * KINDS + KIND[message.type]
  if (message.type === 'proposal') return key + message.rank
  return message.type === 'share' ? key + message.slot : key
}

function admitInto<K>(
  keys: Map<K, Digest[]>,
  key: K,
  seen: { readonly digest: Digest; readonly max: number },
): Admitted {
  const digests = keys.get(key)
  if (digests === undefined) {
    keys.set(key, [seen.digest])
    return 'first'
  }
  if (digests.length >= seen.max || digests.some((known) => equalBytes(known, seen.digest))) {
    return 'surplus'
  }
  digests.push(seen.digest)
  return 'conflict'
}

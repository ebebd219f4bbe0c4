import type { Committee } from '../committee/committee.ts'
import { MESSAGE_TAG, MESSAGE_VERSION } from '../messages/fields.ts'
import type { Digest, MemberMessage, Proposal, SignatureShare } from '../messages/messages.ts'
import { readShare } from '../messages/share.ts'
import { equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader } from '../values/codec.ts'
import type { Round } from '../values/ids.ts'

/** What must never be contradicted; on disk before anyone else can see it (protocol §10.1). */
export interface Promised {
  readonly round: Round
  readonly kind: 'observation' | 'late' | 'proposal0' | 'proposal1' | 'share'
  /** Digest of the unsigned message; for `share`, the report digest. */
  readonly digest: Digest
}

type Head<T extends MemberMessage['type']> = Pick<
  Extract<MemberMessage, { readonly type: T }>,
  'type' | 'round' | 'sender'
>

/** What a message commits its sender to, as far as promises and conflicts go (protocol §9.1). */
export type ClaimedMessage =
  | Head<'observation'>
  | Head<'late'>
  | (Head<'proposal'> & Pick<Proposal, 'rank'>)
  | SignatureShare

/**
 * Reads of an unsigned body what decides whether it may be signed, and nothing more; a share is
 * read whole. Null for what is no body of a member's message in this committee. Never throws on
 * input.
 */
export function readClaim(committee: Committee, body: Uint8Array): ClaimedMessage | null {
  const reader = new Reader(body)
  try {
    return read(reader, committee)
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

function read(reader: Reader, committee: Committee): ClaimedMessage | null {
  const tag = reader.u8()
  reader.check(reader.u8() === MESSAGE_VERSION, 'another version')
  reader.check(equalBytes(reader.view(32), committee.digest), 'another committee')
  const header = { round: reader.u64(), sender: reader.u8() }
  switch (tag) {
    case MESSAGE_TAG.observation:
      return { type: 'observation', ...header }
    case MESSAGE_TAG.late:
      return { type: 'late', ...header }
    case MESSAGE_TAG.proposal: {
      const rank = reader.u8()
      return rank === 0 || rank === 1 ? { type: 'proposal', ...header, rank } : null
    }
    case MESSAGE_TAG.share: {
      const share = readShare(reader, header, committee)
      reader.end()
      return share
    }
    default:
      return null
  }
}

/** What must be promised before this message may be signed (protocol §10.1). */
export function promiseOf(claim: ClaimedMessage, digest: Digest): Promised {
  const { round } = claim
  switch (claim.type) {
    case 'share':
      return { round, kind: 'share', digest: claim.reportDigest }
    case 'proposal':
      return { round, kind: claim.rank === 0 ? 'proposal0' : 'proposal1', digest }
    default:
      return { round, kind: claim.type, digest }
  }
}

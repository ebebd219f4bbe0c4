import type { Committee } from '../committee/committee.ts'
import type { Reader, Writer } from '../values/codec.ts'
import { countMembers, type MemberIndex, type Members, type Round } from '../values/ids.ts'
import { readBasis, readMembers, SIGNATURE_BYTES, writeBasis } from './fields.ts'
import type { Proposal } from './messages.ts'

/** A proposal as it stands in its bytes: attached messages are still wire forms to be judged. */
export interface ProposalBody extends Omit<Proposal, 'lates' | 'evidence'> {
  readonly lateBytes: readonly Uint8Array[]
  readonly evidenceBytes: readonly Uint8Array[]
}

/** Size of a signed late notice: prefix 34, round 8, sender 1, members 4, signature. */
export const LATE_BYTES = 34 + 8 + 1 + 4 + SIGNATURE_BYTES

/**
 * rank ‖ basis ‖ three sets ‖ reportDigest ‖ digests ‖ lates ‖ evidence, each list after its
 * length.
 */
export function writeProposal(writer: Writer, proposal: Proposal): void {
  writer.u8(proposal.rank)
  writeBasis(writer, proposal.basis)
  writer.u32(proposal.observers).u32(proposal.signingSet).u32(proposal.expectedNext)
  writer.bytes(proposal.reportDigest)
  for (const digest of proposal.observationDigests) writer.bytes(digest)
  writer.u8(proposal.lates.length)
  for (const late of proposal.lates) writer.bytes(late.bytes)
  writer.u8(proposal.evidence.length)
  for (const { bytes } of proposal.evidence) writer.u32(bytes.length).bytes(bytes)
}

/** Members whose observation digests a proposal names, in the order of the list. */
export function namedMembers(proposal: Pick<Proposal, 'observers' | 'signingSet'>): Members {
  return (proposal.observers | proposal.signingSet) >>> 0
}

export function readProposal(
  reader: Reader,
  header: { readonly round: Round; readonly sender: MemberIndex },
  committee: Committee,
): ProposalBody {
  const rank = reader.u8()
  if (rank !== 0 && rank !== 1) throw reader.malformed('ranks are 0 and 1')
  const basis = readBasis(reader)
  const observers = readMembers(reader, committee)
  const signingSet = readMembers(reader, committee)
  const expectedNext = readMembers(reader, committee)
  const reportDigest = reader.bytes(32)
  const named = countMembers(namedMembers({ observers, signingSet }))
  const observationDigests = Array.from({ length: named }, () => reader.bytes(32))
  const lateCount = reader.u8()
  reader.check(lateCount <= committee.size, 'more late notices than members')
  const lateBytes = Array.from({ length: lateCount }, () => reader.bytes(LATE_BYTES))
  const evidenceCount = reader.u8()
  reader.check(evidenceCount <= committee.size, 'more evidence than members')
  const evidenceBytes = Array.from({ length: evidenceCount }, () => reader.bytes(reader.u32()))
  return {
    type: 'proposal',
    ...header,
    rank,
    basis,
    observers,
    signingSet,
    expectedNext,
    reportDigest,
    observationDigests,
    lateBytes,
    evidenceBytes,
  }
}

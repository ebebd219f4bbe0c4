import type { Committee } from '../committee/committee.ts'
import type { Crypto } from '../signing/crypto.ts'
import { ascii, concat, equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import { cutBytes } from '../values/slab.ts'
import { readCertificate, writeCertificate } from './certificate.ts'
import {
  MESSAGE_TAG,
  MESSAGE_VERSION,
  readMembers,
  SIGNATURE_BYTES,
  writePrefix,
} from './fields.ts'
import type {
  Certificate,
  Digest,
  Evidence,
  Late,
  MemberMessage,
  Observation,
  SignatureShare,
  Unsigned,
} from './messages.ts'
import { readObservation, writeObservation } from './observation.ts'
import { LATE_BYTES, type ProposalBody, readProposal, writeProposal } from './proposal.ts'
import { readShare, writeShare } from './share.ts'

/** What it takes to make and to judge the messages of one committee. */
export interface MessageContext {
  readonly crypto: Crypto
  readonly committee: Committee
}

const DIGEST_TAG = ascii('parallax.message.1')

/** Digest of a body: what a member signs, and what two messages conflict by (protocol §5). */
export function digestOfBody(context: MessageContext, body: Uint8Array): Digest {
  return context.crypto.keccak256(concat(DIGEST_TAG, body))
}

/** Canonical body of a member's message, without its signature. */
export function encodeMember(committee: Committee, message: MemberMessage): Uint8Array {
  const writer = new Writer(bodyCapacity(committee, message.type))
  writeMember(writer, committee, message)
  return writer.done()
}

/** A message of ours, ready to be signed by the host. */
export function unsignedOf<M extends MemberMessage>(
  context: MessageContext,
  message: M,
): Unsigned<M> {
  // One buffer for what is hashed and what is sent: a member makes several of these in a round.
  const room = cutBytes(DIGEST_TAG.length + bodyCapacity(context.committee, message.type))
  const writer = new Writer(room)
  writeMember(writer.bytes(DIGEST_TAG), context.committee, message)
  const tagged = writer.done()
  const digest = context.crypto.keccak256(tagged)
  return { message, body: tagged.subarray(DIGEST_TAG.length), digest }
}

function writeMember(writer: Writer, committee: Committee, message: MemberMessage): void {
  writePrefix(writer, committee, message.type).u64(message.round).u8(message.sender)
  switch (message.type) {
    case 'observation':
      writeObservation(writer, message)
      return
    case 'late':
      writer.u32(message.members)
      return
    case 'proposal':
      writeProposal(writer, message)
      return
    case 'share':
      writeShare(writer, message)
  }
}

/** Room for a body: all of it, but for proposals, most of which are far below their bound. */
function bodyCapacity(committee: Committee, type: MemberMessage['type']): number {
  const bytesMax = messageBytesMax(committee, type) - SIGNATURE_BYTES
  return type === 'proposal' && bytesMax > PROPOSAL_CAPACITY ? PROPOSAL_CAPACITY : bytesMax
}

const PROPOSAL_CAPACITY = 1_024

export function encodeCertificate(committee: Committee, certificate: Certificate): Uint8Array {
  const writer = new Writer(cutBytes(messageBytesMax(committee, 'certificate')))
  writeCertificate(writer, certificate, committee)
  return writer.done()
}

export function encodeEvidence(committee: Committee, evidence: Evidence): Uint8Array {
  const writer = writePrefix(new Writer(), committee, 'evidence')
  writer.u8(evidence.accused).u64(evidence.round)
  for (const bytes of evidence.messages) writer.u32(bytes.length).bytes(bytes)
  return writer.done()
}

/** A message as its bytes say, before anything was verified. */
export type Decoded = Observation | Late | ProposalBody | SignatureShare | Certificate | Evidence

/** Upper bound of a message in bytes by type; beyond it nothing is decoded (§13). */
export function messageBytesMax(committee: Committee, type: Decoded['type']): number {
  switch (type) {
    case 'observation':
      return observationBytesMax(committee)
    case 'late':
      return LATE_BYTES
    case 'share':
      return 43 + 1 + 32 + 8 + 32 + 32 + SIGNATURE_BYTES
    case 'certificate':
      return 34 + 16 + 4 + 1 + 8 + 12 * committee.params.feeds.length + 65
    case 'evidence':
      return EVIDENCE_FRAME_BYTES + 2 * proposalBytesMax(committee)
    case 'proposal':
      return proposalBytesMax(committee)
  }
}

/** Prefix, accused, round and two lengths. */
const EVIDENCE_FRAME_BYTES = 34 + 9 + 8

/** Evidence attached to a proposal: at most this many, the rest travels by itself. */
export const PROPOSAL_EVIDENCE_MAX = 2

/** Upper bound of any gossip message of this committee in bytes (§13). */
export function gossipBytesMax(committee: Committee): number {
  let most = 0
  for (const type of TYPE_OF_TAG.values()) {
    const bytes = messageBytesMax(committee, type)
    if (bytes > most) most = bytes
  }
  return most
}

/**
 * Largest evidence that a proposal carries: two observations. Evidence of two proposals holds all
 * that those carry, so it travels by itself, or proposals would nest without end.
 */
export function attachedEvidenceBytesMax(committee: Committee): number {
  return EVIDENCE_FRAME_BYTES + 2 * observationBytesMax(committee)
}

function observationBytesMax(committee: Committee): number {
  const feeds = committee.params.feeds.length
  return 43 + 8 + 8 + 9 + 4 + ((feeds + 7) >> 3) + 16 * feeds + 32 + 198 + SIGNATURE_BYTES
}

function proposalBytesMax(committee: Committee): number {
  const attached = PROPOSAL_EVIDENCE_MAX * (4 + attachedEvidenceBytesMax(committee))
  const lists = committee.size * (32 + LATE_BYTES) + attached
  return 43 + 1 + 9 + 12 + 32 + 2 + lists + SIGNATURE_BYTES
}

const TYPE_OF_TAG: ReadonlyMap<number, Decoded['type']> = new Map([
  [MESSAGE_TAG.observation, 'observation'],
  [MESSAGE_TAG.late, 'late'],
  [MESSAGE_TAG.proposal, 'proposal'],
  [MESSAGE_TAG.share, 'share'],
  [MESSAGE_TAG.certificate, 'certificate'],
  [MESSAGE_TAG.evidence, 'evidence'],
] as const)

/** Type of a wire form by its first byte; null for anything that does not travel by gossip. */
export function typeOfBytes(bytes: Uint8Array): Decoded['type'] | null {
  return TYPE_OF_TAG.get(bytes[0] ?? 0) ?? null
}

/** Reads a canonical message; null when it is anything else. Never throws on input. */
export function decode(committee: Committee, bytes: Uint8Array): Decoded | null {
  const type = typeOfBytes(bytes)
  if (type === null || bytes.length > messageBytesMax(committee, type)) return null
  try {
    return decodeAs(type, committee, bytes)
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

function decodeAs(type: Decoded['type'], committee: Committee, bytes: Uint8Array): Decoded {
  const isOpen = type === 'certificate' || type === 'evidence'
  const reader = new Reader(isOpen ? bytes : bodyOf(bytes))
  reader.u8()
  reader.check(reader.u8() === MESSAGE_VERSION, 'another version')
  reader.check(equalBytes(reader.view(32), committee.digest), 'another committee')
  const decoded = readAs(type, reader, committee)
  reader.end()
  return decoded
}

function readAs(type: Decoded['type'], reader: Reader, committee: Committee): Decoded {
  if (type === 'certificate') return readCertificate(reader, committee)
  if (type === 'evidence') {
    const accused = reader.u8()
    const round = reader.u64()
    reader.check(accused < committee.size, 'not a member')
    const messages = [reader.bytes(reader.u32()), reader.bytes(reader.u32())] as const
    return { type, accused, round, messages }
  }
  const header = { round: reader.u64(), sender: reader.u8() }
  reader.check(header.sender < committee.size, 'not a member')
  if (type === 'observation') return readObservation(reader, header, committee)
  if (type === 'late') return { type, ...header, members: readMembers(reader, committee) }
  if (type === 'proposal') return readProposal(reader, header, committee)
  return readShare(reader, header, committee)
}

/** Body of a member message: everything before the signature. */
export function bodyOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length < SIGNATURE_BYTES ? 0 : bytes.length - SIGNATURE_BYTES)
}

export function signatureOf(bytes: Uint8Array): Uint8Array {
  return bytes.slice(bytes.length < SIGNATURE_BYTES ? 0 : bytes.length - SIGNATURE_BYTES)
}

import type { Committee } from '../committee/committee.ts'
import type { NonceCommitment } from '../signing/threshold.ts'
import type { Reader, Writer } from '../values/codec.ts'
import { isSubset, type Members } from '../values/ids.ts'
import type { Basis, Pair } from './messages.ts'

/** Type tags: the first byte of every message (protocol §5). */
export const MESSAGE_TAG = {
  observation: 1,
  late: 2,
  proposal: 3,
  share: 4,
  certificate: 5,
  evidence: 6,
  syncRequest: 7,
  syncAnswer: 8,
} as const

export const MESSAGE_VERSION = 1
/** Tag, version and committee digest. */
export const PREFIX_BYTES = 34
export const SIGNATURE_BYTES = 64

/** Writes what every message starts with: tag u8 ‖ version u8 ‖ committeeDigest 32. */
export function writePrefix(
  writer: Writer,
  committee: Committee,
  type: keyof typeof MESSAGE_TAG,
): Writer {
  return writer.u8(MESSAGE_TAG[type]).u8(MESSAGE_VERSION).bytes(committee.digest)
}

/** A set of members of this committee; bits beyond its size are malformed. */
export function readMembers(reader: Reader, committee: Committee): Members {
  const members = reader.u32()
  reader.check(isSubset(members, committee.all), 'a member beyond the committee')
  return members
}

export function readSlot(reader: Reader): number {
  const slot = reader.u8()
  reader.check(slot <= 2, 'slots are 0, 1 and 2')
  return slot
}

export function writePair(writer: Writer, pair: Pair): Writer {
  return writer.u32(pair.expected).u32(pair.signing)
}

export function readPair(reader: Reader, committee: Committee): Pair {
  const expected = readMembers(reader, committee)
  const signing = readMembers(reader, committee)
  reader.check(isSubset(signing, expected), 'the signing set lies within the expected set')
  return { expected, signing }
}

export function writeBasis(writer: Writer, basis: Basis): Writer {
  return writer.u64(basis.round).u8(basis.slot)
}

export function readBasis(reader: Reader): Basis {
  return { round: reader.u64(), slot: readSlot(reader) }
}

export function writeCommitment(writer: Writer, commitment: NonceCommitment): Writer {
  return writer.bytes(commitment.hiding).bytes(commitment.binding)
}

export function readCommitment(reader: Reader): NonceCommitment {
  return { hiding: reader.bytes(33), binding: reader.bytes(33) }
}

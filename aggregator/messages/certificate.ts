import type { Committee } from '../committee/committee.ts'
import { reportDigestOf, signedMessageOf } from '../report/digests.ts'
import { feedsRootOf } from '../report/feeds-tree.ts'
import { WORD_BYTES, WORD_HEAD_BYTES } from '../report/words.ts'
import type { Reader, Writer } from '../values/codec.ts'
import { readMembers, readSlot, writePrefix } from './fields.ts'
import type { Certificate } from './messages.ts'

/**
 * Wire form: prefix ‖ round ‖ timestampMs ‖ observers ‖ slot ‖ sets ‖ 12 bytes a feed ‖ signature.
 */
export function writeCertificate(
  writer: Writer,
  certificate: Certificate,
  committee: Committee,
): void {
  writePrefix(writer, committee, 'certificate')
    .u64(certificate.round)
    .u64(certificate.timestampMs)
    .u32(certificate.observers)
    .u8(certificate.slot)
    .u32(certificate.signingSet)
    .u32(certificate.expectedNext)
  for (const word of certificate.words) writer.head(word, WORD_HEAD_BYTES)
  writer.bytes(certificate.signature)
}

/** Reads what follows the prefix. Whether the words mean something is for `decodeWord` to say. */
export function readCertificate(reader: Reader, committee: Committee): Certificate {
  const round = reader.u64()
  const timestampMs = reader.u64()
  const observers = readMembers(reader, committee)
  const slot = readSlot(reader)
  const signingSet = readMembers(reader, committee)
  const expectedNext = readMembers(reader, committee)
  const words = committee.params.feeds.map(() => {
    const word = new Uint8Array(WORD_BYTES)
    word.set(reader.view(WORD_HEAD_BYTES))
    return word
  })
  const signature = reader.bytes(65)
  return {
    type: 'certificate',
    round,
    timestampMs,
    observers,
    words,
    slot,
    signingSet,
    expectedNext,
    signature,
  }
}

/** Digest of the report that a certificate speaks for (protocol §7). */
export function certificateReportDigest(
  keccak256: (bytes: Uint8Array) => Uint8Array,
  certificate: Certificate,
): Uint8Array {
  const feedsRoot = feedsRootOf(keccak256, certificate.words)
  return reportDigestOf(keccak256, { ...certificate, feedsRoot })
}

/** The 32 bytes that the committee signed for this certificate (§7). */
export function certificateMessage(
  keccak256: (bytes: Uint8Array) => Uint8Array,
  certificate: Certificate,
): Uint8Array {
  const reportDigest = certificateReportDigest(keccak256, certificate)
  return signedMessageOf(keccak256, { ...certificate, reportDigest })
}

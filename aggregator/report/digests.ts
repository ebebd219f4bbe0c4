import { ascii } from '../values/bytes.ts'
import { Writer } from '../values/codec.ts'
import type { Members, Round } from '../values/ids.ts'
import { cutBytes } from '../values/slab.ts'
import type { UnixMs } from '../values/time.ts'

type Keccak256 = (bytes: Uint8Array) => Uint8Array

export interface ReportHeader {
  readonly round: Round
  readonly timestampMs: UnixMs
  readonly observers: Members
  readonly feedsRoot: Uint8Array
}

export interface SignedFields {
  readonly reportDigest: Uint8Array
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
}

const REPORT_TAG = ascii('parallax.report.1')
const SIGN_TAG = ascii('parallax.sign.1')

const REPORT_BYTES = REPORT_TAG.length + 8 + 8 + 4 + 32
const SIGN_BYTES = SIGN_TAG.length + 32 + 1 + 4 + 4

/**
 * reportDigest = keccak256("parallax.report.1" ‖ round u64 ‖ timestampMs u64 ‖ observers u32 ‖
 * feedsRoot) (§7).
 */
export function reportDigestOf(keccak256: Keccak256, header: ReportHeader): Uint8Array {
  const writer = new Writer(cutBytes(REPORT_BYTES))
    .bytes(REPORT_TAG)
    .u64(header.round)
    .u64(header.timestampMs)
    .u32(header.observers)
    .bytes(header.feedsRoot)
  return keccak256(writer.done())
}

/**
 * The 32 bytes FROST signs: keccak256("parallax.sign.1" ‖ reportDigest ‖ slot u8 ‖ signingSet u32 ‖
 * expectedNext u32) (§7).
 */
export function signedMessageOf(keccak256: Keccak256, fields: SignedFields): Uint8Array {
  const writer = new Writer(SIGN_BYTES)
    .bytes(SIGN_TAG)
    .bytes(fields.reportDigest)
    .u8(fields.slot)
    .u32(fields.signingSet)
    .u32(fields.expectedNext)
  return keccak256(writer.done())
}

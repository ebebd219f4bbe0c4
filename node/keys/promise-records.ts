import type { Promised } from '../../aggregator/promises/promise.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { crc32c } from './crc32c.ts'

/**
 * The promises file: a header and records, 64 bytes each, so that none crosses a disk sector.
 *
 * Header: magic "PARALLAXPROMISE1" (16) ‖ file id (16) ‖ zeros (28) ‖ CRC-32C (4).
 * Record: round u64 ‖ kind u8 ‖ zeros (3) ‖ durable u32 ‖ digest (32) ‖ zeros (12) ‖ CRC u32.
 *
 * A record is a promise, or it reserves every round up to its own: whoever opens the file later
 * promises nothing in those, whether or not the promises made in them reached the disk.
 *
 * `durable` is the number of records that were known to be on disk when this one was written. The
 * checksum of a record covers the file id and its position too, so that no record of an older file
 * or of another place passes for one of this.
 *
 * Another version changes the last byte of the magic or what stands in a record, and never where
 * the checksums are: what is sound and not understood was written by another version, and is
 * refused. To take it for torn would forget a promise.
 */
export const RECORD_BYTES = 64
export const FILE_ID_BYTES = 16
const MAGIC = Buffer.from('PARALLAXPROMISE1', 'latin1')
/** Without the number of the version, which is its last byte. */
const FAMILY = MAGIC.subarray(0, -1)
const CRC_OFFSET = RECORD_BYTES - 4

export type PromiseKind = Promised['kind']

/** Position is the byte on disk: never reorder, only append. */
const KINDS = ['observation', 'late', 'proposal0', 'proposal1', 'share', 'reserved'] as const

export interface PromiseRecord extends Omit<Promised, 'kind'> {
  readonly kind: PromiseKind | 'reserved'
  readonly durable: number
}

const NO_DIGEST = new Uint8Array(32)

/** The record that reserves every round up to this one. */
export function reservation(round: Round): Omit<PromiseRecord, 'durable'> {
  return { round, kind: 'reserved', digest: NO_DIGEST }
}

/** The highest round that the records reserve; 0 if none. */
export function reservedBy(records: readonly PromiseRecord[]): Round {
  return records.reduce(
    (highest, { kind, round }) => (kind === 'reserved' ? Math.max(highest, round) : highest),
    0,
  )
}

function isPromise<R extends Omit<PromiseRecord, 'durable'>>(record: R): record is R & Promised {
  return record.kind !== 'reserved'
}

export function encodeHeader(fileId: Uint8Array): Buffer {
  const header = Buffer.alloc(RECORD_BYTES)
  MAGIC.copy(header)
  header.set(fileId, MAGIC.length)
  header.writeUInt32BE(crc32c(header.subarray(0, CRC_OFFSET)), CRC_OFFSET)
  return header
}

/** The file id; null when these bytes are no whole header. */
function decodeHeader(bytes: Uint8Array): Uint8Array | 'foreign' | null {
  const header = Buffer.from(bytes.subarray(0, RECORD_BYTES))
  if (header.length < RECORD_BYTES || !header.subarray(0, FAMILY.length).equals(FAMILY)) return null
  if (header.readUInt32BE(CRC_OFFSET) !== crc32c(header.subarray(0, CRC_OFFSET))) return null
  const fileId = Uint8Array.from(header.subarray(MAGIC.length, MAGIC.length + FILE_ID_BYTES))
  return header.equals(encodeHeader(fileId)) ? fileId : 'foreign'
}

/** Where a record stands: the file it belongs to and its number from 0. */
export interface Place {
  readonly fileId: Uint8Array
  readonly position: number
}

export function encodeRecord(record: PromiseRecord, place: Place): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES)
  bytes.writeBigUInt64BE(BigInt(record.round), 0)
  bytes.writeUInt8(KINDS.indexOf(record.kind), 8)
  bytes.writeUInt32BE(record.durable, 12)
  bytes.set(record.digest, 16)
  bytes.writeUInt32BE(checksum(bytes, place), CRC_OFFSET)
  return bytes
}

/** The record; null when these bytes are not what was written at this place. */
function decodeRecord(bytes: Uint8Array, place: Place): PromiseRecord | 'foreign' | null {
  if (bytes.length < RECORD_BYTES) return null
  const read = Buffer.from(bytes.subarray(0, RECORD_BYTES))
  if (read.readUInt32BE(CRC_OFFSET) !== checksum(read, place)) return null
  const kind = KINDS[read.readUInt8(8)]
  const round = Number(read.readBigUInt64BE(0))
  if (kind === undefined || !Number.isSafeInteger(round)) return 'foreign'
  const digest = Uint8Array.from(read.subarray(16, 48))
  const record = { round, kind, digest, durable: read.readUInt32BE(12) }
  return read.equals(encodeRecord(record, place)) ? record : 'foreign'
}

function checksum(record: Buffer, place: Place): number {
  const position = Buffer.alloc(4)
  position.writeUInt32BE(place.position)
  return crc32c(Buffer.concat([place.fileId, position, record.subarray(0, CRC_OFFSET)]))
}

/** What a promises file says after whatever happened to its disk. */
export type Recovery =
  /** Every record before `length` bytes stands; what follows was never acknowledged. */
  | {
      readonly type: 'recovered'
      readonly fileId: Uint8Array
      readonly records: readonly PromiseRecord[]
      readonly length: number
    }
  /** No header: the file was never brought into use. */
  | { readonly type: 'unborn' }
  /** A record that was durable is gone: the disk lost or changed it. */
  | { readonly type: 'corrupt'; readonly position: number }
  /** A record, or the header at -1, is sound and in a form that this version does not know. */
  | { readonly type: 'foreign'; readonly position: number }

/**
 * Reads a promises file. A torn tail is cut off: its records were never acknowledged. It is told
 * from corruption by what stands behind it: a later record that counted the lost one as durable.
 */
export function recover(bytes: Uint8Array): Recovery {
  const fileId = decodeHeader(bytes)
  if (fileId === 'foreign') return { type: 'foreign', position: -1 }
  // The header is made durable before the file gets its name, so a wrong one was changed later.
  if (fileId === null) {
    return bytes.length === 0 ? { type: 'unborn' } : { type: 'corrupt', position: -1 }
  }
  const records: PromiseRecord[] = []
  const count = Math.floor(bytes.length / RECORD_BYTES) - 1
  let isWhole = true
  for (let position = 0; position < count; position++) {
    const record = recordAt(bytes, { fileId, position })
    if (record === 'foreign') return { type: 'foreign', position }
    if (record === null) isWhole = false
    else if (isWhole) records.push(record)
    else if (record.durable > records.length) {
      return { type: 'corrupt', position: records.length }
    }
  }
  const length = (records.length + 1) * RECORD_BYTES
  return { type: 'recovered', fileId, records, length }
}

function recordAt(bytes: Uint8Array, place: Place): PromiseRecord | 'foreign' | null {
  return decodeRecord(bytes.subarray((place.position + 1) * RECORD_BYTES), place)
}

/** Promises of the highest round: all that a signer must remember (protocol §2.4). */
export interface Standing {
  readonly watermark: Round
  readonly atWatermark: ReadonlyMap<PromiseKind, Uint8Array>
}

/** What the records say together; a kind that was promised twice keeps its first digest. */
export function standingOf(records: readonly Omit<PromiseRecord, 'durable'>[]): Standing {
  const promises = records.filter(isPromise)
  const watermark = promises.reduce((highest, { round }) => Math.max(highest, round), 0)
  const atWatermark = new Map<PromiseKind, Uint8Array>()
  for (const { round, kind, digest } of promises) {
    if (round === watermark && !atWatermark.has(kind)) atWatermark.set(kind, digest)
  }
  return { watermark, atWatermark }
}

/** What a promise is against those that stand. */
export function weigh(
  standing: Standing,
  promise: Promised,
): 'new' | 'known' | 'past' | 'conflict' {
  if (promise.round < standing.watermark) return 'past'
  if (promise.round > standing.watermark) return 'new'
  const held = standing.atWatermark.get(promise.kind)
  if (held === undefined) return 'new'
  return equalBytes(held, promise.digest) ? 'known' : 'conflict'
}

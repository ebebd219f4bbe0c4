import { crc32, gunzipSync, gzipSync } from 'node:zlib'
import { OracleError } from '../errors.ts'

/**
 * A recording is a beginning of eight bytes and then blocks. Each block has its length, its number
 * from 0 and a checksum over both and its bytes, 4 bytes each and big-endian, and then gzip of
 * lines of JSON. What a block says is believed when its checksum is right, so a file that was cut
 * or damaged tells so, and where.
 */
export const BEGINNING = Buffer.from('PLXMKT\r\n', 'latin1')

export const BLOCK_HEAD_BYTES = 12
/** Compressed; a block is written when it has a quarter of this uncompressed. */
export const BLOCK_BYTES_MAX = 16_777_216
/** Uncompressed: one answer of the largest kind fits, written in base64. */
const BLOCK_TEXT_BYTES_MAX = 67_108_864

export interface BlockHead {
  readonly length: number
  readonly number: number
  readonly checksum: number
}

export function encodeBlock(number: number, lines: readonly string[]): Buffer {
  const bytes = gzipSync(lines.map((line) => `${line}\n`).join(''))
  const head = Buffer.alloc(BLOCK_HEAD_BYTES)
  head.writeUInt32BE(bytes.length, 0)
  head.writeUInt32BE(number, 4)
  head.writeUInt32BE(checksumOf(head, bytes), 8)
  return Buffer.concat([head, bytes])
}

export function readBlockHead(head: Buffer): BlockHead {
  return {
    length: head.readUInt32BE(0),
    number: head.readUInt32BE(4),
    checksum: head.readUInt32BE(8),
  }
}

/**
 * The lines of a block.
 *
 * @param offset where the block begins in its file, for the message
 * @throws {OracleError} RECORDING_DAMAGED
 */
export function decodeBlock(head: Buffer, bytes: Buffer, offset: number): readonly string[] {
  const { checksum } = readBlockHead(head)
  if (checksum !== checksumOf(head, bytes)) throw damaged('its checksum is wrong', offset)
  try {
    const text = gunzipSync(bytes, { maxOutputLength: BLOCK_TEXT_BYTES_MAX }).toString('utf8')
    return text.split('\n').slice(0, -1)
  } catch (cause) {
    throw damaged('it does not unpack to what a block may hold', offset, cause)
  }
}

export function damaged(what: string, offset: number, cause?: unknown): OracleError {
  const message = `the block at byte ${offset} is damaged: ${what}; use another copy of the file`
  return new OracleError('RECORDING_DAMAGED', message, { context: { offset }, cause })
}

function checksumOf(head: Buffer, bytes: Buffer): number {
  return crc32(bytes, crc32(head.subarray(0, 8)))
}

import { describe, expect, it } from 'vitest'
import type { Promised } from '../../../../aggregator/promises/promise.ts'
import { crc32c } from '../../../../node/keys/crc32c.ts'
import {
  encodeHeader,
  encodeRecord,
  type PromiseKind,
  RECORD_BYTES,
  recover,
  standingOf,
  weigh,
} from '../../../../node/keys/promise-records.ts'

const FILE_ID = new Uint8Array(16).fill(9)
const digest = (fill: number) => new Uint8Array(32).fill(fill)
const promise = (round: number, kind: PromiseKind, fill: number): Promised => ({
  round,
  kind,
  digest: digest(fill),
})

/** A file whose records were written in batches of these sizes. */
function fileOf(...batches: readonly number[]): Buffer {
  const parts = [encodeHeader(FILE_ID)]
  let durable = 0
  for (const size of batches) {
    for (let index = 0; index < size; index++) {
      const position = durable + index
      const record = { ...promise(position + 1, 'observation', position), durable }
      parts.push(encodeRecord(record, { fileId: FILE_ID, position }))
    }
    durable += size
  }
  return Buffer.concat(parts)
}

function recoveredRounds(bytes: Uint8Array): number[] | string {
  const recovery = recover(bytes)
  return recovery.type === 'recovered' ? recovery.records.map(({ round }) => round) : recovery.type
}

describe('crc32c', () => {
  it.each([
    ['123456789', 'e3069283'],
    ['', '00000000'],
    ['\0'.repeat(32), '8a9136aa'],
    ['\xff'.repeat(32), '62a8ab43'],
  ])('of %j is %s (RFC 3720 B.4)', (text, expected) => {
    expect(crc32c(Buffer.from(text, 'latin1')).toString(16).padStart(8, '0')).toBe(expected)
  })
})

describe('recover', () => {
  it('reads back every record and where the next one goes', () => {
    expect(recover(fileOf(1, 2, 1))).toMatchObject({ type: 'recovered', length: 5 * RECORD_BYTES })
    expect(recoveredRounds(fileOf(1, 2, 1))).toEqual([1, 2, 3, 4])
  })

  it('takes an empty file for one that was never in use', () => {
    expect(recover(new Uint8Array(0))).toEqual({ type: 'unborn' })
  })

  it('keeps every whole record of a file torn at any byte', () => {
    const file = fileOf(1, 1, 1)
    for (let length = RECORD_BYTES; length < file.length; length++) {
      const whole = Math.floor(length / RECORD_BYTES) - 1
      expect(recoveredRounds(file.subarray(0, length))).toEqual([1, 2, 3].slice(0, whole))
    }
  })

  it('keeps every whole record when the torn rest reads as zeros', () => {
    const file = fileOf(1, 1, 1)
    for (let length = RECORD_BYTES; length < file.length; length++) {
      const torn = Buffer.from(file).fill(0, length)
      const whole = Math.floor(length / RECORD_BYTES) - 1
      const expected = [1, 2, 3].slice(0, whole)
      // A record that ends in zeros by nature is whole a few bytes early.
      expect([expected, [1, 2, 3].slice(0, whole + 1)]).toContainEqual(recoveredRounds(torn))
    }
  })

  it('finds every flipped bit of a record that was counted as durable later', () => {
    const file = fileOf(1, 1, 1, 1)
    const durableBytes = 4 * RECORD_BYTES
    for (let bit = 0; bit < 8 * durableBytes; bit++) {
      const flipped = Buffer.from(file)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(recover(flipped).type).toBe('corrupt')
    }
  })

  it('drops only the last record when one of its bits flips: nothing counts on it', () => {
    const file = fileOf(1, 1, 1)
    for (let bit = 8 * 3 * RECORD_BYTES; bit < 8 * file.length; bit++) {
      const flipped = Buffer.from(file)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(recoveredRounds(flipped)).toEqual([1, 2])
    }
  })

  it('cuts a torn batch whose pages reached the disk out of order', () => {
    const file = fileOf(2, 3)
    file.fill(0, 3 * RECORD_BYTES, 4 * RECORD_BYTES)
    expect(recoveredRounds(file)).toEqual([1, 2])
  })

  /** Bytes as another version might write them, with a checksum that is right. */
  const sealed = (bytes: Buffer, covered: (bytes: Buffer) => Buffer) => {
    bytes.writeUInt32BE(crc32c(covered(bytes)), RECORD_BYTES - 4)
    return bytes
  }

  /** A record at position 2, after something was changed in it and before it was sealed. */
  function recordWith(change: (record: Buffer) => void): Buffer {
    const place = { fileId: FILE_ID, position: 2 }
    const record = encodeRecord({ ...promise(3, 'observation', 3), durable: 2 }, place)
    change(record)
    const position = Buffer.from([0, 0, 0, 2])
    return sealed(record, (bytes) => Buffer.concat([FILE_ID, position, bytes.subarray(0, -4)]))
  }

  it.each<[string, (record: Buffer) => void]>([
    ['a kind', (record) => record.writeUInt8(6, 8)],
    ['a round', (record) => record.writeBigUInt64BE(2n ** 53n, 0)],
    ['something beside the kind', (record) => record.writeUInt8(1, 9)],
    ['something behind the digest', (record) => record.writeUInt8(1, 59)],
  ])(
    'given a sound record with %s that it does not know, tells it from a torn one',
    (_, change) => {
      expect(recoveredRounds(Buffer.concat([fileOf(2), recordWith(() => undefined)]))).toHaveLength(
        3,
      )
      const file = Buffer.concat([fileOf(2), recordWith(change)])
      expect(recover(file)).toEqual({ type: 'foreign', position: 2 })
      // Also where a torn record stands before it.
      file.fill(0, 2 * RECORD_BYTES, 3 * RECORD_BYTES)
      expect(recover(file)).toEqual({ type: 'foreign', position: 2 })
    },
  )

  it.each<[string, (header: Buffer) => void]>([
    ['another number', (header) => header.write('2', 15)],
    ['something behind the file id', (header) => header.writeUInt8(1, 40)],
  ])('given a sound header with %s, tells it from a damaged one', (_, change) => {
    const file = fileOf(2)
    change(file)
    expect(recover(file)).toMatchObject({ type: 'corrupt' })
    sealed(file, (bytes) => bytes.subarray(0, RECORD_BYTES - 4))
    expect(recover(file)).toEqual({ type: 'foreign', position: -1 })
  })

  it('does not take a record of another file or another place for its own', () => {
    const file = fileOf(1, 1)
    const foreign = encodeRecord(
      { ...promise(9, 'share', 1), durable: 2 },
      { fileId: new Uint8Array(16), position: 2 },
    )
    expect(recoveredRounds(Buffer.concat([file, foreign]))).toEqual([1, 2])
    const moved = file.subarray(RECORD_BYTES, 2 * RECORD_BYTES)
    expect(recoveredRounds(Buffer.concat([file, moved]))).toEqual([1, 2])
  })
})

describe('weigh', () => {
  const standing = standingOf([
    promise(7, 'observation', 1),
    promise(8, 'observation', 2),
    promise(8, 'share', 3),
  ])

  it.each([
    [promise(7, 'observation', 1), 'past'],
    [promise(8, 'observation', 2), 'known'],
    [promise(8, 'observation', 4), 'conflict'],
    [promise(8, 'share', 4), 'conflict'],
    [promise(8, 'late', 4), 'new'],
    [promise(9, 'observation', 4), 'new'],
  ] as const)('%j is %s', (each, expected) => {
    expect(standing.watermark).toBe(8)
    expect(weigh(standing, each)).toBe(expected)
  })
})

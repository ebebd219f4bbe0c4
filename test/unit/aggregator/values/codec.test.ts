import { describe, expect, test } from 'vitest'
import {
  ascii,
  bigintBytes,
  bigintFrom,
  compareBytes,
  concat,
  equalBytes,
  fromHex,
  toHex,
} from '../../../../aggregator/values/bytes.ts'
import { MalformedError, Reader, Writer } from '../../../../aggregator/values/codec.ts'

describe('fields of fixed width', () => {
  test('are big-endian and read back', () => {
    const bytes = new Writer()
      .u8(255)
      .u16(0xabcd)
      .u32(0xffffffff)
      .u64(Number.MAX_SAFE_INTEGER)
      .i128(-(2n ** 127n))
      .bytes(Uint8Array.of(1, 2))
      .done()
    expect(toHex(bytes)).toBe(`ffabcdffffffff001fffffffffffff80${'00'.repeat(15)}0102`)
    const reader = new Reader(bytes)
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.i128()]).toEqual([
      255,
      0xabcd,
      0xffffffff,
      Number.MAX_SAFE_INTEGER,
      -(2n ** 127n),
    ])
    expect(reader.bytes(2)).toEqual(Uint8Array.of(1, 2))
    expect(() => reader.end()).not.toThrow()
  })

  test('a writer grows beyond its first buffer', () => {
    const long = new Uint8Array(1_000).fill(7)
    expect(new Writer().u8(1).bytes(long).u8(2).done()).toEqual(
      concat(Uint8Array.of(1), long, Uint8Array.of(2)),
    )
  })

  test.each<readonly [string, (writer: Writer) => Writer]>([
    ['u8', (writer) => writer.u8(256)],
    ['a negative u8', (writer) => writer.u8(-1)],
    ['u16', (writer) => writer.u16(65_536)],
    ['u32', (writer) => writer.u32(2 ** 32)],
    ['u64', (writer) => writer.u64(2 ** 53)],
    ['a fraction', (writer) => writer.u64(0.5)],
    ['i128', (writer) => writer.i128(2n ** 127n)],
  ])('a writer refuses %s out of its range', (_, write) => {
    expect(() => write(new Writer())).toThrow('invariant')
  })

  test.each<readonly [string, string, (reader: Reader) => unknown]>([
    ['a truncated field', 'ff', (reader) => reader.u16()],
    ['a length beyond the input', 'ffffffff', (reader) => reader.bytes(reader.u32())],
    ['an integer above 2^53', '0020000000000000', (reader) => reader.u64()],
    ['trailing bytes', '00', (reader) => reader.end()],
  ])('a reader refuses %s', (_, hex, read) => {
    expect(() => read(new Reader(fromHex(hex)))).toThrow(MalformedError)
  })

  test('no field is lost where the buffer grows, whatever stood before it', () => {
    for (let capacity = 0; capacity < 24; capacity++) {
      const write = (writer: Writer) =>
        writer
          .u8(0x11)
          .u16(0x2222)
          .u24(0x333333)
          .u32(0x44444444)
          .head(Uint8Array.of(0x55, 0x55), 2)
          .bytes(Uint8Array.of(0x66))
          .u8(0x77)
          .i64(-1n)
          .done()
      expect(write(new Writer(capacity))).toEqual(write(new Writer(64)))
    }
  })

  test('a kept field does not keep the frame it came in', () => {
    const frame = new Uint8Array(1_000)
    expect(new Reader(frame).bytes(4).buffer.byteLength).toBe(4)
  })
})

describe('bytes', () => {
  test('hexadecimal of either case with or without 0x', () => {
    expect(fromHex('0xAbcd')).toEqual(Uint8Array.of(0xab, 0xcd))
    expect(toHex(fromHex('00ff'))).toBe('00ff')
    for (const text of ['0', 'zz', '0x0', ' 00']) expect(() => fromHex(text)).toThrow(RangeError)
  })

  test('order as big-endian strings, a prefix first', () => {
    const sorted = ['', '00', '0000', '01', 'ff'].map(fromHex)
    expect(sorted.toReversed().sort(compareBytes)).toEqual(sorted)
    expect(equalBytes(fromHex('01'), fromHex('0100'))).toBe(false)
  })

  test('two’s complement in a given width', () => {
    expect(toHex(bigintBytes(-1n, 8))).toBe('ff'.repeat(8))
    expect(bigintFrom(bigintBytes(258n, 4))).toBe(258n)
    expect(bigintFrom(new Uint8Array())).toBe(0n)
  })

  test('texts beyond ASCII are refused', () => {
    expect(ascii('parallax.sign.1')).toHaveLength(15)
    expect(() => ascii('é')).toThrow('invariant')
  })
})

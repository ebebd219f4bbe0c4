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

  test.each([0, 1, 255, 256, 65_535] as const)('%i fits 16 bits, and 24', (value) => {
    const bytes = new Writer().u16(value).u24(value).done()
    expect([bytes.length, new Reader(bytes).u16()]).toEqual([5, value])
    expect(new Reader(bytes.subarray(2)).u24()).toBe(value)
  })

  test('the largest u24 is three bytes of ones', () => {
    expect(toHex(new Writer().u24(0xffffff).done())).toBe('ffffff')
  })

  test.each([
    ['0', 0n],
    ['ff', -1n],
    ['the largest safe integer', 2n ** 53n - 1n],
    ['one more', 2n ** 53n],
    ['the smallest safe integer', -(2n ** 53n) + 1n],
    ['one less', -(2n ** 53n)],
    ['the largest i64', 2n ** 63n - 1n],
    ['the smallest i64', -(2n ** 63n)],
  ])('%s is 64 bits of two’s complement, and 128', (_, value) => {
    const digits = (bits: number) =>
      BigInt.asUintN(bits, value)
        .toString(16)
        .padStart(bits / 4, '0')
    const [narrow, wide] = [new Writer().i64(value).done(), new Writer().i128(value).done()]
    expect([toHex(narrow), toHex(wide)]).toEqual([digits(64), digits(128)])
    expect([new Reader(narrow).i64(), new Reader(wide).i128()]).toEqual([value, value])
  })

  test.each([2n ** 64n, 2n ** 64n - 1n, -(2n ** 64n), -(2n ** 63n) - 1n, 2n ** 127n - 1n])(
    '%s is read back from 128 bits',
    (value) => {
      expect(new Reader(new Writer().i128(value).done()).i128()).toBe(value)
    },
  )

  test('the head of an array is its first bytes', () => {
    const bytes = new Writer()
      .u8(9)
      .head(Uint8Array.of(1, 2, 3, 4), 3)
      .u8(8)
      .done()
    expect(bytes).toEqual(Uint8Array.of(9, 1, 2, 3, 8))
    expect(new Writer().head(Uint8Array.of(1, 2), 1).zeros(1).done()).toEqual(Uint8Array.of(1, 0))
  })

  test('a writer that was filled to the byte hands out its buffer', () => {
    expect(new Writer(2).u16(0x0102).done().buffer.byteLength).toBe(2)
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
    ['a negative u16', (writer) => writer.u16(-1)],
    ['a u16 of 2^32 and more', (writer) => writer.u16(2 ** 32 + 5)],
    ['a u16 of -2^32 and more', (writer) => writer.u16(5 - 2 ** 32)],
    ['a u24 of 2^32 and more', (writer) => writer.u24(2 ** 32 + 5)],
    ['a u24 of -2^32 and more', (writer) => writer.u24(5 - 2 ** 32)],
    ['u24', (writer) => writer.u24(2 ** 24)],
    ['a negative u24', (writer) => writer.u24(-1)],
    ['u32', (writer) => writer.u32(2 ** 32)],
    ['a negative u32', (writer) => writer.u32(-1)],
    ['u64', (writer) => writer.u64(2 ** 53)],
    ['a negative u64', (writer) => writer.u64(-1)],
    ['a fraction', (writer) => writer.u64(0.5)],
    ['i64', (writer) => writer.i64(2n ** 63n)],
    ['a small i64', (writer) => writer.i64(-(2n ** 63n) - 1n)],
    ['i128', (writer) => writer.i128(2n ** 127n)],
    ['a small i128', (writer) => writer.i128(-(2n ** 127n) - 1n)],
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

  test.each([
    ['0102', '0102', true],
    ['0102', '0103', false],
    ['0102', '0202', false],
    ['', '', true],
  ])('%s and %s are equal: %s', (a, b, expected) => {
    expect(equalBytes(fromHex(a), fromHex(b))).toBe(expected)
  })

  test('bytes are equal to themselves and differ from nothing', () => {
    const bytes = fromHex('0102')
    expect([equalBytes(bytes, bytes), equalBytes(bytes, new Uint8Array())]).toEqual([true, false])
    expect(compareBytes(fromHex('01'), fromHex('0100'))).toBeLessThan(0)
    expect(compareBytes(fromHex('0100'), fromHex('01'))).toBeGreaterThan(0)
    expect(compareBytes(bytes, fromHex('0102'))).toBe(0)
  })

  test.each([1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 31, 32])(
    'a number of %i bytes is itself',
    (length) => {
      const bytes = Uint8Array.from({ length }, (_, index) => 0x80 + index)
      const value = BigInt(`0x${toHex(bytes)}`)
      expect([bigintFrom(bytes), toHex(bigintBytes(value, length))]).toEqual([value, toHex(bytes)])
      const small = Uint8Array.from(bytes, (_, index) => (index === length - 1 ? 7 : 0))
      expect([bigintFrom(small), bigintBytes(7n, length)]).toEqual([7n, small])
    },
  )

  test('two’s complement in a given width', () => {
    expect(toHex(bigintBytes(-1n, 8))).toBe('ff'.repeat(8))
    expect(bigintFrom(bigintBytes(258n, 4))).toBe(258n)
    expect(bigintFrom(new Uint8Array())).toBe(0n)
  })

  test('texts beyond ASCII are refused', () => {
    expect(ascii('parallax.sign.1')).toHaveLength(15)
    expect(ascii('\u007f')).toEqual(Uint8Array.of(127))
    for (const text of ['é', '\u0080']) expect(() => ascii(text)).toThrow('invariant')
  })
})

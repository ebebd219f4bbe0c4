import { invariant } from '../assert.ts'
import { bigintBytes } from './bytes.ts'

/** Appends fixed-width big-endian fields; the caller has checked the ranges. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  /** @param room zeroed bytes, or how many; the exact number saves a copy, more come as needed */
  constructor(room: number | Uint8Array<ArrayBuffer> = 256) {
    this.#bytes = typeof room === 'number' ? new Uint8Array(room) : room
  }

  #grow(by: number): number {
    const start = this.#length
    this.#length += by
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    return start
  }

  u8(value: number): this {
    invariant(value >= 0 && value <= 0xff, 'u8 out of range')
    // Grow first: it may replace the buffer that is written to.
    const start = this.#grow(1)
    this.#bytes[start] = value
    return this
  }

  u16(value: number): this {
    invariant(value >= 0 && value <= 0xffff, 'u16 out of range')
    return this.u8(value >>> 8).u8(value & 255)
  }

  u24(value: number): this {
    invariant(value >= 0 && value <= 0xffffff, 'u24 out of range')
    return this.u8(value >>> 16).u16(value & 0xffff)
  }

  u32(value: number): this {
    invariant(value >= 0 && value <= 0xffffffff, 'u32 out of range')
    const start = this.#grow(4)
    this.#bytes[start] = value >>> 24
    this.#bytes[start + 1] = (value >>> 16) & 255
    this.#bytes[start + 2] = (value >>> 8) & 255
    this.#bytes[start + 3] = value & 255
    return this
  }

  /** A safe integer from 0 as 64 bits. */
  u64(value: number): this {
    invariant(Number.isSafeInteger(value) && value >= 0, 'u64 out of the safe integers')
    const high = (value - (value >>> 0)) / 0x1_0000_0000
    return this.u32(high).u32(value >>> 0)
  }

  i64(value: bigint): this {
    const number = Number(value)
    // Most values are safe integers; a bigint that is none never becomes one by rounding.
    if (Number.isSafeInteger(number)) {
      const high = (number - (number >>> 0)) / 0x1_0000_0000
      return this.u32(high >>> 0).u32(number >>> 0)
    }
    invariant(BigInt.asIntN(64, value) === value, 'i64 out of range')
    return this.bytes(bigintBytes(value, 8))
  }

  i128(value: bigint): this {
    if (BigInt.asIntN(64, value) === value) {
      const sign = value < 0n ? 0xffffffff : 0
      return this.u32(sign).u32(sign).i64(value)
    }
    invariant(BigInt.asIntN(128, value) === value, 'i128 out of range')
    return this.bytes(bigintBytes(value, 16))
  }

  bytes(value: Uint8Array): this {
    const start = this.#grow(value.length)
    this.#bytes.set(value, start)
    return this
  }

  /** The first bytes of an array that is at least so long. */
  head(value: Uint8Array, length: number): this {
    const start = this.#grow(length)
    // A loop: a view into a small array costs more than the few bytes.
    for (let i = 0; i < length; i++) this.#bytes[start + i] = value[i] as number
    return this
  }

  zeros(count: number): this {
    this.#grow(count)
    return this
  }

  /** The bytes written; nothing may be written after. */
  done(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes
    return bytes.length === this.#length ? bytes : bytes.slice(0, this.#length)
  }
}

/** Input that is not canonical; never leaves the decoder that started the reader. */
export class MalformedError extends Error {}

/** Reads what `Writer` wrote; every step is bounded by the input. */
export class Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  #take(length: number): number {
    const start = this.#offset
    if (start + length > this.#bytes.length) throw new MalformedError('truncated')
    this.#offset += length
    return start
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number
  }

  u16(): number {
    return this.u8() * 256 + this.u8()
  }

  u24(): number {
    return this.u8() * 0x1_0000 + this.u16()
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16()
  }

  /** @throws {MalformedError} above the safe integers */
  u64(): number {
    const high = this.u32()
    if (high > 0x1fffff) throw new MalformedError('integer above 2^53')
    return high * 0x1_0000_0000 + this.u32()
  }

  i64(): bigint {
    const high = this.u32() | 0
    const low = this.u32()
    const number = high * 0x1_0000_0000 + low
    if (Number.isSafeInteger(number)) return BigInt(number)
    return (BigInt(high) << 32n) | BigInt(low)
  }

  i128(): bigint {
    const high = this.i64()
    const low = this.i64()
    // Most values fit the lower half, of which the upper one then only repeats the sign.
    if (low < 0n ? high === -1n : high === 0n) return low
    return (high << 64n) | BigInt.asUintN(64, low)
  }

  /** A copy, so that a kept field does not keep a whole network frame alive. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return this.#bytes.slice(start, start + length)
  }

  /** A view into the input, for fields that are converted at once. */
  view(length: number): Uint8Array {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** @throws {MalformedError} when bytes are left: canonical input has none */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new MalformedError('trailing bytes')
  }

  check(condition: boolean, what: string): void {
    if (!condition) throw new MalformedError(what)
  }

  malformed(what: string): MalformedError {
    return new MalformedError(what)
  }
}

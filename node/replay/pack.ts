import { concat } from '../../aggregator/values/bytes.ts'

/** A journalled entry that is not what its writer wrote; says in words what is wrong. */
export class UnpackError extends Error {}

/**
 * Appends fields of a journal entry. Unlike the canonical writer of messages it takes every number,
 * integer and text there is: recording what happened must never end the process it happened to.
 */
export class Packer {
  readonly #parts: Uint8Array[] = []

  byte(value: number): this {
    this.#parts.push(Uint8Array.of(value))
    return this
  }

  /** Any number, exactly: its 64 bits (IEEE 754). */
  number(value: number): this {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value)
    this.#parts.push(bytes)
    return this
  }

  /** Bytes after their length. */
  bytes(value: Uint8Array): this {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, value.length)
    this.#parts.push(length, value)
    return this
  }

  text(value: string): this {
    return this.bytes(new TextEncoder().encode(value))
  }

  /** Any integer: its hexadecimal digits, after a minus where there is one. */
  integer(value: bigint): this {
    return this.text(value.toString(16))
  }

  /** The number of items, then each. */
  list<T>(items: readonly T[], write: (item: T) => unknown): this {
    this.number(items.length)
    for (const item of items) write(item)
    return this
  }

  /** One byte for whether there is a value, then the value. */
  optional<T>(value: T | null, write: (value: T) => unknown): this {
    this.byte(value === null ? 0 : 1)
    if (value !== null) write(value)
    return this
  }

  done(): Uint8Array {
    return concat(...this.#parts)
  }
}

/** Reads what `Packer` wrote; every step is bounded by the entry. */
export class Unpacker {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  #take(length: number): Uint8Array {
    const end = this.#offset + length
    if (end > this.#bytes.length) throw new UnpackError('it ends too early')
    const taken = this.#bytes.slice(this.#offset, end)
    this.#offset = end
    return taken
  }

  byte(): number {
    return this.#take(1)[0] as number
  }

  /** A whole number from 0. */
  number(): number {
    const value = new DataView(this.#take(8).buffer).getFloat64(0)
    if (!Number.isSafeInteger(value) || value < 0) throw new UnpackError('a number is not whole')
    return value
  }

  bytes(): Uint8Array {
    return this.#take(new DataView(this.#take(4).buffer).getUint32(0))
  }

  /** Bytes of a stated length. */
  exactly(length: number): Uint8Array {
    const value = this.bytes()
    if (value.length !== length) throw new UnpackError(`a field has not ${length} bytes`)
    return value
  }

  text(): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.bytes())
    } catch (error) {
      if (error instanceof UnpackError) throw error
      throw new UnpackError('a text is no UTF-8')
    }
  }

  integer(): bigint {
    const text = this.text()
    const [, minus, digits] = /^(-?)(0|[1-9a-f][0-9a-f]*)$/.exec(text) ?? []
    if (digits === undefined || text === '-0') throw new UnpackError('an integer is malformed')
    const magnitude = BigInt(`0x${digits}`)
    return minus === '-' ? -magnitude : magnitude
  }

  list<T>(read: () => T): T[] {
    const length = this.number()
    // Each item takes a byte at least: a wrong count must not reserve memory.
    if (length > this.#bytes.length - this.#offset) throw new UnpackError('a list is too long')
    return Array.from({ length }, read)
  }

  optional<T>(read: () => T): T | null {
    const flag = this.byte()
    if (flag > 1) throw new UnpackError('a flag is neither 0 nor 1')
    return flag === 1 ? read() : null
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw new UnpackError('bytes are left over')
  }
}

import { invariant } from '../assert.ts'

/** Joins byte arrays in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Compares two byte arrays by content; the same object is equal at once. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * Orders byte arrays as big-endian strings: negative, zero or positive, as `Array.sort` wants it.
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = a.length < b.length ? a.length : b.length
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const HEX = '0123456789abcdef'

/** Lower-case hexadecimal without a prefix. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (HEX[byte >> 4] as string) + (HEX[byte & 15] as string)
  return text
}

/**
 * Reads hexadecimal of either case, with or without `0x`.
 *
 * @throws {RangeError} on an odd length or any other character
 */
export function fromHex(text: string): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new RangeError('not hexadecimal: expected an even number of the digits 0-9 and a-f')
  }
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Bytes of a text that holds only ASCII; domain tags and names are such texts. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    invariant(code < 128, 'only ASCII enters canonical bytes')
    bytes[i] = code
  }
  return bytes
}

/** Big-endian two's complement of a bigint in `length` bytes; the caller has checked its range. */
export function bigintBytes(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  // Four bytes at a time: each operation on a bigint makes a new one.
  for (let end = length; end > 0; end -= 4) {
    let word = Number(BigInt.asUintN(32, rest))
    for (let i = end - 1; i >= end - 4 && i >= 0; i--) {
      bytes[i] = word & 255
      word >>>= 8
    }
    if (end > 4) rest >>= 32n
  }
  return bytes
}

/** Unsigned big-endian bytes as a bigint. */
export function bigintFrom(bytes: Uint8Array): bigint {
  let value = 0n
  for (let start = 0; start < bytes.length; ) {
    // The first word takes what whole ones leave.
    const end = start + (((bytes.length - start - 1) & 3) + 1)
    let word = 0
    for (; start < end; start++) word = ((word << 8) | (bytes[start] as number)) >>> 0
    value = value === 0n ? BigInt(word) : (value << 32n) | BigInt(word)
  }
  return value
}

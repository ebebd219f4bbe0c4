import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { pieceOf } from '../../aggregator/values/slab.ts'

/**
 * Stands in for keccak256 in long simulations: 32 bytes, deterministic, quick, and without
 * collisions by chance (128 bits of state). Not one-way: nobody in a simulated world attacks the
 * hash, so it may not judge anything but the protocol.
 */
export const idealHash: Crypto['keccak256'] = (bytes) => {
  const { length } = bytes
  let a = 0x243f6a88 ^ length
  let b = 0x85a308d3
  let c = 0x13198a2e
  let d = 0x03707344
  const whole = length - (length & 3)
  for (let at = 0; at < whole; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    a = Math.imul(a ^ word, 0x2c1b3c6d)
    a ^= a >>> 15
    b = Math.imul(b ^ a, 0x297a2d39)
    b ^= b >>> 14
    c = Math.imul(c + word, 0x165667b1) ^ b
    d = (Math.imul(d ^ c, 0x27d4eb2f) + a) | 0
    d ^= d >>> 13
  }
  let rest = 0
  for (let at = whole; at < length; at++) rest = (rest << 8) | (bytes[at] as number)
  a = Math.imul(a ^ rest, 0x2c1b3c6d)
  b ^= a >>> 15
  return expanded(a, b, c + rest, d ^ length)
}

/** Two rounds that carry each lane to all others, then one lane for each word of the result. */
function expanded(a: number, b: number, c: number, d: number): Uint8Array {
  const result = pieceOf(32)
  let e = a
  let f = b
  let g = c
  let h = d
  for (let word = -4; word < 8; word += 4) {
    e = mixed(e, h, word)
    f = mixed(f, e, word + 1)
    g = mixed(g, f, word + 2)
    h = mixed(h, g, word + 3)
    if (word < 0) continue
    write(result, 4 * word, e)
    write(result, 4 * word + 4, f)
    write(result, 4 * word + 8, g)
    write(result, 4 * word + 12, h)
  }
  return result
}

function mixed(lane: number, neighbour: number, word: number): number {
  const both = Math.imul(lane ^ neighbour, 0x21f0aaad)
  return (Math.imul(both ^ (both >>> 15), 0x735a2d97) + word) ^ (both >>> 13)
}

function write(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word
  bytes[at + 1] = word >>> 8
  bytes[at + 2] = word >>> 16
  bytes[at + 3] = word >>> 24
}

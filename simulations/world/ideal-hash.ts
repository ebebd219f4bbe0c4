import type { Crypto } from '../../aggregator/signing/crypto.ts'

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
  const lanes = [a, b, c, d]
  const result = new Uint8Array(32)
  for (let word = -4; word < 8; word++) {
    const lane = word & 3
    const mixed = Math.imul((lanes[lane] as number) ^ (lanes[(lane + 3) & 3] as number), 0x21f0aaad)
    const value = (Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97) + word) ^ (mixed >>> 13)
    lanes[lane] = value
    if (word < 0) continue
    result[4 * word] = value
    result[4 * word + 1] = value >>> 8
    result[4 * word + 2] = value >>> 16
    result[4 * word + 3] = value >>> 24
  }
  return result
}

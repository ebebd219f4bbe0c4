import { inverseNormal } from './arithmetic.ts'

/**
 * Seeded chance of a simulated world: integers of 32 bits only, so that every engine and machine
 * draws the same numbers. Streams made with different labels do not disturb each other: a draw more
 * in one part of the world changes nothing in another.
 */
export interface Prng {
  /** An unsigned integer of 32 bits. */
  readonly next: () => number
  /** A whole number from 0 to `count` − 1; `count` from 1 to 2^32. */
  readonly below: (count: number) => number
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number
  /** True with a probability in parts per million. */
  readonly chance: (ppm: number) => boolean
  /** Strictly between 0 and 1, from 32 bits. */
  readonly unit: () => number
  /** A draw of the standard normal distribution. */
  readonly normal: () => number
  readonly bytes: (length: number) => Uint8Array
}

const TWO_32 = 0x1_0000_0000

/**
 * xoshiro128** (Blackman and Vigna), its state filled by a 32-bit mixer from seed and label.
 *
 * @param seed a safe integer from 0
 */
export function prngOf(seed: number, label: string): Prng {
  let [a, b, c, d] = stateFrom(seed, label)

  const next = (): number => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return scrambled
  }
  const below = (count: number): number => {
    // Draws from the last, incomplete stretch would favour small numbers: drawn again.
    const limit = TWO_32 - (TWO_32 % count)
    let drawn = next()
    while (drawn >= limit) drawn = next()
    return drawn % count
  }
  const unit = () => (next() + 0.5) / TWO_32
  return {
    next,
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (ppm) => ppm > 0 && below(1_000_000) < ppm,
    unit,
    normal: () => inverseNormal(unit()),
    bytes: (length) => {
      const bytes = new Uint8Array(length)
      for (let start = 0; start < length; start += 4) {
        const word = next()
        // What lies beyond the end is dropped.
        bytes[start] = word
        bytes[start + 1] = word >>> 8
        bytes[start + 2] = word >>> 16
        bytes[start + 3] = word >>> 24
      }
      return bytes
    },
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function stateFrom(seed: number, label: string): [number, number, number, number] {
  let state = (seed >>> 0) ^ Math.imul((seed - (seed >>> 0)) / TWO_32 + 1, 0x9e3779b1)
  for (let at = 0; at < label.length; at++) state = mix(state ^ label.charCodeAt(at))
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0
    return mix(state)
  }
  // All zeros is the one state that never leaves itself: an odd first word excludes it.
  return [word() | 1, word(), word(), word()]
}

/** A bijection of 32 bits in which each input bit reaches each output bit. */
function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return mixed ^ (mixed >>> 15)
}

/**
 * Chance as a function of a position: the same number at one index whoever asks, in any order.
 *
 * @returns a whole number from `min` to `max`, both included, for any index from 0 to 2^53
 */
export function chanceAt(
  seed: number,
  label: string,
): (index: number, min: number, max: number) => number {
  const [a, b] = stateFrom(seed, label)
  return (index, min, max) => {
    const high = (index - (index >>> 0)) / TWO_32
    const drawn = mix(mix((index >>> 0) ^ a) ^ high ^ b) >>> 0
    // Off uniform by less than one in 2^32 / (max − min): noise of prices needs no more.
    return min + (drawn % (max - min + 1))
  }
}

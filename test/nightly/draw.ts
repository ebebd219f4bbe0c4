import { createHash } from 'node:crypto'

/** As many as a safe integer can be read from. */
const DRAW_BYTES = 6

/** Draws from agreed bytes, so that a case can be made again from its seed and number. */
export type Draw = (below: number) => number

/** @returns a number from 0 to below − 1, below at most 2^32 */
export function drawOf(seed: string): Draw {
  const next = blocksOf(seed)
  let [block, at] = [next(), 0]
  return (below) => {
    if (at + DRAW_BYTES > block.length) [block, at] = [next(), 0]
    at += DRAW_BYTES
    // The excess of the lowest residues is below 2^-16: below is at most 2^32.
    return block.readUIntBE(at - DRAW_BYTES, DRAW_BYTES) % below
  }
}

/** 64 bits. */
export function wide(draw: Draw): bigint {
  return (BigInt(draw(2 ** 32)) << 32n) | BigInt(draw(2 ** 32))
}

/** Any number of so many bits, of every length alike: small ones are met as often as large ones. */
export function anyOf(draw: Draw, bits: number): bigint {
  let number = 0n
  for (let drawn = 0; drawn < bits; drawn += 64) number = (number << 64n) | wide(draw)
  return BigInt.asUintN(bits, number) >> BigInt(draw(bits))
}

/** From low to high, both met. */
export function between(draw: Draw, low: bigint, high: bigint): bigint {
  const edge = draw(16)
  if (edge === 0) return low
  if (edge === 1) return high
  const span = high - low + 1n
  return low + (anyOf(draw, span.toString(2).length + 1) % span)
}

function blocksOf(seed: string): () => Buffer {
  let count = 0
  return () => createHash('sha512').update(`${seed}:${count++}`).digest()
}

import { concat } from '../../aggregator/values/bytes.ts'
import type { Prng } from '../../simulations/determinism/prng.ts'

/** Integers at which encodings, limits and sets change their behaviour. */
const EDGES = [
  0,
  1,
  2,
  3,
  4,
  15,
  16,
  17,
  31,
  32,
  63,
  64,
  65,
  127,
  128,
  255,
  256,
  0x7fff,
  0x8000,
  0xffff,
  0x1_0000,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_ffff,
  0x1_0000_0000,
  2 ** 53 - 2,
  2 ** 53 - 1,
] as const

/** Longest input that a mutation makes; beyond every limit of the protocol by some margin. */
const BYTES_MAX = 4_096

/** One to four edits of bytes: flips, edges, cuts, repeats, pieces of another input. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, chance: Prng): Uint8Array {
  let mutant: Uint8Array = bytes.slice()
  const edits = 1 + chance.below(4)
  for (let edit = 0; edit < edits; edit++) mutant = editBytes(mutant, other, chance)
  return mutant.length > BYTES_MAX ? mutant.subarray(0, BYTES_MAX) : mutant
}

function editBytes(bytes: Uint8Array, other: Uint8Array, chance: Prng): Uint8Array {
  const at = chance.below(bytes.length + 1)
  const rest = bytes.length - at
  switch (chance.below(8)) {
    case 0:
      return withByte(bytes, at, (old) => old ^ (1 << chance.below(8)))
    case 1:
      return withByte(bytes, at, () => chance.below(256))
    case 2:
      return withEdge(bytes, at, chance)
    case 3:
      return concat(bytes.subarray(0, at), bytes.subarray(at + chance.below(rest + 1)))
    case 4:
      return concat(bytes.subarray(0, at), chance.bytes(1 + chance.below(40)), bytes.subarray(at))
    case 5: {
      // A stretch twice: lists with one entry more, records that nest.
      const end = at + chance.below(rest + 1)
      return concat(bytes.subarray(0, end), bytes.subarray(at))
    }
    case 6: {
      const from = chance.below(other.length + 1)
      const piece = other.subarray(from, from + chance.below(other.length - from + 1))
      return concat(bytes.subarray(0, at), piece, bytes.subarray(at + piece.length))
    }
    default:
      return concat(bytes.subarray(0, at), other.subarray(Math.min(at, other.length)))
  }
}

function withByte(bytes: Uint8Array, at: number, change: (old: number) => number): Uint8Array {
  if (at < bytes.length) bytes[at] = change(bytes[at] as number)
  return bytes
}

function withEdge(bytes: Uint8Array, at: number, chance: Prng): Uint8Array {
  const width = [1, 2, 4, 8][chance.below(4)] as number
  if (at + width > bytes.length) return bytes
  const edge = BigInt(EDGES[chance.below(EDGES.length)] as number)
  for (let byte = 0; byte < width; byte++) {
    bytes[at + byte] = Number((edge >> BigInt(8 * (width - 1 - byte))) & 255n)
  }
  return bytes
}

/** How a value of bytes inside a message is changed: a plain edit, or a message within it. */
export type MutateBytes = (bytes: Uint8Array) => Uint8Array

/** A copy of a message with one to three of its values changed, whatever its shape. */
export function mutateFields<T>(message: T, chance: Prng, onBytes: MutateBytes): T {
  let mutant: unknown = message
  const edits = 1 + chance.below(3)
  for (let edit = 0; edit < edits; edit++) mutant = mutateOne(mutant, chance, onBytes)
  return mutant as T
}

function mutateOne(value: unknown, chance: Prng, onBytes: MutateBytes): unknown {
  if (value instanceof Uint8Array) return onBytes(value)
  if (Array.isArray(value)) return mutateList(value, chance, onBytes)
  if (typeof value === 'number') return mutateNumber(value, chance)
  if (typeof value === 'bigint') return chance.below(5) === 0 ? null : mutateBigint(value, chance)
  if (value === null) return mutateBigint(0n, chance)
  if (typeof value !== 'object') return value
  const keys = Object.keys(value)
  const key = keys[chance.below(keys.length)] ?? ''
  return { ...value, [key]: mutateOne(Reflect.get(value, key), chance, onBytes) }
}

function mutateList(list: readonly unknown[], chance: Prng, onBytes: MutateBytes): unknown[] {
  const at = chance.below(list.length + 1)
  const choice = chance.below(8)
  if (choice === 0) return list.filter((_, index) => index !== at)
  if (choice === 1) return [...list.slice(0, at), ...list.slice(Math.max(0, at - 1))]
  if (choice === 2) return list.toReversed()
  return list.map((each, index) => (index === at ? mutateOne(each, chance, onBytes) : each))
}

function mutateNumber(value: number, chance: Prng): number {
  const choice = chance.below(5)
  if (choice === 0) return EDGES[chance.below(EDGES.length)] as number
  if (choice === 1) return chance.below(32)
  if (choice === 2) return Math.max(0, value - 1)
  // Sets of members: one bit more or less.
  if (choice === 3) return (value ^ (1 << chance.below(31))) >>> 0
  return Math.min(Number.MAX_SAFE_INTEGER, value + 1)
}

function mutateBigint(value: bigint, chance: Prng): bigint {
  const power = 1n << BigInt(chance.below(127))
  return BigInt.asIntN(
    128,
    [value + power, value - power, -value, power, -power][chance.below(5)] as bigint,
  )
}

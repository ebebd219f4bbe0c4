import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import type { Prng } from '../../simulations/determinism/prng.ts'

/** What a subject says about one input; a wrong answer is thrown as a `Finding` instead. */
export interface Outcome {
  /** From a small fixed set, such as `share reject:MALFORMED`; a new one is kept like new code. */
  readonly name: string
  readonly isAccepted: boolean
}

/** One thing under attack: a decoder and the judge behind it. */
export interface Subject {
  readonly name: string
  /** Sound messages to begin with. */
  readonly seeds: readonly Uint8Array[]
  /**
   * Judges one input.
   *
   * @throws {Finding} when an accepted input is not what its message encodes to
   */
  readonly judge: (bytes: Uint8Array) => Outcome
  /** Whether length, tag, version, committee and sender are such that the rest is read at all. */
  readonly isPastHead: (bytes: Uint8Array) => boolean
  /** Another message near this one, changed in its fields rather than its bytes; null if none. */
  readonly vary: (bytes: Uint8Array, chance: Prng) => Uint8Array | null
  /** The same with a head and signatures that pass, as far as it can be read. */
  readonly repair: (bytes: Uint8Array, chance: Prng) => Uint8Array
}

/** A subject accepted what it must not accept. */
export class Finding extends Error {}

/** The input with tag, version and digest as they must be, whatever stood there. */
export function headed(
  bytes: Uint8Array,
  [tag, version]: readonly [tag: number, version: number],
  digest: Uint8Array,
): Uint8Array {
  const head = concat(new Uint8Array([tag, version]), digest)
  return concat(head, bytes.subarray(head.length))
}

/** Whether version and digest, after a tag of one byte, are as they must be. */
export function isHeaded(bytes: Uint8Array, version: number, digest: Uint8Array): boolean {
  return bytes[1] === version && equalBytes(bytes.subarray(2, 2 + digest.length), digest)
}

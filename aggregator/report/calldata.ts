import { secp256k1 } from '@noble/curves/secp256k1.js'
import { invariant } from '../assert.ts'
import type { Certificate } from '../messages/messages.ts'
import { bigintBytes, bigintFrom, concat } from '../values/bytes.ts'
import type { FeedIndex, Members, Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import { levelsOf } from './merkle.ts'
import { WORD_HEAD_BYTES } from './words.ts'

type Keccak256 = (bytes: Uint8Array) => Uint8Array

/** The clock of a committee's rounds, as the contract knows it (protocol §8.3). */
export interface Clock {
  readonly genesisMs: UnixMs
  readonly roundMs: number
  readonly includeMs: number
  readonly clockSkewMsMax: number
}

/** What the sender of an update has to know about the committee in office on the target. */
export interface CommitteeOnChain {
  /** Number of the committee on this contract; the first has 1. */
  readonly epoch: number
  /** Compressed group key, 33 bytes. */
  readonly publicKey: Uint8Array
  readonly clock: Clock
  /** Whether the clock is the one that the contract was deployed with; otherwise it travels along. */
  readonly isFirstClock: boolean
}

/** Selector of the update, mined to be zero: four cheap bytes, and the first in the dispatcher. */
export const UPDATE_SELECTOR = 0x00000000
/** Most feeds of one update. */
export const UPDATE_FEEDS_MAX = 255

const FLAG_CLOCK = 4
const HEADER_BYTES = 20
const SIGNATURE_BYTES = 96
const ENTRY_BYTES = 17
const CLOCK_BYTES = 10
const SIBLING_BYTES = 32

const STEP = { right: 1, left: 2, merge: 3 } as const

interface Entry {
  readonly index: FeedIndex
  program: number
  steps: number
}

/** A certificate's feeds with what proves them: entries in order, and the siblings they use. */
interface Proof {
  readonly entries: Entry[]
  readonly siblings: Uint8Array[]
}

const uint = (value: number, length: number) => bigintBytes(BigInt(value), length)

/**
 * Builds the calldata that delivers feeds of a certificate to PriceFeeds.update (docs/contracts.md).
 *
 * @param feeds ascending indices, 1 to `UPDATE_FEEDS_MAX` of them, each within the certificate
 * @throws {RangeError} when the signature is no signature, or the report's time lies outside its round
 */
export function encodeUpdate(
  keccak256: Keccak256,
  update: {
    readonly certificate: Certificate
    readonly feeds: readonly FeedIndex[]
    readonly committee: CommitteeOnChain
  },
): Uint8Array {
  return concat(uint(UPDATE_SELECTOR, 4), encodeReport(keccak256, update))
}

/** The certificate and its feeds without a selector: what every entry point of the contract reads. */
export function encodeReport(
  keccak256: Keccak256,
  update: {
    readonly certificate: Certificate
    readonly feeds: readonly FeedIndex[]
    readonly committee: CommitteeOnChain
  },
): Uint8Array {
  const { certificate, feeds, committee } = update
  invariant(feeds.length > 0 && feeds.length <= UPDATE_FEEDS_MAX, 'an update has 1 to 255 feeds')
  const proof = proofOf(keccak256, certificate.words, feeds)
  return concat(
    header(certificate, committee),
    signature(certificate.signature),
    uint(feeds.length, 1),
    ...proof.entries.map((entry) =>
      concat(
        uint(entry.index, 2),
        (certificate.words[entry.index] as Uint8Array).subarray(0, WORD_HEAD_BYTES),
        uint(entry.program, 3),
      ),
    ),
    ...proof.siblings,
    committee.isFirstClock ? new Uint8Array(0) : encodeClock(committee.clock),
  )
}

function header(certificate: Certificate, committee: CommitteeOnChain): Uint8Array {
  const { clock, epoch, publicKey, isFirstClock } = committee
  const openedMs = clock.genesisMs - clock.clockSkewMsMax + certificate.round * clock.roundMs
  const offset = certificate.timestampMs - openedMs
  if (offset < 0 || offset > clock.includeMs + 2 * clock.clockSkewMsMax) {
    throw new RangeError('the report lies outside its round by the clock of this committee')
  }
  const flags =
    ((publicKey[0] as number) & 1) | ((epoch & 1) << 1) | (isFirstClock ? 0 : FLAG_CLOCK)
  return concat(
    uint(flags, 1),
    uint(certificate.round, 4),
    uint(offset, 2),
    uint(certificate.observers, 4),
    uint(certificate.slot, 1),
    uint(certificate.signingSet, 4),
    uint(certificate.expectedNext, 4),
  )
}

/** R in full, because lifting its ordinate on chain would cost more than 32 bytes; then z. */
function signature(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 65) throw new RangeError('a signature has 65 bytes')
  let point: { readonly x: bigint; readonly y: bigint }
  try {
    point = secp256k1.Point.fromBytes(bytes.subarray(0, 33)).toAffine()
  } catch {
    throw new RangeError('the signature begins with no point of the curve')
  }
  return concat(bigintBytes(point.x, 32), bigintBytes(point.y, 32), bytes.subarray(33))
}

function encodeClock(clock: Clock): Uint8Array {
  return concat(
    uint(clock.genesisMs - clock.clockSkewMsMax, 6),
    uint(clock.roundMs, 2),
    uint(clock.includeMs + 2 * clock.clockSkewMsMax, 2),
  )
}

/** Walks the tree in post-order; each feed carries the steps that follow it. */
function proofOf(
  keccak256: Keccak256,
  words: readonly Uint8Array[],
  feeds: readonly FeedIndex[],
): Proof {
  feeds.forEach((feed, position) => {
    invariant(feed >= 0 && feed < words.length, 'every feed is in the certificate')
    invariant(position === 0 || feed > (feeds[position - 1] as number), 'feeds ascend')
  })
  const levels = levelsOf(keccak256, words)
  const wanted = new Set(feeds)
  const proof: Proof = { entries: [], siblings: [] }
  const isWanted = (height: number, position: number) => {
    const last = (position + 1) << height
    for (let leaf = position << height; leaf < last; leaf++) if (wanted.has(leaf)) return true
    return false
  }
  const visit = (height: number, position: number): void => {
    if (height === 0) {
      proof.entries.push({ index: position, program: 0, steps: 0 })
      return
    }
    const left = 2 * position
    const below = levels[height - 1] as Uint8Array[]
    const sibling = below[left + 1]
    if (sibling === undefined) {
      visit(height - 1, left)
      return
    }
    const hasLeft = isWanted(height - 1, left)
    const hasRight = isWanted(height - 1, left + 1)
    if (hasLeft) visit(height - 1, left)
    if (hasRight) visit(height - 1, left + 1)
    if (hasLeft && hasRight) {
      step(proof, STEP.merge)
      return
    }
    proof.siblings.push(hasLeft ? sibling : (below[left] as Uint8Array))
    step(proof, hasLeft ? STEP.right : STEP.left)
  }
  visit(levels.length - 1, 0)
  return proof
}

function step(proof: Proof, kind: (typeof STEP)[keyof typeof STEP]): void {
  const entry = proof.entries.at(-1) as Entry
  entry.program |= kind << (2 * entry.steps)
  entry.steps += 1
  invariant(entry.steps <= 12, 'a tree of 1024 feeds is ten levels high')
}

/** One feed of a decoded update. */
export interface UpdateEntry {
  readonly feed: FeedIndex
  /** The word of 32 bytes as it was signed. */
  readonly word: Uint8Array
  readonly program: number
}

/** What the calldata of an update says; nothing of it is verified. */
export interface DecodedUpdate {
  readonly flags: number
  readonly round: Round
  /** Milliseconds since genesisMs − skew + round × roundMs. */
  readonly offsetMs: number
  readonly observers: Members
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
  readonly rx: bigint
  readonly ry: bigint
  readonly z: bigint
  readonly entries: readonly UpdateEntry[]
  readonly siblings: readonly Uint8Array[]
  /** The ten bytes of the clock, or null when the contract's first one is meant. */
  readonly clock: Uint8Array | null
}

/** Reads the calldata of an update; null when its length is not that of any. */
export function decodeUpdate(calldata: Uint8Array): DecodedUpdate | null {
  const entriesAt = 4 + HEADER_BYTES + SIGNATURE_BYTES + 1
  if (calldata.length < entriesAt) return null
  const number = (at: number, length: number) =>
    Number(bigintFrom(calldata.subarray(at, at + length)))
  if (number(0, 4) !== UPDATE_SELECTOR) return null
  const flags = number(4, 1)
  const end = calldata.length - ((flags & FLAG_CLOCK) === 0 ? 0 : CLOCK_BYTES)
  const siblingsAt = entriesAt + ENTRY_BYTES * number(entriesAt - 1, 1)
  if (siblingsAt > end || (end - siblingsAt) % SIBLING_BYTES !== 0) return null
  const entries: UpdateEntry[] = []
  for (let at = entriesAt; at < siblingsAt; at += ENTRY_BYTES) {
    const word = new Uint8Array(32)
    word.set(calldata.subarray(at + 2, at + 2 + WORD_HEAD_BYTES))
    entries.push({ feed: number(at, 2), word, program: number(at + 14, 3) })
  }
  const siblings: Uint8Array[] = []
  for (let at = siblingsAt; at < end; at += SIBLING_BYTES) {
    siblings.push(calldata.slice(at, at + SIBLING_BYTES))
  }
  return {
    flags,
    round: number(5, 4),
    offsetMs: number(9, 2),
    observers: number(11, 4),
    slot: number(15, 1),
    signingSet: number(16, 4),
    expectedNext: number(20, 4),
    rx: bigintFrom(calldata.subarray(24, 56)),
    ry: bigintFrom(calldata.subarray(56, 88)),
    z: bigintFrom(calldata.subarray(88, 120)),
    entries,
    siblings,
    clock: end === calldata.length ? null : calldata.slice(end),
  }
}

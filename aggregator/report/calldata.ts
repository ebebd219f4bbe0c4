import { secp256k1 } from '@noble/curves/secp256k1.js'
import { invariant } from '../assert.ts'
import { bigintBytes, concat } from '../values/bytes.ts'
import type { FeedIndex } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import { type FeedsTree, feedsTreeOf, pageBytes, placeOf } from './feeds-tree.ts'
import type { SignedReport } from './signed-report.ts'
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
  /**
   * Whether the clock is the one that the contract was deployed with; otherwise it travels along.
   */
  readonly isFirstClock: boolean
  /** Whether it is the one that was in office before, which is heard for an hour; default no. */
  readonly isPrevious?: boolean
}

/** What is delivered, and as which committee's. */
export interface Update {
  readonly certificate: SignedReport
  /** Ascending, 1 to `UPDATE_FEEDS_MAX` of them, each within the certificate. */
  readonly feeds: readonly FeedIndex[]
  readonly committee: CommitteeOnChain
  /** Of the certificate's words; made anew where it is left out. */
  readonly tree?: FeedsTree
}

/** Selector of the update, mined to be zero: four cheap bytes, and the first in the dispatcher. */
export const UPDATE_SELECTOR = 0x00000000
/** Most feeds of one update. */
export const UPDATE_FEEDS_MAX = 255

export const FLAG_CLOCK = 4
const FLAG_PREVIOUS = 8
/** Of the bits that say which words of a page to store, behind it. */
export const PAGE_CHOSEN_BYTES = 2
/** Of the program behind index and word of a feed, or behind a page, unless it is zero. */
export const PROGRAM_BYTES = 3

/**
 * What the node of a feed is hashed with: a sibling on its right or left, or the node that waits.
 */
type Step = 'right' | 'left' | 'merge'

/** A leaf with the steps that follow it, and the siblings that they take. */
interface Entry {
  readonly leaf: number
  readonly steps: Step[]
  readonly siblings: Uint8Array[]
}

const uint = (value: number, length: number) => bigintBytes(BigInt(value), length)

/**
 * Builds the calldata that delivers feeds of a certificate to PriceFeeds.update
 * (docs/contracts.md).
 *
 * @throws {RangeError} when the signature is no signature, or the report's time lies outside its
 * round
 */
export function encodeUpdate(keccak256: Keccak256, update: Update): Uint8Array {
  return concat(uint(UPDATE_SELECTOR, 4), encodeReport(keccak256, update))
}

/**
 * The certificate and its feeds without a selector: what every entry point of the contract reads.
 */
export function encodeReport(keccak256: Keccak256, update: Update): Uint8Array {
  const { certificate, feeds, committee, tree = feedsTreeOf(keccak256, certificate.words) } = update
  invariant(feeds.length > 0 && feeds.length <= UPDATE_FEEDS_MAX, 'an update has 1 to 255 feeds')
  feeds.forEach((feed, position) => {
    invariant(feed >= 0 && feed < certificate.words.length, 'every feed is in the certificate')
    invariant(position === 0 || feed > (feeds[position - 1] as number), 'feeds ascend')
  })
  const entries = entriesOf(tree, feeds)
  return concat(
    header(certificate, committee),
    encodeSignature(certificate.signature),
    committee.isFirstClock ? new Uint8Array(0) : encodeClock(committee.clock),
    ...entries.map((entry, position) => {
      const program = programOf(entry.steps, position < entries.length - 1)
      return concat(
        entry.leaf < tree.flagships
          ? feedEntry(certificate, entry.leaf)
          : pageEntry(tree, entry.leaf, feeds),
        program === 0 ? new Uint8Array(0) : uint(program, PROGRAM_BYTES),
        ...entry.siblings,
      )
    }),
  )
}

function feedEntry(certificate: SignedReport, feed: FeedIndex): Uint8Array {
  const word = certificate.words[feed] as Uint8Array
  return concat(uint(feed, 2), word.subarray(0, WORD_HEAD_BYTES))
}

/** All words of a page, and which of them hold feeds that were asked for. */
function pageEntry(tree: FeedsTree, leaf: number, feeds: readonly FeedIndex[]): Uint8Array {
  const page = leaf - tree.flagships
  const words = tree.pages[page] as readonly Uint8Array[]
  let chosen = 0
  for (const feed of feeds) {
    const place = placeOf(tree, feed)
    if (place.leaf === leaf && place.word !== null) chosen |= 1 << place.word
  }
  return concat(pageBytes(page, words), uint(chosen, PAGE_CHOSEN_BYTES))
}

/**
 * The lowest bit says whether a feed follows. Above it the path: a bit for each step, set when the
 * other node comes first, and a one that ends it; the lowest of these is inverted, so that no steps
 * are zero, which is left out. From bit 12 on: which steps take the node that waits, and not a
 * sibling.
 */
function programOf(steps: readonly Step[], follows: boolean): number {
  invariant(steps.length <= 10, 'a tree of 1024 feeds is ten levels high')
  let path = 1 << steps.length
  let merges = 0
  steps.forEach((step, position) => {
    if (step !== 'right') path |= 1 << position
    if (step === 'merge') merges |= 1 << position
  })
  return (merges << 12) | ((path ^ 1) << 1) | (follows ? 1 : 0)
}

function header(certificate: SignedReport, committee: CommitteeOnChain): Uint8Array {
  const { clock, epoch, publicKey, isFirstClock, isPrevious = false } = committee
  const openedMs = clock.genesisMs - clock.clockSkewMsMax + certificate.round * clock.roundMs
  const offset = certificate.timestampMs - openedMs
  if (offset < 0 || offset > clock.includeMs + 2 * clock.clockSkewMsMax) {
    throw new RangeError('the report lies outside its round by the clock of this committee')
  }
  const flags =
    ((publicKey[0] as number) & 1) |
    ((epoch & 1) << 1) |
    (isFirstClock ? 0 : FLAG_CLOCK) |
    (isPrevious ? FLAG_PREVIOUS : 0)
  return concat(
    uint(certificate.round, 4),
    uint(offset, 2),
    uint(flags, 1),
    uint(certificate.observers, 4),
    uint(certificate.slot, 1),
    uint(certificate.signingSet, 4),
    uint(certificate.expectedNext, 4),
  )
}

/**
 * A signature of 65 bytes as the contract reads it, in 96: R in full, because lifting its ordinate
 * on chain would cost more than 32 bytes; then z.
 *
 * @throws {RangeError} when it is no signature
 */
export function encodeSignature(bytes: Uint8Array): Uint8Array {
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

/** Walks the tree in post-order; each leaf carries the steps up to where the next one begins. */
function entriesOf(tree: FeedsTree, feeds: readonly FeedIndex[]): readonly Entry[] {
  const { levels } = tree
  const wanted = new Set(feeds.map((feed) => placeOf(tree, feed).leaf))
  const entries: Entry[] = []
  const isWanted = (height: number, position: number) => {
    const last = (position + 1) << height
    for (let leaf = position << height; leaf < last; leaf++) if (wanted.has(leaf)) return true
    return false
  }
  const step = (kind: Step, sibling?: Uint8Array) => {
    const entry = entries.at(-1) as Entry
    entry.steps.push(kind)
    if (sibling !== undefined) entry.siblings.push(sibling)
  }
  const visit = (height: number, position: number): void => {
    if (height === 0) {
      entries.push({ leaf: position, steps: [], siblings: [] })
      return
    }
    const [left, right] = [2 * position, 2 * position + 1]
    const below = levels[height - 1] as readonly Uint8Array[]
    const hasLeft = isWanted(height - 1, left)
    const hasRight = isWanted(height - 1, right)
    if (hasLeft) visit(height - 1, left)
    if (hasRight) visit(height - 1, right)
    // A node without a neighbour is promoted unchanged.
    if (right >= below.length) return
    if (hasLeft && hasRight) step('merge')
    else if (hasLeft) step('right', below[right])
    else step('left', below[left])
  }
  visit(levels.length - 1, 0)
  return entries
}

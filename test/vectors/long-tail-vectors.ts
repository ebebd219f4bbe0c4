import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { feedsTreeOf } from '../../aggregator/report/feeds-tree.ts'
import { encodeLane, encodeLaneWord, roundedToLane } from '../../aggregator/report/lanes.ts'
import { INT64_MAX, INT64_MIN } from '../../aggregator/report/words.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { committeeInABox, ok, UNAVAILABLE } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'

/** A report, the lane that it becomes, and what a reader of that lane sees. */
export interface LaneVector {
  readonly value: string
  readonly spread: string
  readonly observers: number
  readonly status: number
  /** 50 bits. */
  readonly lane: string
  readonly valueRead: string
  readonly spreadRead: string
}

/** A certificate over feeds with a word of their own and long-tail feeds, and updates of it. */
export interface LongTailVectors {
  readonly generator: string
  readonly groupKey: string
  readonly flagships: number
  readonly round: number
  readonly timestampMs: number
  readonly signature: string
  readonly feedsRoot: string
  /** Of the long-tail feeds in their order; the flagship feeds before them are 1, 2 … */
  readonly lanes: readonly LaneVector[]
  /** The signed part of each word of four lanes. */
  readonly laneWords: readonly string[]
  readonly updates: readonly { readonly feeds: readonly number[]; readonly calldata: string }[]
}

const ROUND = 20_100_000
const FLAGSHIPS = 3
/** Lanes of one word. */
const LANES = 4

/** Where a lane's mantissa, its exponent and the code of its spread come to their ends. */
const REPORTS: readonly FeedReport[] = [
  ok(8_015_000n, 12n),
  ok(0n, 0n, 31),
  ok(-1n, 7n, 1),
  ok(2n ** 28n - 1n, 8n, 0),
  ok(2n ** 28n, 15n),
  ok(-(2n ** 28n), 16n),
  ok(-(2n ** 28n) - 1n, 17n),
  ok(INT64_MAX, 2n ** 40n + 1n),
  ok(INT64_MIN, 2n ** 63n),
  UNAVAILABLE,
  ok(987_654_321_987n, 2n ** 200n),
  ok(2n ** 35n + 1n, 2n ** 36n - 1n),
  ok(-123_456_789_012n, 1n),
]

/** One feed of each kind, words that are stored for one feed each, and everything. */
const SELECTIONS = [[0], [3], [7, 15], [0, 1, 2, 5, 9, 14], REPORTS.map((_, i) => FLAGSHIPS + i)]

/** Reads long-tail.json, which judges TypeScript and Solidity alike. */
export function readLongTailVectors(): LongTailVectors {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'long-tail.json'), 'utf8'))
}

export function makeLongTailVectors(generator: string): LongTailVectors {
  const box = committeeInABox({ members: 4, seed: 'vectors long tail' })
  const flagships = Array.from({ length: FLAGSHIPS }, (_, index) => ok(BigInt(index + 1)))
  const feeds = [...flagships, ...REPORTS.map(roundedToLane)]
  const certificate = box.certify({ round: ROUND, offsetMs: 77, feeds })
  const { levels } = feedsTreeOf(keccak_256, certificate.words)
  const committee = firstCommittee(box)
  return {
    generator,
    groupKey: toHex(box.groupKey.publicKey),
    flagships: FLAGSHIPS,
    round: certificate.round,
    timestampMs: certificate.timestampMs,
    signature: toHex(certificate.signature),
    feedsRoot: toHex(levels.at(-1)?.[0] ?? new Uint8Array(0)),
    lanes: REPORTS.map(laneVector),
    laneWords: Array.from({ length: Math.ceil(REPORTS.length / LANES) }, (_, word) =>
      toHex(encodeLaneWord(REPORTS.slice(LANES * word, LANES * (word + 1)))),
    ),
    updates: SELECTIONS.map((chosen) => ({
      feeds: [...chosen],
      calldata: toHex(encodeUpdate(keccak_256, { certificate, feeds: chosen, committee })),
    })),
  }
}

function laneVector(feed: FeedReport): LaneVector {
  const read = roundedToLane(feed)
  return {
    value: feed.value.toString(),
    spread: feed.spread.toString(),
    observers: feed.observers,
    status: feed.status,
    lane: encodeLane(feed).toString(16).padStart(13, '0'),
    valueRead: read.value.toString(),
    spreadRead: read.spread.toString(),
  }
}

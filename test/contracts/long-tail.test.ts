import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FEED_STATUS, type FeedReport } from '../../aggregator/report/feed-report.ts'
import { feedsTreeOf } from '../../aggregator/report/feeds-tree.ts'
import { roundedToLane } from '../../aggregator/report/lanes.ts'
import { encodeWord, INT64_MAX, INT64_MIN } from '../../aggregator/report/words.ts'
import { ok, seededBytes, UNAVAILABLE } from '../../contracts/testing/committee-box.ts'
import { latestOf, startHub, type TestHub } from '../support/contracts/hub.ts'

const FLAGSHIPS = 3
/** Nineteen words on three pages, the last word with two feeds. */
const TAIL = 74

let hub: TestHub
beforeAll(async () => {
  hub = await startHub({ historyFeeds: FLAGSHIPS, flagshipFeeds: FLAGSHIPS, feedCount: 5 })
})
afterAll(() => hub.chain.close())

const random = seededBytes('long tail')
const below = (limit: number) => random(4).reduce((sum, byte) => sum * 256 + byte, 0) % limit

/** Any report: values of any size and sign, any spread, a tenth of them unavailable. */
function anyReport(): FeedReport {
  if (below(10) === 0) return UNAVAILABLE
  const value = BigInt.asIntN(
    64,
    random(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
  )
  return ok(value >> BigInt(below(64)), BigInt(below(2 ** 31)) << BigInt(below(34)), below(32))
}

function reports(): FeedReport[] {
  return Array.from({ length: FLAGSHIPS + TAIL }, (_, feed) =>
    feed < FLAGSHIPS ? anyReport() : roundedToLane(anyReport()),
  )
}

describe('long-tail feeds on chain', () => {
  test('any feeds of any report read as TypeScript rounds them', async () => {
    const stored = new Map<number, FeedReport>()
    for (let turn = 0; turn < 12; turn++) {
      const feeds = reports()
      const chosen = feeds.flatMap((_, feed) => (below(1 + (turn % 6)) === 0 ? [feed] : []))
      if (chosen.length === 0) continue
      await hub.report(hub.roundAt(120_000) + turn * 20, feeds, chosen)
      for (const feed of chosen) {
        // A word is always stored whole.
        const first = feed < FLAGSHIPS ? feed : feed - ((feed - FLAGSHIPS) % 4)
        const last = feed < FLAGSHIPS ? feed : Math.min(first + 3, feeds.length - 1)
        for (let each = first; each <= last; each++) stored.set(each, feeds[each] as FeedReport)
      }
      for (const [feed, said] of stored) {
        const { value, spread, observers, status } = await latestOf(hub, feed)
        if (feed < FLAGSHIPS) continue
        const { isLongTail, ...expected } = said
        expect(isLongTail).toBe(true)
        expect({ value, spread, observers, status }).toEqual(expected)
      }
    }
    expect(stored.size).toBeGreaterThan(TAIL / 2)
  })

  test.each([INT64_MAX, INT64_MIN, 2n ** 28n, -(2n ** 28n) - 1n, 0n, -1n])(
    'value %s',
    async (value) => {
      const feeds = [roundedToLane(ok(value, 2n ** 62n))]
      const alone = await startHub({ historyFeeds: 0, flagshipFeeds: 0, feedCount: 1 })
      await alone.report(alone.roundAt(60_000), feeds)
      const found = await latestOf(alone, 0)
      expect(found).toMatchObject({ value: feeds[0]?.value, spread: feeds[0]?.spread })
      expect(found.status).toBe(FEED_STATUS.ok)
      await alone.chain.close()
    },
  )
})

test('a page is a leaf that no feed has', () => {
  const words = [ok(1n), roundedToLane(ok(2n))].map(encodeWord)
  const { levels, flagships, pages } = feedsTreeOf(keccak_256, words)
  expect([flagships, pages.length, levels[0]?.length]).toEqual([1, 1, 2])
  expect(pages[0]?.[0]).toHaveLength(25)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openingOf, roundAt } from '../../aggregator/committee/committee.ts'
import { encodeWord } from '../../aggregator/report/words.ts'
import type { PeerFigures } from '../../aggregator/statistics/figures.ts'
import {
  PeerStatistics,
  SETTLED_AFTER_ROUNDS,
  SPAN_ROUNDS,
} from '../../aggregator/statistics/peer-statistics.ts'
import { ok } from '../../contracts/testing/committee-box.ts'
import { feedsNamed } from '../support/certificates.ts'
import { testCommittee } from '../support/committee.ts'
import { runs } from '../support/property.ts'

const SIZE = 5
const FEEDS = 20
const { committee } = testCommittee({ size: SIZE, feeds: feedsNamed(FEEDS) })
const FIRST = 100

/** Few values, so that members agree and repeat each other often. */
const value = fc.option(fc.bigInt({ min: -3n, max: 3n }), { freq: 6 })
const values = fc.array(value, { minLength: FEEDS, maxLength: FEEDS })
const heard = fc.record({
  round: fc.integer({ min: FIRST, max: FIRST + 1 }),
  sender: fc.nat(SIZE - 1),
  values,
  timestampMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
})
const anything = fc.record({
  // From long before what is open to long after it.
  ahead: fc.integer({ min: -20, max: 20 }),
  sender: fc.nat(SIZE - 1),
  values,
  timestampMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  waitMs: fc.oneof(fc.nat(40), fc.nat(3_000)),
})

describe('statistics of peers', () => {
  test('do not depend on the order in which a moment brings what it brings', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(heard, {
          selector: ({ round, sender }) => `${round} ${sender}`,
          maxLength: 2 * SIZE,
        }),
        fc.infiniteStream(fc.nat()),
        (observations, chances) => {
          const shuffled = observations
            .map((each) => ({ each, at: chances.next().value as number }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ each }) => each)
          expect(measured(shuffled)).toEqual(measured(observations))
        },
      ),
      runs(300),
    )
  })

  test('count within their bounds whatever comes, and never more than two spans', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 600 }), (events) => {
        const statistics = new PeerStatistics(committee)
        let nowMs = openingOf(committee, FIRST)
        for (const { ahead, waitMs, ...said } of events) {
          nowMs += waitMs
          const round = Math.max(0, roundAt(committee, nowMs) + ahead)
          statistics.hear({ round, ...said }, nowMs)
          const words = Array.from({ length: FEEDS }, () => encodeWord(ok(1n, 0n)))
          statistics.certify({ round, words })
        }
        for (const figures of statistics.figures()) expectBounded(figures)
      }),
      runs(100),
    )
  })
})

function measured(observations: readonly Parameters<PeerStatistics['hear']>[0][]) {
  const statistics = new PeerStatistics(committee)
  const nowMs = openingOf(committee, FIRST + 1) + 5
  for (const each of observations) statistics.hear(each, nowMs)
  statistics.advance(openingOf(committee, FIRST + 1 + SETTLED_AFTER_ROUNDS))
  return statistics.figures()
}

function expectBounded({ absent, latenessMs, clockLeadMs, ...rest }: PeerFigures): void {
  const { outliers, echo, follow, farthestBps } = rest
  const { roundMs } = committee.params.timing
  for (const { count, of } of [absent, outliers, echo, follow]) {
    expect(count).toBeGreaterThanOrEqual(0)
    expect(count).toBeLessThanOrEqual(of)
  }
  expect(absent.of).toBeLessThanOrEqual(2 * SPAN_ROUNDS)
  expect(echo.of).toBeLessThanOrEqual(absent.of)
  expect(outliers.of).toBeLessThanOrEqual(absent.of * FEEDS)
  expect(farthestBps).toBeLessThanOrEqual(1_000_000)
  if (latenessMs === null || clockLeadMs === null) return
  expect(latenessMs.p50).toBeGreaterThanOrEqual(-roundMs)
  expect(latenessMs.max).toBeLessThan(SETTLED_AFTER_ROUNDS * roundMs)
  expect(latenessMs.p50).toBeLessThanOrEqual(latenessMs.p99)
  expect(Math.abs(clockLeadMs.p50)).toBeLessThanOrEqual(3_600_000)
}

import { describe, expect, test } from 'vitest'
import type { FeedParams } from '../../../../aggregator/committee/params.ts'
import { dueFeedsOf, dueReasonOf } from '../../../../aggregator/delivery/due.ts'
import { FEED_STATUS, type FeedReport } from '../../../../aggregator/report/feed-report.ts'
import { BTC } from '../../../support/committee.ts'
import { heldOnChain } from '../../../support/on-chain.ts'
import { opened } from '../../../support/script.ts'

const ALL = 0b1111

const reported = (overrides: Partial<FeedReport & { timestampMs: number }> = {}) => ({
  value: 1_000_000n,
  spread: 0n,
  observers: 4,
  status: FEED_STATUS.ok,
  timestampMs: 2_000,
  ...overrides,
})

describe('why a feed is due (protocol §8.2)', () => {
  // BTC: deviation 50 basis points, heartbeat one hour.
  test.each([
    ['never reported', reported(), undefined, 'first'],
    ['never reported and unavailable', reported({ status: 2, value: 0n }), undefined, null],
    ['an empty slot on chain', reported(), heldOnChain({ round: 0 }), 'first'],
    ['nothing new', reported(), heldOnChain(), null],
    ['just below the deviation', reported({ value: 1_004_999n }), heldOnChain(), null],
    ['at the deviation', reported({ value: 1_005_000n }), heldOnChain(), 'deviation'],
    ['at the deviation downwards', reported({ value: 995_000n }), heldOnChain(), 'deviation'],
    ['a change from zero', reported({ value: 1n }), heldOnChain({ value: 0n }), 'deviation'],
    ['zero again', reported({ value: 0n }), heldOnChain({ value: 0n }), null],
    [
      'a negative value',
      reported({ value: -995_000n }),
      heldOnChain({ value: -1_000_000n }),
      'deviation',
    ],
    ['just before the heartbeat', reported({ timestampMs: 3_601_499 }), heldOnChain(), null],
    ['at the heartbeat', reported({ timestampMs: 3_601_500 }), heldOnChain(), 'heartbeat'],
    ['unavailable now', reported({ status: 2, value: 0n }), heldOnChain(), 'status'],
    ['available again', reported(), heldOnChain({ status: 2 }), 'status'],
    ['still unavailable', reported({ status: 2, value: 0n }), heldOnChain({ status: 2 }), null],
    [
      'a large change that is not newer',
      reported({ value: 2n, timestampMs: 1_500 }),
      heldOnChain(),
      null,
    ],
  ] as const)('%s', (_, report, onChain, reason) => {
    expect(dueReasonOf(BTC, report, onChain)).toBe(reason)
  })

  // A hundredth of the most that the rate may be is 1,000 units.
  const RATE: FeedParams = {
    ...BTC,
    kind: 'funding',
    deviationBps: 100,
    valueMin: -100_000n,
    valueMax: 100_000n,
  }

  test.each([
    ['a change from zero that nobody would notice', 999n, 0n, null],
    ['a change from zero', 1_000n, 0n, 'deviation'],
    ['a change of the sign', -501n, 499n, 'deviation'],
    ['less than that around zero', -500n, 499n, null],
    ['a small share of a large rate', 91_000n, 90_000n, 'deviation'],
  ] as const)('of a funding rate: %s', (_, value, before, reason) => {
    expect(dueReasonOf(RATE, reported({ value }), heldOnChain({ value: before }))).toBe(reason)
  })

  test('dueFeedsOf lists ascending feeds of one certificate', () => {
    const { forge } = opened()
    const { message } = forge.certificate({ round: 9, signingSet: 0b111, expectedNext: ALL })
    expect(dueFeedsOf([BTC], message, [])).toEqual([0])
    const same = heldOnChain({ value: 6_000_000_000_001n, timestampMs: 4_400 })
    expect(dueFeedsOf([BTC], message, [same])).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import {
  DISTANCE_BPS_MAX,
  distanceBps,
  isOutlier,
} from '../../../../aggregator/statistics/distance.ts'
import { percentileOf } from '../../../../aggregator/statistics/percentile.ts'

const PRICE = { kind: 'spot', valueMax: 2n ** 62n, deviationBps: 10 } as const
const RATE = { kind: 'funding', valueMax: 1_000_000n, deviationBps: 10 } as const

describe('how far a value is from the committee', () => {
  test.each([
    { is: 'at eight spreads', value: 1_000_800n, certified: { value: 1_000_000n, spread: 100n } },
    { is: 'just beyond them, within 10 bps', value: 1_000_801n, spread: 100n },
    { is: 'at 10 bps without any spread', value: 1_001_000n, spread: 0n },
    { is: 'just beyond 10 bps, within eight spreads', value: 1_001_001n, spread: 200n },
    { is: 'equal, where both are zero', value: 0n, certified: { value: 0n, spread: 0n } },
  ])('a value $is is no outlier', ({ value, spread = 0n, certified }) => {
    expect(isOutlier(value, certified ?? { value: 1_000_000n, spread }, PRICE)).toBe(false)
  })

  test.each([
    ['above', 1_001_001n, { value: 1_000_000n, spread: 125n }],
    ['below', 998_999n, { value: 1_000_000n, spread: 125n }],
    ['of a negative value', -1_001_001n, { value: -1_000_000n, spread: 125n }],
    ['of zero', 9n, { value: 0n, spread: 1n }],
  ])('a value beyond both bounds is one: %s', (_, value, certified) => {
    expect(isOutlier(value, certified, PRICE)).toBe(true)
  })

  test('is said in basis points, rounded down, and bounded whatever is said', () => {
    expect(distanceBps(1_000_199n, 1_000_000n, PRICE)).toBe(1)
    expect(distanceBps(-999_800n, -1_000_000n, PRICE)).toBe(2)
    expect(distanceBps(2n ** 127n - 1n, 1n, PRICE)).toBe(DISTANCE_BPS_MAX)
    expect(distanceBps(1n, 0n, PRICE)).toBe(DISTANCE_BPS_MAX)
    expect(distanceBps(0n, 0n, PRICE)).toBe(0)
  })

  test('of a rate near zero is measured by the most that it may be', () => {
    expect(distanceBps(-300n, 0n, RATE)).toBe(3)
    expect(isOutlier(1_000n, { value: 0n, spread: 1n }, RATE)).toBe(false)
    expect(isOutlier(1_001n, { value: 0n, spread: 1n }, RATE)).toBe(true)
  })
})

describe('percentiles', () => {
  test.each([
    [[], 50, null],
    [[7], 1, 7],
    [[1, 2], 50, 1],
    [[1, 2, 3], 50, 2],
    [Array.from({ length: 100 }, (_, i) => i + 1), 99, 99],
    [Array.from({ length: 101 }, (_, i) => i + 1), 99, 100],
    [[1, 2, 3], 100, 3],
  ])('by nearest rank: %j at %i is %s', (ascending, percent, expected) => {
    expect(percentileOf(ascending, percent)).toBe(expected)
  })
})

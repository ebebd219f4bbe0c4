import { describe, expect, test } from 'vitest'
import { FEED_STATUS, type FeedReport } from '../../../../aggregator/report/feed-report.ts'
import {
  decodeSpread,
  decodeWord,
  encodeSpread,
  encodeWord,
  INT64_MAX,
  INT64_MIN,
} from '../../../../aggregator/report/words.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'

const report = (overrides: Partial<FeedReport> = {}): FeedReport => ({
  value: 1n,
  spread: 0n,
  observers: 4,
  status: FEED_STATUS.ok,
  ...overrides,
})

describe('spreads (protocol §7)', () => {
  test.each([
    [0n, 0n],
    [1n, 1n],
    [2n ** 18n - 1n, 2n ** 18n - 1n],
    [2n ** 18n, 2n ** 18n],
    [2n ** 18n + 1n, 2n ** 18n + 2n],
    [2n ** 19n - 1n, 2n ** 19n],
    [2n ** 63n - 1n, 2n ** 63n],
    [2n ** 64n, 2n ** 64n],
  ])('%i is stored as %i: never less than it was', (spread, stored) => {
    expect(decodeSpread(encodeSpread(spread))).toBe(stored)
  })

  test('saturate at the largest code', () => {
    const largest = encodeSpread(2n ** 200n)
    expect(largest).toBe(2 ** 24 - 1)
    expect(encodeSpread(decodeSpread(largest))).toBe(largest)
    expect(encodeSpread(decodeSpread(largest) + 1n)).toBe(largest)
  })

  test('grow with the spread at every step between two exponents', () => {
    let last = -1
    for (let spread = 2n ** 18n - 600n; spread < 2n ** 18n + 600n; spread++) {
      const code = encodeSpread(spread)
      expect(code).toBeGreaterThanOrEqual(last)
      last = code
    }
  })

  test('are the smallest that is not below, at every size and on both sides of 2^53', () => {
    for (let bits = 1n; bits < 60n; bits++) {
      for (const spread of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]) {
        const code = encodeSpread(spread)
        expect(decodeSpread(code)).toBeGreaterThanOrEqual(spread)
        if (code > 0) expect(decodeSpread(code - 1)).toBeLessThan(spread)
      }
    }
  })

  test('are never negative', () => {
    expect(() => encodeSpread(-1n)).toThrow('invariant')
  })
})

describe('words (protocol §7)', () => {
  test('have the layout that contracts read', () => {
    const word = encodeWord(report({ value: -2n, spread: 5n, observers: 31 }))
    expect(toHex(word)).toBe(`fffffffffffffffe000005f9${'00'.repeat(20)}`)
  })

  test.each([INT64_MIN, -1n, 0n, INT64_MAX])('value %i is read back', (value) => {
    expect(decodeWord(encodeWord(report({ value })))).toEqual(report({ value }))
  })

  test.each([INT64_MIN - 1n, INT64_MAX + 1n])('value %i does not fit', (value) => {
    expect(() => encodeWord(report({ value }))).toThrow(RangeError)
  })

  const bytes = encodeWord(report())
  test.each([
    ['too short', bytes.subarray(1)],
    ['not empty where the contract writes', bytes.with(31, 1)],
    ['without a status', bytes.with(11, 4 << 3)],
    ['of an unknown status', bytes.with(11, (4 << 3) | 3)],
    ['of a spread in a second form', bytes.with(8, 4)],
    ['unavailable with a value', bytes.with(11, (4 << 3) | 2)],
  ])('a word %s is none', (_, word) => {
    expect(decodeWord(word)).toBeNull()
  })
})

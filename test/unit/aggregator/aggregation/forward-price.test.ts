import { describe, expect, test } from 'vitest'
import {
  type ForwardRules,
  type FutureQuote,
  forwardPrice,
  priceBetween,
  quoteOfForward,
} from '../../../../aggregator/aggregation/forward-price.ts'
import { QUOTE_UNIT } from '../../../../aggregator/values/fixed-point.ts'
import { FORWARD_DEFAULTS } from '../../../../node/sources/defaults.ts'

const NOW_MS = 1_790_000_000_000
const DAY_MS = 86_400_000
const MONTH_MS = 30 * DAY_MS

/** A future at a price in whole units, or a perpetual where there are no days. */
function future(days: number | null, price: number, more: Partial<FutureQuote> = {}): FutureQuote {
  const mid = BigInt(price) * QUOTE_UNIT
  const expiryMs = days === null ? null : NOW_MS + days * DAY_MS
  return { expiryMs, bid: mid - QUOTE_UNIT, ask: mid + QUOTE_UNIT, venueMs: NOW_MS, ...more }
}

function forwardOf(
  futures: readonly FutureQuote[],
  options: { readonly tenorMs?: number; readonly rules?: Partial<ForwardRules> } = {},
) {
  const { tenorMs = MONTH_MS, rules = {} } = options
  const asked = { tenorMs, nowMs: NOW_MS, rules: { ...FORWARD_DEFAULTS, ...rules } }
  const forward = forwardPrice(futures, asked)
  if (forward.type === 'refused') return forward.code
  // Nine decimals of a hundred thousand are exact.
  const price = Number(forward.price / 10n ** 9n) / 1e9
  return [price, forward.futures.map(({ expiryMs }) => daysTo(expiryMs))]
}

const daysTo = (expiryMs: number | null) =>
  expiryMs === null ? null : (expiryMs - NOW_MS) / DAY_MS

describe('the price at a tenor', () => {
  test('lies between the futures around it, its logarithm linear in time', () => {
    // √(100,000 × 104,040), in the middle of the time.
    const [price, days] = forwardOf([future(20, 100_000), future(40, 104_040)]) as [number, unknown]
    expect(price).toBeCloseTo(102_000, 8)
    expect(days).toEqual([20, 40])
  })

  test('takes the last expiry before it and the first after it, in any order', () => {
    const futures = [90, 3, 24, 52, 10].map((days) => future(days, 100_000 + 20 * days))
    expect(forwardOf([future(null, 100_000), ...futures])).toMatchObject([
      expect.any(Number),
      [24, 52],
    ])
  })

  test('takes the perpetual for the price of now', () => {
    const [price, days] = forwardOf([future(60, 102_010), future(null, 100_000)]) as [
      number,
      unknown,
    ]
    expect(price).toBeCloseTo(101_000, 0)
    expect(days).toEqual([null, 60])
  })

  test('is the price of a future that expires just then', () => {
    expect(forwardOf([future(30, 101_000), future(40, 90_000)])).toEqual([101_000, [30]])
  })

  test('of two futures with one expiry the first counts', () => {
    const twice = [future(20, 100_000), future(20, 50_000), future(40, 100_000), future(40, 50_000)]
    expect(forwardOf(twice)).toEqual([100_000, [20, 40]])
  })

  test.each([
    ['nothing', [], 'EXPIRIES_ABSENT'],
    ['expiries before it alone', [future(null, 1_000), future(29, 1_000)], 'EXPIRIES_ONE_SIDED'],
    ['expiries after it alone', [future(31, 1_000), future(60, 1_000)], 'EXPIRIES_ONE_SIDED'],
  ])('is absent with %s', (_, futures, code) => {
    expect(forwardOf(futures)).toBe(code)
  })

  test.each([
    ['expired', { expiryMs: NOW_MS - 1 }],
    ['expiring now', { expiryMs: NOW_MS }],
    ['about to be delivered', { expiryMs: NOW_MS + FORWARD_DEFAULTS.expiryMsMin - 1 }],
    ['at no moment', { expiryMs: Number.NaN }],
    ['without a bid', { bid: null }],
    ['without an offer', { ask: null }],
    ['with a bid of zero', { bid: 0n }],
    ['with a bid below zero', { bid: -QUOTE_UNIT }],
    ['crossed', { ask: QUOTE_UNIT }],
    ['wide', { ask: 200_000n * QUOTE_UNIT }],
    ['old', { venueMs: NOW_MS - FORWARD_DEFAULTS.ageMsMax - 1 }],
    ['of the future', { venueMs: NOW_MS + FORWARD_DEFAULTS.aheadMsMax + 1 }],
  ])('passes over a future that is %s', (_, more) => {
    const bad = future(25, 50_000, more)
    const futures = [bad, future(null, 100_000), future(40, 100_000)]
    expect(forwardOf(futures)).toEqual([100_000, [null, 40]])
  })

  test('is quoted at the time of the older future, with both of them', () => {
    const futures = [future(20, 100, { venueMs: NOW_MS - 9 }), future(40, 100)]
    const rules = { ...FORWARD_DEFAULTS, futureSpreadBpsMax: 5_000 }
    const forward = forwardPrice(futures, { tenorMs: MONTH_MS, nowMs: NOW_MS, rules })
    if (forward.type === 'refused') throw new Error(forward.code)
    const price = 100n * QUOTE_UNIT
    expect(quoteOfForward(forward)).toMatchObject({
      bid: price,
      ask: price,
      venueMs: NOW_MS - 9,
      futures,
    })
    const timeless = futures.map((each) => ({ ...each, venueMs: null }))
    expect(quoteOfForward({ ...forward, futures: timeless }).venueMs).toBeNull()
  })
})

test('a price between two is exact where both are equal, and at both ends', () => {
  const [before, after] = [
    { timeMs: 10, price: 3n * QUOTE_UNIT },
    { timeMs: 20, price: 7n * QUOTE_UNIT + 1n },
  ]
  expect(priceBetween(before, after, 10)).toBe(before.price)
  expect(priceBetween(before, after, 20)).toBe(after.price)
  expect(priceBetween(before, { ...before, timeMs: 20 }, 13)).toBe(before.price)
})

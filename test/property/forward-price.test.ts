import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type FutureQuote,
  forwardPrice,
  priceBetween,
} from '../../aggregator/aggregation/forward-price.ts'
import { FORWARD_DEFAULTS } from '../../node/sources/defaults.ts'
import { runs } from '../support/property.ts'

const NOW_MS = 1_790_000_000_000
const DAY_MS = 86_400_000

/** Two prices from 10^-6 to 10^9, the later at least half of the earlier, and a time between. */
const between = fc
  .record({
    price: fc.bigInt({ min: 10n ** 12n, max: 10n ** 27n }),
    ratio: fc.bigInt({ min: 5_000n, max: 20_000n }),
    startMs: fc.integer({ min: 0, max: 100 * DAY_MS }),
    wholeMs: fc.integer({ min: 1, max: 700 * DAY_MS }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ price, ratio, startMs, wholeMs, part }) => ({
    before: { timeMs: startMs, price },
    after: { timeMs: startMs + wholeMs, price: (price * ratio) / 10_000n },
    atMs: startMs + Math.floor(wholeMs * part),
  }))

describe('the price between two futures', () => {
  test('never leaves them, and is theirs at both ends', () => {
    fc.assert(
      fc.property(between, ({ before, after, atMs }) => {
        const price = priceBetween(before, after, atMs)
        const [least, most] = [before.price, after.price].sort((a, b) => (a < b ? -1 : 1))
        expect(price >= (least ?? 0n) && price <= (most ?? 0n)).toBe(true)
        expect(priceBetween(before, after, before.timeMs)).toBe(before.price)
        const end = priceBetween(before, after, after.timeMs)
        expect(isNear(end, after.price, after.price)).toBe(true)
      }),
      runs(300),
    )
  })

  test('goes one way with time', () => {
    fc.assert(
      fc.property(between, fc.integer({ min: 0, max: DAY_MS }), (scene, laterMs) => {
        const { before, after, atMs } = scene
        const thenMs = Math.min(atMs + laterMs, after.timeMs)
        const [now, then] = [atMs, thenMs].map((ms) => priceBetween(before, after, ms))
        if (now === undefined || then === undefined) throw new Error('there are two')
        const isRising = after.price >= before.price
        expect(isRising ? then >= now : then <= now).toBe(true)
      }),
      runs(300),
    )
  })

  test('is geometric: at the middle its square is the product of both', () => {
    fc.assert(
      fc.property(between, ({ before, after }) => {
        const spanMs = (after.timeMs - before.timeMs) * 2
        const end = { ...after, timeMs: before.timeMs + spanMs }
        const price = priceBetween(before, end, before.timeMs + spanMs / 2)
        const product = before.price * after.price
        // Twice the error of a price, times the price, and the unit to which it is rounded.
        const error = (product * 8n) / 10n ** 18n + 2n * price
        const distance = price * price - product
        expect(distance <= error && distance >= -error).toBe(true)
      }),
      runs(300),
    )
  })

  test('is the same by whatever point between it is reached', () => {
    fc.assert(
      fc.property(between, ({ before, after, atMs }) => {
        fc.pre(atMs > before.timeMs && atMs < after.timeMs)
        const middle = { timeMs: atMs, price: priceBetween(before, after, atMs) }
        const earlyMs = before.timeMs + Math.floor((atMs - before.timeMs) / 2)
        const direct = priceBetween(before, after, earlyMs)
        expect(isNear(priceBetween(before, middle, earlyMs), direct, direct)).toBe(true)
      }),
      runs(300),
    )
  })
})

/** Within four units of 10^-18 of a price, and one of its own. */
function isNear(a: bigint, b: bigint, price: bigint): boolean {
  const distance = a < b ? b - a : a - b
  return distance <= (price * 4n) / 10n ** 18n + 1n
}

const amount = fc.oneof(
  fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
  fc.bigInt({ min: 1n, max: 10n ** 24n }),
)
const hostile: fc.Arbitrary<FutureQuote> = fc.record({
  expiryMs: fc.option(
    fc.oneof(
      fc.integer({ min: NOW_MS - DAY_MS, max: NOW_MS + 150 * DAY_MS }),
      fc.constantFrom(NOW_MS + 30 * DAY_MS, Number.MAX_SAFE_INTEGER, 0),
    ),
  ),
  bid: fc.option(amount),
  ask: fc.option(amount),
  venueMs: fc.option(fc.integer({ min: 0, max: 2 * NOW_MS })),
})

test('a curve of anything is a price within what was quoted, or a reason', () => {
  const asked = { tenorMs: 30 * DAY_MS, nowMs: NOW_MS }
  const rules = { ...FORWARD_DEFAULTS, ageMsMax: 2 * NOW_MS, futureSpreadBpsMax: 5_000 }
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 12 }), (futures) => {
      const forward = forwardPrice(futures, { ...asked, rules })
      if (forward.type === 'refused') return
      const bids = forward.futures.map(({ bid }) => bid ?? 0n)
      const asks = forward.futures.map(({ ask }) => ask ?? 0n)
      expect(bids.some((bid) => bid <= forward.price)).toBe(true)
      expect(asks.some((ask) => ask >= forward.price)).toBe(true)
      expect(bids.every((bid) => bid > 0n)).toBe(true)
    }),
    runs(1_000),
  )
})

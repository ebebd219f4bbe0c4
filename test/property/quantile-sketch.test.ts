import fc from 'fast-check'
import { expect, test } from 'vitest'
import { count, emptySketch, quantileOf } from '../../node/replay/quantile-sketch.ts'

const value = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 82n }))

test('a quantile is never below the exact one, and at most 1/128 above it', () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 100 }),
      (values, percent) => {
        const sketch = emptySketch()
        for (const each of values) count(sketch, each)
        const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        const exact = sorted[Math.ceil((values.length * percent) / 100) - 1] as bigint
        const found = quantileOf(sketch, percent) as bigint
        expect(found).toBeGreaterThanOrEqual(exact)
        expect((found - exact) * 128n).toBeLessThanOrEqual(exact)
      },
    ),
  )
})

test('memory depends on the size of the numbers, not on how many there are', () => {
  const sketch = emptySketch()
  for (let i = 0n; i < 50_000n; i++) count(sketch, i * 7n)
  // 256 alone, then 128 for each of the eleven doublings up to 350,000.
  expect(sketch.counts.size).toBeLessThanOrEqual(256 + 11 * 128)
})

test('nothing has no quantile, and what lies below zero counts as zero', () => {
  const sketch = emptySketch()
  expect(quantileOf(sketch, 50)).toBeNull()
  count(sketch, -5n)
  expect(quantileOf(sketch, 99)).toBe(0n)
})

import { describe, expect, test } from 'vitest'
import { endsOf, estimateOf, estimateText } from '../../../simulations/sweep/interval.ts'

describe('a mean over seeds', () => {
  test('has the interval of Student', () => {
    const estimate = estimateOf([10, 12, 14])
    // 4.303 × 2 / √3.
    expect(estimate).toMatchObject({ mean: 12, count: 3 })
    expect(estimate?.half).toBeCloseTo(4.9687, 3)
    expect(estimate === null ? null : endsOf(estimate)?.[0]).toBeCloseTo(7.0313, 3)
    const wide = { mean: 1, half: 3, count: 3 }
    expect(endsOf(wide, { max: 3 })).toEqual([0, 3])
    expect(endsOf(wide, { min: Number.NEGATIVE_INFINITY })).toEqual([-2, 4])
    expect(estimate === null ? '' : estimateText(estimate, 1)).toBe('12.0 ± 5.0')
  })

  test('has none of one value, and is none of no value', () => {
    expect(estimateOf([3])).toEqual({ mean: 3, half: null, count: 1 })
    expect(estimateOf([])).toBeNull()
    expect(estimateText({ mean: 3, half: null, count: 1 }, 0)).toBe('3')
  })

  test('of many values uses the normal distribution', () => {
    const values = Array.from({ length: 100 }, (_, at) => at % 2)
    const half = estimateOf(values)?.half
    expect(half).toBeCloseTo((1.96 * Math.sqrt(25 / 99)) / 10, 6)
  })
})

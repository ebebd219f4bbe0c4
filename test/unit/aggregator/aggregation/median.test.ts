import { describe, expect, test } from 'vitest'
import {
  medianFloor,
  medianFloorNumbers,
  spreadAround,
} from '../../../../aggregator/aggregation/median.ts'

describe('medianFloor', () => {
  test.each([
    { values: [7n], median: 7n },
    { values: [3n, 1n, 2n], median: 2n },
    { values: [4n, 1n], median: 2n },
    { values: [-4n, -1n], median: -3n },
    { values: [-1n, 0n], median: -1n },
    { values: [2n ** 63n - 1n, 2n ** 63n - 2n], median: 2n ** 63n - 2n },
  ])('of $values is $median', ({ values, median }) => {
    expect(medianFloor(values)).toBe(median)
  })

  test('leaves its argument as it was', () => {
    const values = [3n, 1n, 2n]
    medianFloor(values)
    expect(values).toEqual([3n, 1n, 2n])
  })

  test('of nothing is a broken invariant', () => {
    expect(() => medianFloor([])).toThrow('at least one value')
  })
})

test('medianFloorNumbers floors the mean of the two middle timestamps', () => {
  expect(medianFloorNumbers([1_760_000_000_003, 1_760_000_000_000])).toBe(1_760_000_000_001)
  expect(medianFloorNumbers([5, 9, 1])).toBe(5)
  expect(medianFloorNumbers([-4, -1])).toBe(-3)
})

describe('spreadAround', () => {
  test('of an even count rounds the mean of the middle deviations up', () => {
    expect(spreadAround([10n, 13n], 10n)).toBe(2n)
  })

  test('of an odd count is the middle deviation', () => {
    expect(spreadAround([90n, 100n, 101n, 103n, 1_000n], 101n)).toBe(2n)
  })

  test('does not follow one liar of four', () => {
    expect(spreadAround([100n, 101n, 102n, 1_000_000n], 101n)).toBeLessThanOrEqual(1n)
  })
})

import { expect, test } from 'vitest'
import { isBelow } from '../../../simulations/study/seeds.ts'

test('one is below another by the interval of their differences, seed by seed', () => {
  // Far apart from seed to seed, and always two below.
  expect(isBelow([10, 50, 90], [12, 52, 92])).toBe(true)
  expect(isBelow([10, 50, 90], [12, 49, 95])).toBe(false)
  expect(isBelow([10, 50], [10, 50])).toBe(false)
})

test('one difference has no interval, and shows nothing', () => {
  expect(isBelow([10], [90])).toBe(false)
  expect(isBelow([10, null, 30], [90, 80, null])).toBe(false)
  expect(isBelow([], [])).toBe(false)
})

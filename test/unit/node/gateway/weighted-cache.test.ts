import { expect, test } from 'vitest'
import { WeightedCache } from '../../../../node/gateway/weighted-cache.ts'

test('what was used longest ago makes room, by weight', () => {
  const cache = new WeightedCache<string, number>(10)
  cache.set('a', 1, 4)
  cache.set('b', 2, 4)
  expect(cache.get('a')).toBe(1)
  cache.set('c', 3, 5)
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3])
})

test('what weighs more than all is not kept and displaces nothing', () => {
  const cache = new WeightedCache<string, number>(10)
  cache.set('a', 1, 10)
  cache.set('b', 2, 11)
  expect(['a', 'b'].map((key) => cache.get(key))).toEqual([1, undefined])
})

test('a key that is set again weighs what it weighs now', () => {
  const cache = new WeightedCache<string, number>(10)
  cache.set('a', 1, 8)
  cache.set('a', 2, 2)
  cache.set('b', 3, 8)
  expect(['a', 'b'].map((key) => cache.get(key))).toEqual([2, 3])
  cache.clear()
  cache.set('c', 4, 10)
  expect(['a', 'c'].map((key) => cache.get(key))).toEqual([undefined, 4])
})

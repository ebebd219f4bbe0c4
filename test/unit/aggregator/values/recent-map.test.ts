import { describe, expect, test } from 'vitest'
import { RecentMap } from '../../../../aggregator/values/recent-map.ts'

describe('a map of what comes and goes', () => {
  test('finds what was set last under a key, and nothing under others', () => {
    const map = new RecentMap<number, string>()
    map.set(7, 'first')
    map.set(8, 'other')
    map.set(7, 'second')
    expect(map.get(7)).toBe('second')
    expect(map.has(9)).toBe(false)
    expect(map.get(9)).toBeUndefined()
    expect(map.size).toBe(2)
  })

  test('keeps the order in which keys were set first', () => {
    const map = new RecentMap<number, string>()
    for (const key of [3, 1, 2]) map.set(key, `at ${key}`)
    map.set(3, 'at 3 again')
    map.delete(1)
    expect(map.values()).toEqual(['at 3 again', 'at 2'])
  })

  test('forgets all entries whose keys are over, wherever they stand', () => {
    const map = new RecentMap<number, number>()
    for (const key of [2, 5, 1, 4, 3, 6]) map.set(key, key * 10)
    map.deleteWhere((key) => key < 4)
    expect(map.values()).toEqual([50, 40, 60])
    expect(map.get(4)).toBe(40)
    expect(map.delete(1)).toBe(false)
  })

  test('lets the first entry go when it is full, not the one that was changed last', () => {
    const map = new RecentMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    expect(map.size).toBe(2)
    map.set('c', 4)
    expect(map.values()).toEqual([2, 4])
    expect(map.has('a')).toBe(false)
  })
})

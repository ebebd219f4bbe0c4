import { describe, expect, test } from 'vitest'
import { RoundRecords } from '../../../simulations/checking/round-records.ts'

const create = () => new RoundRecords({ rounds: 4, rows: 2, recordsEach: 1, bytes: 3, keyBytes: 2 })

describe('records by round', () => {
  test('a record is found by its key, in its own row and round alone', () => {
    const records = create()
    records.add(Uint8Array.of(1, 2, 3), 5, 1)
    expect(records.find(Uint8Array.of(1, 2), 5, 1)).toBe(0)
    expect([...records.at(0, 5, 1)]).toEqual([1, 2, 3])
    expect(records.find(Uint8Array.of(1, 3), 5, 1)).toBe(-1)
    expect(records.find(Uint8Array.of(1, 2), 5, 0)).toBe(-1)
    expect(records.count(9, 1)).toBe(0)
  })

  test('all rows keep what they hold when one needs more room', () => {
    const records = create()
    records.add(Uint8Array.of(9, 9, 9), 6, 0)
    for (let each = 0; each < 5; each++) records.add(Uint8Array.of(each, 0, each), 5, 1)
    for (let each = 0; each < 5; each++) {
      expect(records.find(Uint8Array.of(each, 0), 5, 1)).toBe(each)
    }
    expect([...records.at(0, 6, 0)]).toEqual([9, 9, 9])
  })

  test('a later round takes the place of the one that its place was of', () => {
    const records = create()
    records.add(Uint8Array.of(1, 1, 1), 5)
    records.add(Uint8Array.of(2, 2, 2), 9)
    expect(records.count(5)).toBe(0)
    expect([...records.at(0, 9)]).toEqual([2, 2, 2])
  })
})

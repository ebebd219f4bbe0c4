import { describe, expect, test } from 'vitest'
import {
  allMembers,
  countMembers,
  difference,
  hasMember,
  isSubset,
  listMembers,
  membersOf,
  positionIn,
  withMember,
  withoutMember,
} from '../../../../aggregator/values/ids.ts'

describe('sets of members', () => {
  test('hold the last of 31 members without turning negative', () => {
    const all = allMembers(31)
    expect(all).toBe(2 ** 31 - 1)
    expect(countMembers(all)).toBe(31)
    expect(hasMember(all, 30)).toBe(true)
    expect(withoutMember(all, 30)).toBe(2 ** 30 - 1)
    expect(withMember(0, 30)).toBe(2 ** 30)
    expect(difference(all, 1)).toBe(2 ** 31 - 2)
  })

  test('list what they were made of, ascending', () => {
    expect(listMembers(membersOf([30, 0, 7]))).toEqual([0, 7, 30])
    expect(listMembers(0)).toEqual([])
  })

  test('a subset has nothing of its own', () => {
    expect(isSubset(0b0101, 0b1101)).toBe(true)
    expect(isSubset(0b0111, 0b1101)).toBe(false)
    expect(isSubset(0, 0)).toBe(true)
    // A 32nd bit, which no committee has, is in no set of members.
    expect(isSubset(2 ** 31, allMembers(31))).toBe(false)
  })

  test('know where a member stands among them', () => {
    const set = membersOf([1, 4, 30])
    expect([1, 4, 30].map((each) => positionIn(set, each))).toEqual([0, 1, 2])
    expect([0, 2, 31].map((each) => positionIn(set, each))).toEqual([-1, -1, -1])
    expect([0, 1, 2].map((each) => hasMember(set, each))).toEqual([false, true, false])
  })

  test.each([1, 2, 30, 31])('allMembers of %i are the first so many', (n) => {
    expect(listMembers(allMembers(n))).toEqual(Array.from({ length: n }, (_, index) => index))
  })

  test.each([0, 32])('allMembers refuses %i members', (n) => {
    expect(() => allMembers(n)).toThrow('invariant')
  })
})

import { describe, expect, test } from 'vitest'
import {
  baseOf,
  expectedNextOf,
  isExpectedNextSound,
  type NextBasis,
} from '../../../../aggregator/agreement/expected-next.ts'
import { testCommittee } from '../../../support/committee.ts'

// n = 7, f = 2, t = 5: three notices drop a member.
const { committee } = testCommittee({ size: 7 })
const ALL = 0b1111111
const ORDER = [6, 5, 4, 3, 2, 1, 0]
const notices = (members: number, count: number) =>
  Array.from({ length: count }, () => ({ members }))
const basis = (change: Partial<NextBasis> = {}): NextBasis => ({
  expected: ALL,
  convicted: 0,
  lates: [],
  ...change,
})

describe('the next expected set (protocol §6.6)', () => {
  test('keeps everyone whom at most f notices name', () => {
    expect(baseOf(committee, basis({ lates: notices(0b1, 2) }))).toBe(ALL)
  })

  test('drops whom f+1 notices name, and the convicted', () => {
    expect(baseOf(committee, basis({ lates: notices(0b1, 3), convicted: 0b10 }))).toBe(0b1111100)
  })

  test('is the base while that has t members', () => {
    const given = basis({ lates: notices(0b11, 3) })
    expect(expectedNextOf(committee, given, { order: ORDER, held: ALL })).toBe(0b1111100)
  })

  test('is filled to t in turn order with members whose observation is held', () => {
    const given = basis({ lates: notices(0b1110011, 3) })
    // Base 0b0001100; turn order begins with 6, whose observation is missing.
    const next = expectedNextOf(committee, given, { order: ORDER, held: 0b0100011 })
    expect(next).toBe(0b0101111)
  })

  test('is filled with all unconvicted when too few are held', () => {
    const given = basis({ lates: notices(0b1110000, 3), convicted: 0b1000000 })
    const next = expectedNextOf(committee, given, { order: ORDER, held: 0b0001111 })
    // Base 0b0001111, then 5 in turn order: 6 is convicted.
    expect(next).toBe(0b0101111)
  })
})

describe('what a signer accepts (protocol §6.7)', () => {
  const isSound = (
    proposed: number,
    change: Partial<NextBasis>,
    held: { members: number }[] = [],
  ) => isExpectedNextSound(committee, proposed, { ...basis(change), held })

  test('exactly the base while that has t members', () => {
    const lates = notices(0b1, 3)
    expect(isSound(0b1111110, { lates })).toBe(true)
    expect(isSound(ALL, { lates })).toBe(false)
    expect(isSound(0b1111100, { lates })).toBe(false)
  })

  test('† nobody against whom it holds n−f notices itself', () => {
    expect(isSound(ALL, {}, notices(0b1, 4))).toBe(true)
    expect(isSound(ALL, {}, notices(0b1, 5))).toBe(false)
  })

  test('below t any filling up to t that keeps the base and no convicted', () => {
    const few = { lates: notices(0b1110011, 3), convicted: 0b1 }
    expect(isSound(0b0111110, few, notices(0b0100000, 7))).toBe(true)
    expect(isSound(0b0111010, few)).toBe(false)
    expect(isSound(0b0011110, few)).toBe(false)
    expect(isSound(0b0111111, few)).toBe(false)
  })
})

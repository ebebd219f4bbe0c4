import { describe, expect, test } from 'vitest'
import { isBetter, namedAtLeast, pairOf } from '../../../../aggregator/agreement/pair.ts'
import { contextOf } from '../../../../aggregator/context.ts'
import type { Certificate } from '../../../../aggregator/messages/messages.ts'
import { countMembers, isSubset } from '../../../../aggregator/values/ids.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'

const PROBE = 32
const context = contextOf(referenceCrypto, testCommittee({ size: 7 }).committee)
const { committee } = context
const ALL = 0b1111111
const T = committee.signingThreshold

const best = (change: Partial<Certificate>) =>
  ({ round: 9, slot: 0, signingSet: 0b0011111, expectedNext: ALL, ...change }) as Certificate
const pair = (change: Partial<Certificate>, round = 10, convicted = 0) =>
  pairOf(context, round, { best: best(change), convicted })

describe('the expected pair (protocol §4.3)', () => {
  test('without a certificate: all unconvicted, signed by the first t that are listed', () => {
    for (const round of [10, PROBE]) {
      const { expected, signing } = pairOf(context, round, { best: null, convicted: 0b1000000 })
      expect(expected).toBe(0b0111111)
      expect(signing).toBe(0b0011111)
    }
  })

  test('follows the best certificate', () => {
    expect(pair({ expectedNext: 0b0111111 })).toEqual({ expected: 0b0111111, signing: 0b0011111 })
  })

  test('leaves the convicted out and replaces them as signers in the order of the list', () => {
    const { expected, signing } = pair({}, 10, 0b0000001)
    expect(expected).toBe(0b1111110)
    expect(signing).toBe(0b0111110)
  })

  test('replaces signers that are expected no more', () => {
    const { signing } = pair({ expectedNext: 0b1111100 })
    expect(signing).toBe(0b1111100)
  })

  test('falls back to all unconvicted when fewer than t would remain', () => {
    expect(pair({ expectedNext: 0b0011110 }, 10, 0b0000010).expected).toBe(0b1111101)
    expect(pair({ expectedNext: 0b0011111 }, 10, 0).expected).toBe(0b0011111)
  })

  test('lets nobody back in a probe round: what the certificates say is expected', () => {
    expect(pair({ expectedNext: 0b0011111 }, PROBE).expected).toBe(0b0011111)
  })

  test('one that came back signs when it is listed before the last signer', () => {
    const { expected, signing } = pair({ expectedNext: 0b1111110, signingSet: 0b1111100 }, PROBE)
    expect(expected).toBe(0b1111110)
    expect(signing).toBe(0b0111110)
  })

  test('signers come back to the head of the list, one in every other probe round', () => {
    let signingSet = 0b1110011
    const sets: number[] = []
    for (const round of [PROBE, 2 * PROBE, 3 * PROBE, 4 * PROBE]) {
      signingSet = pair({ signingSet }, round).signing
      sets.push(signingSet)
    }
    expect(sets).toEqual([0b0110111, 0b0110111, 0b0011111, 0b0011111])
  })

  test('in every sixteenth probe round one of the others signs in its turn, until the next', () => {
    for (const [duty, member] of [
      [1, 6],
      [2, 5],
      [3, 6],
    ] as const) {
      const round = 16 * duty * PROBE
      const { signing } = pair({}, round)
      expect(signing).toBe(0b0001111 | (1 << member))
      expect(pair({ signingSet: signing }, round + 1).signing).toBe(signing)
      expect(pair({ signingSet: signing }, round + PROBE).signing).toBe(0b0011111)
    }
    expect(pair({ expectedNext: 0b0011111 }, 16 * PROBE, 0b1100000).signing).toBe(0b0011111)
  })

  test('always has t signers within the expected set', () => {
    for (let round = 1; round < 200; round++) {
      for (const convicted of [0, 1, 0b1000001]) {
        for (const expectedNext of [ALL, 0b0011111, 0b1110011, 0]) {
          const { expected, signing } = pair({ expectedNext }, round, convicted)
          expect(countMembers(signing)).toBe(T)
          expect(isSubset(signing, expected)).toBe(true)
          expect(expected & convicted).toBe(0)
        }
      }
    }
  })
})

describe('the best certificate (protocol §4.3)', () => {
  test.each([
    ['a later round', { round: 10, slot: 0 }, true],
    ['an earlier round', { round: 8, slot: 2 }, false],
    ['a higher slot', { slot: 1 }, true],
    ['a smaller next set', { expectedNext: ALL - 1 }, true],
    ['the same again', {}, false],
  ])('is %s → %s', (_, change, isIt) => {
    expect(isBetter(best(change), best({}))).toBe(isIt)
  })

  test('is any when there was none', () => {
    expect(isBetter(best({}), null)).toBe(true)
  })
})

test('namedAtLeast counts notices, up to the last member', () => {
  const notices = [0b101, 0b001, 1 << 30, 1 << 30].map((members) => ({ members }))
  expect(namedAtLeast(notices, 2)).toBe(0b001 | (1 << 30))
  expect(namedAtLeast(notices, 3)).toBe(0)
})

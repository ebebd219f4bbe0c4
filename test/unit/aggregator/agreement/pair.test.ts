import { describe, expect, test } from 'vitest'
import { isBetter, namedAtLeast, pairOf } from '../../../../aggregator/agreement/pair.ts'
import { contextOf, orderOf } from '../../../../aggregator/context.ts'
import type { Certificate } from '../../../../aggregator/messages/messages.ts'
import { firstInTurn } from '../../../../aggregator/turn-order.ts'
import { countMembers, isSubset, membersOf } from '../../../../aggregator/values/ids.ts'
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
  test('without a certificate: all unconvicted, signed by the first t in turn order', () => {
    for (const round of [10, PROBE]) {
      const { expected, signing } = pairOf(context, round, { best: null, convicted: 0b1000000 })
      expect(expected).toBe(0b0111111)
      expect(signing).toBe(membersOf(firstInTurn(orderOf(context, round), 0b0111111, T)))
    }
  })

  test('follows the best certificate', () => {
    expect(pair({ expectedNext: 0b0111111 })).toEqual({ expected: 0b0111111, signing: 0b0011111 })
  })

  test('leaves the convicted out and replaces them as signers in turn order', () => {
    const { expected, signing } = pair({}, 10, 0b0000001)
    expect(expected).toBe(0b1111110)
    const [next] = firstInTurn(orderOf(context, 10), 0b1100000, 1)
    expect(signing).toBe(0b0011110 | (1 << (next as number)))
  })

  test('replaces signers that are expected no more', () => {
    const { signing } = pair({ expectedNext: 0b1111100 })
    expect(signing).toBe(0b1111100)
  })

  test('falls back to all unconvicted when fewer than t would remain', () => {
    expect(pair({ expectedNext: 0b0011110 }, 10, 0b0000010).expected).toBe(0b1111101)
    expect(pair({ expectedNext: 0b0011111 }, 10, 0).expected).toBe(0b0011111)
  })

  test.each([
    // The smallest (index − r/probeEvery) mod 7 among the excluded 5 and 6.
    [PROBE, 5],
    [5 * PROBE, 5],
    [6 * PROBE, 6],
    [7 * PROBE, 5],
  ])('in probe round %i the excluded member %i returns', (round, probed) => {
    const { expected, signing } = pair({ expectedNext: 0b0011111 }, round)
    expect(expected).toBe(0b0011111 | (1 << probed))
    expect(countMembers(signing)).toBe(T)
    // It signs in place of the last signer in turn order: nobody else is left to take the duty.
    const last = firstInTurn(orderOf(context, round), 0b0011111, T).at(-1) as number
    expect(signing).toBe((0b0011111 & ~(1 << last)) | (1 << probed))
  })

  test('a convicted member is not probed', () => {
    expect(pair({ expectedNext: 0b0011111 }, PROBE, 0b0100000).expected).toBe(0b1011111)
    expect(pair({ expectedNext: 0b0011111 }, PROBE, 0b1100000).expected).toBe(0b0011111)
  })

  test('in a probe round with nobody excluded one duty still rotates', () => {
    const { expected, signing } = pair({}, PROBE)
    expect(expected).toBe(ALL)
    expect(countMembers(signing & 0b0011111)).toBe(T - 1)
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

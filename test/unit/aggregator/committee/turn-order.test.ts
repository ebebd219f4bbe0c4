import { describe, expect, test } from 'vitest'
import { firstInTurn, turnOrderOf } from '../../../../aggregator/committee/turn-order.ts'
import { contextOf, orderOf } from '../../../../aggregator/context.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'

const { keccak256 } = referenceCrypto
const orders = (size: number, rounds: number, seed = 'test') => {
  const { committee } = testCommittee({ size, seed })
  return Array.from({ length: rounds }, (_, round) => turnOrderOf(keccak256, committee, round))
}

describe('turn order (protocol §4.1)', () => {
  test.each([2, 4, 7, 31])('is a permutation of %i members in every round', (size) => {
    const everyone = Array.from({ length: size }, (_, index) => index)
    for (const order of orders(size, 50)) {
      expect([...order].sort((a, b) => a - b)).toEqual(everyone)
    }
  })

  test.each([4, 31])('gives each of %i members about the same share of first places', (size) => {
    const rounds = 200 * size
    const firsts = new Map<number, number>()
    for (const [first] of orders(size, rounds)) {
      firsts.set(first as number, (firsts.get(first as number) ?? 0) + 1)
    }
    for (let member = 0; member < size; member++) {
      // 200 expected; four standard deviations are 57.
      expect(Math.abs((firsts.get(member) ?? 0) - 200)).toBeLessThan(57)
    }
  })

  test('differs between committees', () => {
    expect(orders(7, 10, 'one')).not.toEqual(orders(7, 10, 'two'))
  })

  test('is remembered within a bound and the same when asked again', () => {
    const context = contextOf(referenceCrypto, testCommittee().committee)
    const first = orderOf(context, 1)
    for (let round = 2; round < 100; round++) orderOf(context, round)
    expect(context.turnOrders.size).toBe(64)
    expect(orderOf(context, 1)).toEqual(first)
  })

  test('firstInTurn takes members of a set in turn, and fewer when there are fewer', () => {
    expect(firstInTurn([3, 1, 0, 2], 0b1101, 2)).toEqual([3, 0])
    expect(firstInTurn([3, 1, 0, 2], 0b0100, 2)).toEqual([2])
    expect(firstInTurn([3, 1, 0, 2], 0, 2)).toEqual([])
  })
})

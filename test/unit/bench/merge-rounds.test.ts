import { expect, test } from 'vitest'
import { mergeRounds } from '../../bench/merge-rounds.ts'

const held = (...atMs: readonly (number | null)[]) =>
  atMs.map((each) => ({ firstMs: each, allMs: each }))

test('the first of each round counts once, and every member for itself', () => {
  const merged = mergeRounds([held(9, 7, 8), held(5, 6, 7)])
  expect(merged).toEqual({ firstMs: [7, 5], allMs: [9, 7, 8, 5, 6, 7], missed: 0 })
})

test('a round that a member never held is counted, since no latency shows it', () => {
  const merged = mergeRounds([held(9, null, 8), held(null, null, null), held(4, 4, 4)])
  expect(merged).toEqual({ firstMs: [8, 4], allMs: [9, 8, 4, 4, 4], missed: 2 })
})

import { expect, test } from 'vitest'
import { type AttackOptions, attackRunsOf } from '../../../simulations/sweep/attacks.ts'
import { doneShare } from '../../../simulations/threads/cost.ts'

const OPTIONS: AttackOptions = {
  ...{ members: [4, 31], rounds: 960, seeds: 2, timing: 'region', listed: 'last' },
  ...{ isPaired: false, isWithout: false, workers: 2 },
}

test('attacks on large committees run first: a thread that begins one late would be waited for', () => {
  const runs = attackRunsOf(OPTIONS)
  const members = runs.map(({ task }) => task.job.scenario.committee.members)
  expect(members).toEqual(members.toSorted((a, b) => b - a))
  expect(new Set(members)).toEqual(new Set([4, 31]))
  // Each case once with each seed.
  expect(new Set(runs.map(({ at, task }) => `${at} ${task.job.seed}`)).size).toBe(runs.length)
})

test('runs count by what they cost: half of them, the large ones, are nearly all', () => {
  const runs = attackRunsOf(OPTIONS)
  const share = doneShare(runs.map(({ cost }) => cost))
  const shares = runs.map((_, index) => share(index))
  expect(shares[runs.length / 2 - 1]).toBeCloseTo(31 ** 2 / (31 ** 2 + 4 ** 2), 12)
  expect(shares.at(-1)).toBeCloseTo(1, 12)
})

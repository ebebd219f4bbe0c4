import { describe, expect, test } from 'vitest'
import { checkScenario } from '../../../simulations/scenario/load.ts'
import { methodOf } from '../../../simulations/study/influence.ts'
import { influenceOf } from '../../../simulations/threads/job.ts'

const influence = (strategy: string, liars: number) => {
  const members = Array.from({ length: liars }, (_, index) => 6 - index)
  const scenario = checkScenario({
    name: 'influence',
    rounds: 30,
    committee: { members: 7 },
    adversaries: liars === 0 ? [] : [{ strategy, members }],
    stopAtViolation: false,
  })
  return influenceOf({ scenario, seed: 1 })
}

describe('the influence of members under control', () => {
  test('without any, a certified value is the honest median, and a mean is near it', () => {
    const { rounds, certified, mean, ranksMax, outside } = influence('lie', 0)
    expect({ isLong: rounds > 25, ranksMax, outside }).toEqual({
      isLong: true,
      ranksMax: 0,
      outside: 0,
    })
    expect(certified.bpsMax).toBeLessThan(0.000_01)
    expect(mean.bpsMax).toBeGreaterThan(0)
    expect(mean.bpsMax).toBeLessThan(1)
  })

  test('f liars stay within the honest values, at most f of them away; a mean follows them', () => {
    const { rounds, certified, mean, ranksMax, outside } = influence('lie', 2)
    expect(outside).toBe(0)
    expect([1, 2]).toContain(ranksMax)
    expect(certified.bpsMax).toBeLessThan(2)
    // Two of seven say 2,000 basis points more.
    expect(mean.bpsSum / rounds).toBeCloseTo((2_000 * 2) / 7, 0)
  })

  test('a majority of colluders is seen to move the value outside', () => {
    const { rounds, certified, outside } = influence('collude', 4)
    expect(outside).toBe(rounds)
    expect(certified.bpsSum / rounds).toBeGreaterThan(95)
  })
})

test('the study says how many rounds its runs had', () => {
  expect(methodOf(40).join()).toContain('Each run has 40 rounds.')
})

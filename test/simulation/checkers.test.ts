import { describe, expect, test } from 'vitest'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { spoilt } from '../../simulations/variant.ts'
import { firstBreaking, simulated } from './scenarios.ts'

/** Two honest members see no price, the third does, the fourth lies. */
const FEW_VALUES = {
  rounds: 30,
  prices: {
    venues: ['harbour', 'meadow', 'summit'].map((name) => ({ name })),
    unreachable: [{ members: [0, 1], venues: ['harbour', 'meadow', 'summit'] }],
  },
  adversaries: [{ strategy: 'lie', members: [3] }],
}

describe('S1 validity', () => {
  test('holds with one liar of four, values or not', () => {
    const { violations, rounds } = simulated(FEW_VALUES)
    expect(violations).toEqual([])
    expect(rounds.fast).toBe(30)
  })

  test('a quorum of one is found by the first seed', () => {
    const broken = { ...FEW_VALUES, variant: 'one-value-is-enough' }
    expect(firstBreaking(broken, { rule: 'S1', seedsMax: 1 })).toBe(1)
  })

  test('two liars of four, more than f, are found by the first seed', () => {
    const liars = { rounds: 30, adversaries: [{ strategy: 'lie', members: [2, 3] }] }
    expect(firstBreaking(liars, { rule: 'S1', seedsMax: 1 })).toBe(1)
  })
})

/** A probe every fourth round brings the attacker back often. */
const DELAYED = {
  rounds: 100,
  committee: { members: 4, probeEvery: 4 },
  adversaries: [{ strategy: 'delay-proposal', members: [3] }],
}

describe('S2 uniqueness', () => {
  test('holds against a proposer that makes two proposals compete', () => {
    const { violations, rounds } = simulated(DELAYED)
    expect(violations).toEqual([])
    expect(rounds.opened).toBe(100)
  })

  test('a forgotten digest is found within three seeds', () => {
    const broken = { ...DELAYED, variant: 'signs-twice' }
    expect(firstBreaking(broken, { rule: 'S2', seedsMax: 3 })).not.toBeNull()
  })
})

/** Slow and lost rounds while a member is down for four periods, and liars say it is not. */
function costOf(liars: readonly number[]): number {
  const { rounds } = simulated({
    rounds: 60,
    committee: { members: 7, probeEvery: 8 },
    adversaries: [{ strategy: 'vouch-falsely', members: liars }],
    stopAtViolation: false,
  })
  return rounds.proposed + rounds.lost
}

describe('the word of others (protocol §4.5)', () => {
  test('given f liars, a member that is down costs the round in which it left', () => {
    expect(costOf([5, 6])).toBe(1)
  })

  test('given f+1, it costs one in every probe period', () => {
    expect(costOf([4, 5, 6])).toBeGreaterThanOrEqual(4)
  })
})

describe('S7 memory', () => {
  const found = (roundsBack: number) => {
    const plants = {
      // Pairs that no member named, in a round of which nothing comes any more.
      createMachine: spoilt(({ state }) => {
        const round = state.rounds.values().at(-roundsBack)
        if (state.current === 20 && state.self === 1 && round !== undefined) {
          const unnamed = { pair: { expected: 1, signing: 1 }, members: 0 }
          round.namers = [...round.namers, ...new Array(5).fill(unnamed)]
        }
      }),
    }
    const scenario = checkScenario({ name: 'test', rounds: 40, committee: { members: 4 } })
    const { violations } = new Simulation({ scenario, seed: 1, rules: ['S7'], plants }).run()
    return violations.map(({ round }) => round)[0]
  }

  test('too much in the open round is found at the next opening', () => {
    expect(found(1)).toBe(21)
  })

  test('too much in a round that is long over is found before the round is forgotten', () => {
    expect(found(8)).toBeGreaterThan(21)
    expect(found(8)).toBeLessThanOrEqual(20 + 16)
  })
})

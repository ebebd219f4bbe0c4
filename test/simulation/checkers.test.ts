import { describe, expect, test } from 'vitest'
import type { Context } from '../../aggregator/context.ts'
import { createMachine } from '../../aggregator/machine.ts'
import type { Plants } from '../../simulations/simulation.ts'
import { createLooseSigner } from '../../simulations/world/loose-signer.ts'
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

/** Bug: one observation is enough for a value (protocol §6.3 wants 2f+1). */
const quorumOfOne: Plants = {
  context: (context: Context): Context => ({
    ...context,
    committee: { ...context.committee, observationQuorum: 1 },
  }),
}

describe('S1 validity', () => {
  test('holds with one liar of four, values or not', () => {
    const { violations, rounds } = simulated(FEW_VALUES)
    expect(violations).toEqual([])
    expect(rounds.fast).toBe(30)
  })

  test('a quorum of one is found by the first seed', () => {
    const search = { rule: 'S1', seedsMax: 1, plants: quorumOfOne } as const
    expect(firstBreaking(FEW_VALUES, search)).toBe(1)
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

/** Bug: a member forgets what it signed when the next proposal comes (protocol §6.7, last rule). */
const noDigestLock: Plants = {
  createMachine: (options) => {
    const machine = createMachine(options)
    return {
      state: machine.state,
      report: (event) => {
        if (event.type === 'received' && event.message.message.type === 'proposal') {
          for (const round of machine.state.rounds.values()) round.signed = null
        }
        machine.report(event)
      },
    }
  },
  createSigner: createLooseSigner,
}

describe('S2 uniqueness', () => {
  test('holds against a proposer that makes two proposals compete', () => {
    const { violations, rounds } = simulated(DELAYED)
    expect(violations).toEqual([])
    expect(rounds.opened).toBe(100)
  })

  test('a forgotten digest is found within three seeds', () => {
    const search = { rule: 'S2', seedsMax: 3, plants: noDigestLock } as const
    expect(firstBreaking(DELAYED, search)).not.toBeNull()
  })
})

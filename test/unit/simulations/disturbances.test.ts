import { expect, test } from 'vitest'
import { Simulation } from '../../../simulations/run/simulation.ts'
import { checkScenario } from '../../../simulations/scenario/load.ts'

const checkedOf = (network: Readonly<Record<string, unknown>>) => {
  const scenario = checkScenario({ name: 'x', rounds: 3, committee: { members: 4 }, network })
  return new Simulation({ scenario, seed: 1 }).run().checked.filter((rule) => rule.startsWith('L'))
}

test('promises of time are judged where delays stay within hopMs, 20 ms in a region', () => {
  const judged = [
    { type: 'constant', ms: 20 },
    { type: 'uniform', minMs: 2, maxMs: 20 },
    { type: 'normal', meanMs: 10, deviationMs: 3 },
    { type: 'lognormal', medianMs: 5, sigma: 0.4 },
    { type: 'empirical', samplesMs: [...Array.from({ length: 999 }, () => 5), 40] },
    { type: 'regions', placement: { 'us-east-1': 4 } },
  ]
  for (const latency of judged) expect(checkedOf({ latency })).toContain('L2')
  const beyond = [
    { type: 'constant', ms: 21 },
    { type: 'uniform', minMs: 2, maxMs: 22 },
    { type: 'normal', meanMs: 10, deviationMs: 4 },
    { type: 'lognormal', medianMs: 5, sigma: 0.6 },
    { type: 'empirical', samplesMs: [5, 40] },
    { type: 'regions', placement: { 'us-east-1': 3, 'eu-west-1': 1 } },
    { type: 'regions', placement: { 'us-east-1': 4 }, sigma: 1 },
  ]
  for (const latency of beyond) expect(checkedOf({ latency })).toEqual([])
  expect(checkedOf({ lossPpm: 1 })).toEqual([])
})

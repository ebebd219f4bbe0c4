import { describe, expect, test } from 'vitest'
import { simulated } from './scenarios.ts'

const STORM = {
  rounds: 40,
  committee: { members: 7 },
  network: { lossPpm: 20_000, duplicationPpm: 20_000 },
  faults: [{ type: 'crash', members: [1], atMs: 5_000, restartMs: 7_000, disk: 'lost' }],
  adversaries: [
    { strategy: 'equivocate', members: [5] },
    { strategy: 'mute', members: [6] },
  ],
}

describe('a run is a function of scenario and seed (simulator §1)', () => {
  test('the same seed gives the same result, to the last figure', () => {
    expect(simulated(STORM, { seed: 3 })).toEqual(simulated(STORM, { seed: 3 }))
  })

  test('another seed goes another way', () => {
    expect(simulated(STORM, { seed: 3 }).traceHash).not.toBe(
      simulated(STORM, { seed: 4 }).traceHash,
    )
  })

  test('ideal and real signatures go the same way', () => {
    const ideal = simulated({ ...STORM, signatures: 'ideal' })
    const real = simulated({ ...STORM, signatures: 'real' })
    expect(real.traceHash).toBe(ideal.traceHash)
    expect(real.rounds).toEqual(ideal.rounds)
    expect(real.convicted).toEqual([5])
  })

  test('the same with the network’s own hash, where turn orders differ', () => {
    const ideal = simulated({ ...STORM, hash: 'keccak', signatures: 'ideal' })
    const real = simulated({ ...STORM, hash: 'keccak', signatures: 'real' })
    expect(real.traceHash).toBe(ideal.traceHash)
    expect(ideal.traceHash).not.toBe(simulated(STORM).traceHash)
  })
})

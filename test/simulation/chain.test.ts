import { describe, expect, test } from 'vitest'
import { firstBreaking, simulated } from './scenarios.ts'

const CHAIN = { heartbeatMs: 20_000 }
const always = { fromMs: 0, toMs: 1_000_000 }

describe('a world with a chain', () => {
  test('is a function of scenario and seed, with ideal signatures and real ones', () => {
    const faults = [
      { type: 'reorg', atMs: 7_500, depth: 2 },
      { type: 'rpcLying', ...always, members: [0], endpoints: [1], about: 'newer' },
    ]
    const scenario = { rounds: 16, chain: { ...CHAIN, faults } }
    const first = simulated(scenario)
    expect(simulated(scenario)).toEqual(first)
    expect(simulated({ ...scenario, signatures: 'real' }).traceHash).toBe(first.traceHash)
    expect(first.violations).toEqual([])
  })

  test('a world without one goes as it always went', () => {
    // As it was before there were chains: a scenario that is older must give the same run.
    expect(simulated({ rounds: 100 }).traceHash).toBe('2aa89c125af0a83394fb3b14baa6f6e3')
  })
})

describe('S5 on chain can fail', () => {
  const by = (how: string) => ({
    rounds: 240,
    // Long enough that the old report comes after the new one now and then.
    chain: {
      ...CHAIN,
      mempoolMs: { min: 50, max: 1_500 },
      faults: [{ type: 'transmitters', ...always, members: [0], how }],
    },
    stopAtViolation: false,
  })

  test.each([
    ['contract-takes-older-rounds', 'stale'],
    ['contract-checks-no-signature', 'forge'],
  ])('it finds %s when a transmitter is %s', (variant, how) => {
    expect(simulated(by(how)).violations).toEqual([])
    expect(firstBreaking({ ...by(how), variant }, { rule: 'S5', seedsMax: 4 })).not.toBeNull()
  })
})

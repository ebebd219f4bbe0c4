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
    // As it was before there were chains: a scenario that is older must give the same run. With the
    // events `answered` of protocol §4.6, which the trace has since; without these it is unchanged.
    expect(simulated({ rounds: 100 }).traceHash).toBe('dafb95600b12c7b5721696037ada6963')
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

describe('L6 can fail', () => {
  const QUICK = { ...CHAIN, bumpAfterMs: 2_000 }
  const all = { members: [0, 1, 2, 3], endpoints: [0, 1, 2] }
  /** For twenty seconds everybody is told of a round of the future. */
  const LIED_TO = [{ type: 'rpcLying', fromMs: 30_000, toMs: 50_000, ...all, about: 'newer' }]
  const WITHHELD = [{ type: 'transmitters', ...always, members: [0], how: 'withhold' }]

  test.each([
    ['believes-the-chain-for-good', LIED_TO],
    ['only-the-first-listed-delivers', WITHHELD],
  ])('it finds %s', (variant, faults) => {
    const scenario = { rounds: 240, chain: { ...QUICK, faults }, stopAtViolation: false }
    const whole = simulated(scenario)
    expect(whole.violations).toEqual([])
    expect(whole.checked).toContain('L6')
    expect(firstBreaking({ ...scenario, variant }, { rule: 'L6', seedsMax: 1 })).toBe(1)
  })
})

describe('turns to transmit', () => {
  test('that lapse while a value lies around its threshold make members pay for nothing (§8.2)', () => {
    const needless = (variant: string) =>
      simulated({
        rounds: 900,
        committee: { members: 7 },
        prices: { volatilityPpm: 800 },
        chain: { jitterMs: 200, heartbeatMs: 60_000, stageMs: 4_000 },
        variant,
      }).chain?.transactions.needless
    expect(needless('none')).toBeLessThanOrEqual(1)
    expect(needless('turns-lapse')).toBeGreaterThanOrEqual(3)
  })
})

describe('what a run shows of its chain', () => {
  test('a stage shorter than a block makes all members pay for one delivery', () => {
    const by = (stageMs: number) => {
      const chain = { ...CHAIN, blockMs: 6_000, stageMs }
      return simulated({ rounds: 240, chain }).chain?.transactions
    }
    const [short, long] = [by(1_000), by(8_000)].map((sent) => {
      const wasted = (sent?.needless ?? 0) + (sent?.lostToRace ?? 0)
      return { wasted, useful: (sent?.stored ?? 0) - (sent?.needless ?? 0) }
    })
    expect(short?.wasted).toBeGreaterThanOrEqual(2 * (short?.useful ?? 1))
    // A turn of the time before may come when the next delivery is on its way.
    expect(long?.wasted).toBeLessThanOrEqual(1)
    expect(long?.useful).toBeGreaterThan(4)
  })

  test('a sequencer that stands makes the value old, and fees above the cap do', () => {
    const ageMs = (faults: readonly unknown[]) =>
      simulated({ rounds: 240, chain: { ...CHAIN, feePerGasGweiMax: 4, faults } }).chain?.age.maxMs
    const span = { fromMs: 40_000, toMs: 80_000 }
    expect(ageMs([])).toBeLessThan(25_000)
    expect(ageMs([{ type: 'sequencerDown', ...span }])).toBeGreaterThan(55_000)
    expect(ageMs([{ type: 'feeSpike', ...span, factor: 50 }])).toBeGreaterThan(55_000)
  })

  test('a reorganisation that takes a delivery back is counted, and not paid twice', () => {
    const faults = [{ type: 'reorg', atMs: 22_500, depth: 2 }]
    const plain = simulated({ rounds: 240, chain: CHAIN }).chain
    const undone = simulated({ rounds: 240, chain: { ...CHAIN, faults } }).chain
    expect(plain).toMatchObject({ reorgs: 0, transactions: { undone: 0 } })
    expect(undone).toMatchObject({ reorgs: 1, transactions: { undone: 1 } })
    const { used = 0, usedBy = [] } = undone?.gas ?? {}
    expect(usedBy.reduce((sum, gas) => sum + gas, 0)).toBe(used)
    expect(used % 39_700).toBe(0)
    expect(used / 39_700).toBe(undone?.transactions.stored)
  })
})

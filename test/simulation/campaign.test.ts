import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { CANARIES } from '../../simulations/campaign/canaries.ts'
import { cellName, coverageOf, isImpossible } from '../../simulations/campaign/coverage.ts'
import { drawSafety } from '../../simulations/campaign/draw.ts'
import { runCampaign } from '../../simulations/campaign/run-campaign.ts'
import { scenarioYaml, shrink } from '../../simulations/campaign/shrink.ts'
import { perform } from '../../simulations/campaign/tasks.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { VARIANTS } from '../../simulations/variants.ts'
import { simulated } from './scenarios.ts'

// The whole campaigns are `npm run sim -- campaign`; these are their first seeds.

/** Found by later seeds than a gate has time for. */
const SLOW = [
  'any-certificate',
  'any-sender',
  'any-time-counts',
  'no-silence-after-a-start',
  'signs-twice',
]
const SAFETY = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8'] as const

describe('canary', () => {
  const quick = CANARIES.map((canary, index) => ({ ...canary, index })).filter(
    ({ name }) => !SLOW.includes(name),
  )

  test.each(quick)('$rule is broken by $name', ({ index }) => {
    expect(perform({ type: 'search', canary: index, seedsMax: 5 })).not.toMatchObject({
      seed: null,
    })
  })

  test('has a checker for every rule, and at least twelve planted bugs', () => {
    const rules = new Set(CANARIES.map(({ rule }) => rule))
    expect([...rules].sort()).toEqual([
      ...['L1', 'L2', 'L3', 'L4', 'L5'],
      ...['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8'],
    ])
    const bugs = CANARIES.filter(({ name }) => VARIANTS.some((each) => each.name === name))
    expect(new Set(bugs.map(({ name }) => name)).size).toBeGreaterThanOrEqual(12)
  })

  test('is red when something planted is not found', async () => {
    const options = { campaign: 'canary', from: 1, seeds: 1, rounds: 20, workers: 2 } as const
    const report = await runCampaign(
      { ...options, out: 'unused', isJson: true },
      new AbortController().signal,
    )
    expect(report).toMatchObject({ isComplete: true, isHeld: false })
    expect(report.lines.join('\n')).toMatch(/S3 {2}any-certificate +NOT FOUND/)
  })
})

describe('campaigns', () => {
  test('liars stay within f honest values of the median, whatever the proposer does', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const answer = perform({ type: 'bias', seed, rounds: 20 })
      expect(answer).toMatchObject({ type: 'bias', influence: { outside: 0 } })
      if (answer.type !== 'bias') continue
      expect(answer.influence.ranksMax).toBeLessThanOrEqual(answer.f)
    }
  })

  test('contradictions that reach an honest member convict, and nobody honest is named', () => {
    const blames = Array.from({ length: 12 }, (_, at) => {
      const answer = perform({ type: 'blame', seed: 1 + at, rounds: 12, beyond: 0 })
      if (answer.type !== 'blame') throw new Error('a task was answered by another')
      return answer.blame
    })
    const sum = (of: (blame: (typeof blames)[number]) => number) =>
      blames.reduce((total, blame) => total + of(blame), 0)
    expect(sum(({ seen }) => seen)).toBeGreaterThan(5)
    expect(sum(({ convicted }) => convicted)).toBe(sum(({ seen }) => seen))
    expect(sum(({ unsound, honestAccused }) => unsound + honestAccused)).toBe(0)
    expect(blames.some(({ isBroken }) => isBroken)).toBe(false)
  })

  test('f + 1 that break agreement are all named', () => {
    const answer = perform({ type: 'blame', seed: 10, rounds: 120, beyond: 1 })
    expect(answer).toMatchObject({ f: 1, blame: { isBroken: true, honestAccused: 0, named: 2 } })
  })

  test('safety holds in drawn worlds', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const task = { type: 'drawn', campaign: 'safety', seed, rounds: 12, rules: SAFETY } as const
      expect(perform(task)).toMatchObject({ outcome: { violations: [] } })
    }
  })

  test('certificates come within three rounds of healing', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const task = { type: 'drawn', campaign: 'liveness', seed, rounds: 40, rules: ['L3'] } as const
      expect(perform(task)).toMatchObject({ outcome: { violations: [] } })
    }
  })

  test('coverage counts what reached which phase, and nothing that cannot be', () => {
    const cells = Object.entries(coverageOf(3, 40))
    expect(cells.length).toBeGreaterThan(25)
    expect(cells.map(([cell]) => cell)).toContain(cellName('observing', 'received observation'))
    expect(cells.map(([cell]) => cell)).not.toContain(cellName('observing', 'started'))
    expect(isImpossible('observing', 'started')).toBe(true)
  })

  test('worlds of contradictions bring evidence into phases where it is rare', () => {
    const cells = [4, 8, 12].map((seed) => coverageOf(seed, 40))
    const times = (phase: Parameters<typeof cellName>[0]) =>
      cells.reduce((sum, each) => sum + (each[cellName(phase, 'received evidence')] ?? 0), 0)
    for (const phase of ['observing', 'after-include', 'first-proposal'] as const) {
      expect(times(phase)).toBeGreaterThan(0)
    }
  })
})

describe('shrinking', () => {
  test('leaves a scenario that a person can read, and that breaks the same rule', () => {
    const drawn = drawSafety(14, { rounds: 60, variant: 'promises-stay-in-memory' })
    const shrunk = shrink({ scenario: drawn, seed: 14, rule: 'S4' })
    if (shrunk === null) throw new Error('the bug is found by this seed')
    const { scenario } = shrunk
    expect(scenario).toMatchObject({ rounds: 1, faults: [], adversaries: [], clocks: [] })
    expect(scenario.network).toMatchObject({ lossPpm: 0, duplicationPpm: 0, cuts: [] })
    const text = scenarioYaml(shrunk)
    expect(text.split('\n').length).toBeLessThan(16)
    const read = checkScenario(parse(text))
    const { violations } = simulated(read, { seed: read.seed })
    expect(violations[0]).toEqual(shrunk.violation)
  })

  test('of what more than f members break leaves more than f, in a smaller committee', () => {
    const scenario = checkScenario({
      name: 'liars',
      rounds: 60,
      committee: { members: 7 },
      faults: [{ type: 'crash', members: [1], atMs: 20_000, restartMs: 25_000 }],
      adversaries: [{ strategy: 'lie', members: [4, 5, 6] }],
    })
    expect(shrink({ scenario, seed: 1, rule: 'S1' })?.scenario).toMatchObject({
      committee: { members: 4 },
      faults: [],
      adversaries: [{ strategy: 'lie', members: [3, 2] }],
    })
  })

  test('leaves of what is wrong on a chain the one fault that matters, and less of it', () => {
    const always = { fromMs: 0, toMs: 100_000 }
    const scenario = checkScenario({
      name: 'stale',
      rounds: 160,
      committee: { members: 7 },
      prices: { venues: [{ name: 'a' }, { name: 'b' }, { name: 'c', incidents: [] }] },
      chain: {
        heartbeatMs: 20_000,
        mempoolMs: { min: 50, max: 1_500 },
        faults: [
          { type: 'feeSpike', fromMs: 9_000, toMs: 12_000, factor: 3 },
          { type: 'transmitters', ...always, members: [0, 6], how: 'stale' },
          { type: 'rpcDown', ...always, members: [1, 5], endpoints: [2] },
        ],
      },
      variant: 'contract-takes-older-rounds',
      stopAtViolation: false,
    })
    const shrunk = shrink({ scenario, seed: 1, rule: 'S5' })
    if (shrunk === null) throw new Error('the bug is found by this seed')
    const { chain, committee, prices } = shrunk.scenario
    expect(committee.members).toBe(4)
    expect(prices.venues).toEqual([])
    expect(chain?.faults).toMatchObject([{ type: 'transmitters', members: [0], how: 'stale' }])
    const [fault] = chain?.faults ?? []
    if (fault?.type !== 'transmitters') throw new Error('its fault is one of transmitters')
    expect(fault.toMs - fault.fromMs).toBeLessThan(30_000)
    const text = scenarioYaml(shrunk)
    expect(text.split('\n').length).toBeLessThan(30)
    expect(checkScenario(parse(text))).toEqual({
      ...shrunk.scenario,
      about: expect.stringContaining('Breaks S5'),
      seed: shrunk.seed,
    })
  })

  test('is nothing where nothing breaks', () => {
    const scenario = checkScenario({ name: 'sound', rounds: 5, committee: { members: 4 } })
    expect(shrink({ scenario, seed: 1, rule: 'S1' })).toBeNull()
  })
})

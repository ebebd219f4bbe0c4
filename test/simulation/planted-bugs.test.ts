import { describe, expect, test } from 'vitest'
import { CANARIES } from '../../simulations/campaign/canaries.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { firstBreaking, simulated } from './scenarios.ts'

const DELAYED = { strategy: 'delay-proposal', members: [3] }

/** Each row: a scenario that holds, a bug, and the seeds within which its checker finds it. */
const ROWS = [
  {
    rule: 'S3',
    scenario: { rounds: 10, adversaries: [{ strategy: 'forge-certificate', members: [3] }] },
    variant: 'any-certificate',
    seedsMax: 1,
  },
  {
    rule: 'S4',
    scenario: {
      rounds: 40,
      network: { cuts: [{ fromMs: 9_000, toMs: 15_000, senders: [0, 1], receivers: [2, 3] }] },
      faults: [
        { type: 'crash', members: [1], atMs: 10_050, restartMs: 10_100 },
        { type: 'clockShift', members: [1], atMs: 10_060, byMs: -600 },
      ],
    },
    variant: 'no-silence-after-a-start',
    seedsMax: 1,
  },
  {
    rule: 'S5',
    scenario: { rounds: 60, adversaries: [{ strategy: 'clock-liar', members: [3] }] },
    beyond: { adversaries: [{ strategy: 'clock-liar', members: [2, 3] }] },
    variant: 'any-time-counts',
    seedsMax: 1,
  },
  {
    rule: 'S6',
    scenario: { rounds: 60, committee: { members: 4, probeEvery: 4 }, adversaries: [DELAYED] },
    variant: 'signs-twice',
    seedsMax: 3,
  },
  {
    rule: 'S7',
    scenario: { rounds: 40 },
    variant: 'rounds-never-forgotten',
    seedsMax: 1,
  },
  {
    rule: 'L2',
    scenario: { rounds: 200, adversaries: [{ strategy: 'mute', members: [3] }] },
    variant: 'no-late-notices',
    seedsMax: 1,
  },
  {
    rule: 'L2',
    scenario: { rounds: 200, adversaries: [{ strategy: 'withhold-fast-share', members: [0] }] },
    variant: 'fast-path-needs-no-answer',
    seedsMax: 4,
  },
  {
    rule: 'L3',
    scenario: {
      rounds: 60,
      network: { cuts: [{ fromMs: 5_000, toMs: 12_000, senders: [0, 1], receivers: [2, 3] }] },
    },
    variant: 'mute-after-a-while',
    seedsMax: 1,
  },
  {
    rule: 'L5',
    scenario: { rounds: 300 },
    variant: 'no-fast-path',
    seedsMax: 1,
  },
] as const

/** Bugs that the campaign plants in scenarios of their own, and its test finds there. */
const PLANTED_BY_CAMPAIGN = ['second-start-is-mute', 'who-returns-may-be-left-out']

describe('every checker can fail', () => {
  test.each(ROWS)('$rule finds $variant', ({ rule, scenario, variant, seedsMax, ...rest }) => {
    const broken = { ...scenario, ...('beyond' in rest ? rest.beyond : {}), variant }
    expect(simulated(scenario).violations).toEqual([])
    const found = firstBreaking({ stopAtViolation: false, ...broken }, { rule, seedsMax })
    expect(found).not.toBeNull()
  })

  test.each(PLANTED_BY_CAMPAIGN)('the scenario that shows %s holds without it', (name) => {
    const scenario = CANARIES.find((each) => each.name === name)?.scenario(1)
    if (scenario === undefined) throw new Error('the campaign plants it')
    expect(scenario.variant).toBe(name)
    const whole = { ...scenario, variant: 'none' }
    expect(new Simulation({ scenario: whole, seed: 1 }).run().violations).toEqual([])
  })
})

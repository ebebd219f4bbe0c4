import type { Rule } from '../checking/checker.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { type DrawOptions, drawSafety } from './draw.ts'

/** Something wrong that must be found: with f + 1 colluders, or with a planted bug. */
export interface Canary {
  readonly name: string
  readonly rule: Rule
  /** Found within so many seeds, or the checkers see too little. */
  readonly seedsMax: number
  readonly scenario: (seed: number) => Scenario
}

/** With f + 1 colluders each property that rests on f must break (threats G2). */
const COLLUDERS_SEEDS_MAX = 1_000
const BUG_SEEDS_MAX = 10_000
/** Rounds of a drawn run that looks for a bug: many short runs find more than a few long ones. */
const ROUNDS = 120

/** Planted bugs that the runs of the safety campaign find as they are drawn there. */
const DRAWN: readonly (readonly [variant: string, rule: Rule, beyond?: number])[] = [
  ['any-certificate', 'S3'],
  ['any-sender', 'S6'],
  ['signs-twice', 'S2'],
  ['signs-twice', 'S4'],
  ['signs-twice', 'S6'],
  ['no-silence-after-a-start', 'S4'],
  ['promises-stay-in-memory', 'S4'],
  ['one-nonce-for-all-slots', 'S4'],
  ['rounds-never-forgotten', 'S7'],
  ['remembers-what-nobody-told-it', 'S8'],
  ['any-time-counts', 'S5', 1],
]

const VENUES = ['harbour', 'meadow', 'summit']
/** Two honest members see no price, the third does, the fourth lies. */
const FEW_VALUES = {
  rounds: 30,
  prices: {
    venues: VENUES.map((name) => ({ name })),
    unreachable: [{ members: [0, 1], venues: VENUES }],
  },
  adversaries: [{ strategy: 'lie', members: [3] }],
}
const HEALING = {
  rounds: 60,
  network: { cuts: [{ fromMs: 5_000, toMs: 12_000, senders: [0, 1], receivers: [2, 3] }] },
}

/** What draws do not show: rules of progress, which are promised only where little goes wrong. */
const AIMED: readonly (Omit<Canary, 'seedsMax' | 'scenario'> & {
  readonly given: Readonly<Record<string, unknown>>
})[] = [
  {
    name: 'one-value-is-enough',
    rule: 'S1',
    given: { ...FEW_VALUES, variant: 'one-value-is-enough' },
  },
  {
    name: 'proposals-are-not-combined',
    rule: 'L1',
    given: {
      rounds: 100,
      committee: { members: 4, probeEvery: 8 },
      adversaries: [{ strategy: 'flap-at-probes', members: [3] }],
      variant: 'proposals-are-not-combined',
    },
  },
  {
    name: 'no-late-notices',
    rule: 'L2',
    given: {
      rounds: 200,
      adversaries: [{ strategy: 'mute', members: [3] }],
      variant: 'no-late-notices',
    },
  },
  {
    name: 'fast-path-needs-no-answer',
    rule: 'L2',
    given: {
      rounds: 400,
      adversaries: [{ strategy: 'withhold-fast-share', members: [0] }],
      variant: 'fast-path-needs-no-answer',
    },
  },
  {
    name: 'lost-rounds-teach-nothing',
    rule: 'L2',
    given: {
      rounds: 400,
      adversaries: [{ strategy: 'starve-round', members: [3] }],
      variant: 'lost-rounds-teach-nothing',
    },
  },
  {
    name: 'any-pair-is-right',
    rule: 'L2',
    given: {
      rounds: 200,
      adversaries: [{ strategy: 'wrong-pair', members: [3] }],
      variant: 'any-pair-is-right',
    },
  },
  {
    name: 'mute-after-a-while',
    rule: 'L3',
    given: { ...HEALING, variant: 'mute-after-a-while' },
  },
  {
    name: 'second-start-is-mute',
    rule: 'L4',
    given: {
      rounds: 200,
      committee: { members: 4, probeEvery: 8 },
      faults: [{ type: 'crash', members: [1], atMs: 10_000, restartMs: 15_000 }],
      variant: 'second-start-is-mute',
    },
  },
  {
    name: 'who-returns-may-be-left-out',
    rule: 'L4',
    given: {
      rounds: 300,
      committee: { members: 7, probeEvery: 8 },
      adversaries: [{ strategy: 'keep-out', members: [5, 6] }],
      variant: 'who-returns-may-be-left-out',
    },
  },
  { name: 'no-fast-path', rule: 'L5', given: { rounds: 300, variant: 'no-fast-path' } },
]

const COLLUDERS: readonly (Omit<Canary, 'seedsMax' | 'scenario'> & {
  readonly given: Readonly<Record<string, unknown>>
})[] = [
  {
    name: 'f+1 liars: range',
    rule: 'S1',
    given: { rounds: 60, adversaries: [{ strategy: 'lie', members: [2, 3] }] },
  },
  {
    name: 'f+1 sign two reports: agreement',
    rule: 'S2',
    given: {
      rounds: 120,
      committee: { members: 4, probeEvery: 4 },
      adversaries: [{ strategy: 'two-reports', members: [2, 3] }],
    },
  },
  {
    name: 'f+1 clock liars: time',
    rule: 'S5',
    given: {
      rounds: 60,
      adversaries: [{ strategy: 'clock-liar', members: [2, 3] }],
      variant: 'any-time-counts',
    },
  },
  {
    name: 'f+1 mute: liveness',
    rule: 'L3',
    given: { ...HEALING, adversaries: [{ strategy: 'mute', members: [2, 3] }] },
  },
]

export const CANARIES: readonly Canary[] = [
  ...COLLUDERS.map((each) => aimed(each, COLLUDERS_SEEDS_MAX)),
  ...DRAWN.map(([variant, rule, beyond]) => drawn(variant, rule, beyond ?? 0)),
  ...AIMED.map((each) => aimed(each, BUG_SEEDS_MAX)),
]

function drawn(variant: string, rule: Rule, beyond: number): Canary {
  const options: DrawOptions = { rounds: ROUNDS, beyond, variant }
  return {
    name: variant,
    rule,
    seedsMax: BUG_SEEDS_MAX,
    scenario: (seed) => ({ ...drawSafety(seed, options), stopAtViolation: false }),
  }
}

function aimed({ name, rule, given }: (typeof AIMED)[number], seedsMax: number): Canary {
  const scenario = checkScenario({
    name: 'canary',
    committee: { members: 4 },
    stopAtViolation: false,
    ...given,
  })
  return { name, rule, seedsMax, scenario: () => scenario }
}

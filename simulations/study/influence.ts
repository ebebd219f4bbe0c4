import { faultyMax } from '../../aggregator/quorum.ts'
import { selectionBias } from '../reference/selection-bias.ts'
import { columnsOf } from '../report/data-table.ts'
import type { Figure } from '../report/figure/figure.ts'
import { alignedTable } from '../report/table.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Distances, Influence } from '../statistics/influence.ts'
import { NO_VARIANT } from '../variants.ts'
import { answersOf, type RunStudy, type Study } from './study.ts'

/** Strategies that say something about a price, some beside others that hide honest values. */
const STRATEGIES = [
  'none',
  'lie',
  'collude',
  'bias',
  'mirror',
  'drop-members',
  'lie+drop-members',
  'collude+late-for-victims',
  'collude+edge-late',
] as const
const SIZES = [4, 7, 13, 31] as const
/** The committee in which the number of colluders is raised beyond f. */
const CROWD = 13
const ROUNDS = 400
const ROUNDS_SHORT = 40
const TRIALS = 60_000

interface Case {
  readonly members: number
  readonly strategy: string
  readonly liars: number
}

type Row = Case & { readonly influence: Influence }

/** What a report could be made of; the first is the protocol. */
const DEFENCES = [
  { key: 'certified', name: 'the protocol' },
  { key: 'mean', name: 'mean instead of median' },
  { key: 'chosen', name: 'a proposer chooses 2f+1' },
] as const

/** Study (b): how far attackers move a certified price, by committee, number and defence. */
export const studyOfInfluence: RunStudy = async (options) => {
  const cases = casesOf()
  const rounds = options.isShort ? ROUNDS_SHORT : ROUNDS
  const tasks = cases.map((of) => ({ type: 'influence' as const, job: jobOf(of, rounds) }))
  const answers = await answersOf('study b', tasks, options)
  if (answers === null) return null
  const rows = answers.flatMap((answer, at): Row[] =>
    answer.type === 'influence' ? [{ ...(cases[at] as Case), influence: answer.influence }] : [],
  )
  const within = rows.filter(({ members, liars }) => liars <= faultyMax(members))
  const isHeld = within.every(({ influence, members }) => {
    return influence.outside === 0 && influence.ranksMax <= faultyMax(members)
  })
  return {
    name: 'b',
    title: 'How far can attackers move a price?',
    method: methodOf(rounds),
    findings: findingsOf(within, isHeld),
    figures: [
      strategyFigure(within),
      defenceFigure(within),
      crowdFigure(rows),
      selectionFigure(options.isShort ? TRIALS / 20 : TRIALS),
    ],
    tables: [{ id: 'influence', title: 'All runs', table: tableOf(rows) }],
    isHeld,
    text: textOf(rows),
    data: { rows },
  } satisfies Study
}

/** What the page says of how it was made. */
export function methodOf(rounds: number): readonly string[] {
  return [
    'The production core runs with f members under control. Honest members see the true ' +
      'price with an error of up to one basis point (even draws). Each certified value is ' +
      'compared with the median of what honest members observed in its round.',
    'What else a report could be made of is computed from the same observations of the ' +
      'same rounds: their mean, or the median of those 2f + 1 of all that lie furthest ' +
      'out, which is what a proposer without the inclusion rule (protocol §6.7) could ' +
      'choose.',
    'Strategies: lie observes a fifth more than the truth; collude one percent more, all ' +
      'alike; bias the highest value that an honest member said a round ago; mirror what ' +
      'another said; drop-members leaves out the lowest values as proposer; ' +
      `late-for-victims and edge-late hide honest values from some. One seed of ${rounds} ` +
      'rounds each.',
  ]
}

function casesOf(): readonly Case[] {
  const bySize = SIZES.flatMap((members) =>
    STRATEGIES.map((strategy) => ({ members, strategy, liars: faultyMax(members) })),
  )
  const crowd = Array.from({ length: CROWD - 3 }, (_, liars) => ({
    members: CROWD,
    strategy: 'collude',
    liars,
  })).filter(({ liars }) => liars !== faultyMax(CROWD))
  return [...bySize, ...crowd]
}

function jobOf({ members, strategy, liars }: Case, rounds: number) {
  const faulty = Array.from({ length: liars }, (_, index) => members - 1 - index)
  const isHonest = strategy === 'none' || liars === 0
  const scenario = checkScenario({
    name: 'influence',
    rounds,
    committee: { members },
    prices: { noisePpm: 100 },
    adversaries: isHonest
      ? []
      : strategy.split('+').map((each) => ({ strategy: each, members: faulty })),
    variant: NO_VARIANT,
    stopAtViolation: false,
  })
  return { scenario, seed: 1 }
}

function meanBps({ bpsSum }: Distances, { rounds }: Influence): number {
  return rounds === 0 ? 0 : bpsSum / rounds
}

function shown(bps: number): string {
  return bps >= 100 ? bps.toFixed(0) : bps >= 10 ? bps.toFixed(1) : bps.toFixed(2)
}

/** Colours by size, from a hundredth of a basis point on. */
function warmth(bps: number): number {
  return Math.log10(Math.max(0.01, bps))
}

function strategyFigure(rows: readonly Row[]): Figure {
  const cellOf = (strategy: string, members: number) => {
    const row = rows.find((each) => each.strategy === strategy && each.members === members)
    if (row === undefined) return null
    const { certified } = row.influence
    const mean = meanBps(certified, row.influence)
    return { value: warmth(mean), text: `${shown(mean)} (${shown(certified.bpsMax)})` }
  }
  return {
    id: 'shift-by-strategy',
    title: 'Shift of the certified price by strategy and committee',
    caption:
      'Distance of the certified value from the median of honest observations: mean over ' +
      'rounds, and the largest in brackets. f members are under control; honest errors are ' +
      'even, up to 1 basis point.',
    plot: {
      type: 'heat',
      x: {
        label: 'members (under control)',
        names: SIZES.map((members) => `${members} (${faultyMax(members)})`),
      },
      y: { label: 'strategy', names: STRATEGIES },
      cells: STRATEGIES.map((strategy) => SIZES.map((members) => cellOf(strategy, members))),
      value: 'mean (largest) distance in basis points; colours by its logarithm',
      isDiverging: false,
    },
  }
}

function defenceFigure(rows: readonly Row[]): Figure {
  const members = 7
  const cellOf = (strategy: string, key: (typeof DEFENCES)[number]['key']) => {
    const row = rows.find((each) => each.strategy === strategy && each.members === members)
    if (row === undefined) return null
    const mean = meanBps(row.influence[key], row.influence)
    return { value: warmth(mean), text: shown(mean) }
  }
  return {
    id: 'shift-by-defence',
    title: 'The same attacks against other ways to make a price, 7 members',
    caption:
      'Mean distance from the honest median, f = 2 under control, were the same ' +
      'observations used in another way.',
    plot: {
      type: 'heat',
      x: { label: 'how the price is made', names: DEFENCES.map(({ name }) => name) },
      y: { label: 'strategy', names: STRATEGIES },
      cells: STRATEGIES.map((strategy) => DEFENCES.map(({ key }) => cellOf(strategy, key))),
      value: 'mean distance in basis points; colours by its logarithm',
      isDiverging: false,
    },
  }
}

function crowdFigure(rows: readonly Row[]): Figure {
  const own = rows
    .filter(({ members, strategy }) => members === CROWD && strategy === 'collude')
    .sort((a, b) => a.liars - b.liars)
    .filter(({ influence }) => influence.rounds > 0)
  return {
    id: 'shift-by-number',
    title: `Shift by the number of colluders, ${CROWD} members`,
    caption:
      'Colluders observe one percent (100 basis points) more than the truth. Beyond f the ' +
      'protocol promises nothing; the median holds until colluders are half of those that ' +
      'count.',
    plot: {
      type: 'lines',
      x: { label: 'members that collude' },
      y: { label: 'mean distance from the honest median (basis points)', isLog: true },
      series: DEFENCES.map(({ key, name }) => ({
        name,
        points: own.map(({ liars, influence }) => ({
          x: liars,
          y: meanBps(influence[key], influence),
        })),
      })),
      marks: [{ name: `f = ${faultyMax(CROWD)}`, x: faultyMax(CROWD) }],
    },
  }
}

function selectionFigure(trials: number): Figure {
  const sizes = [4, 7, 10, 13, 16, 19, 22, 25, 28, 31]
  const rows = sizes.map((n) => selectionBias({ n, seed: 1, trials }))
  const curve = (name: string, read: (row: (typeof rows)[number]) => number) => ({
    name,
    points: rows.map((row) => ({ x: row.n, y: read(row) })),
  })
  return {
    id: 'selection-bias',
    title: 'Largest shift of a median by f liars, in honest standard deviations',
    caption:
      'Honest values are N(0, 1), liars say the extreme: all values used by the median of ' +
      'the protocol, the worse middle value of all, and a proposer that picks 2f + 1.',
    plot: {
      type: 'lines',
      x: { label: 'members' },
      y: { label: 'mean shift (standard deviations of one honest value)' },
      series: [
        curve('all used, our median', ({ allUsedByOurMedianSd }) => allUsedByOurMedianSd),
        curve('all used, worse middle value', ({ allUsedSd }) => allUsedSd),
        curve('a proposer picks 2f+1', ({ proposerPicksSd }) => proposerPicksSd),
      ],
    },
  }
}

function findingsOf(within: readonly Row[], isHeld: boolean): readonly string[] {
  const most = (key: (typeof DEFENCES)[number]['key']) =>
    Math.max(...within.map(({ influence }) => influence[key].bpsMax))
  return [
    isHeld
      ? 'With at most f members under control, every certified value lies within the honest ' +
        'observations of its round, at most f of them away from their median.'
      : 'A certified value lies OUTSIDE of what is promised; the table shows where.',
    'Honest errors reach 1 basis point; the largest shift of a certified price is ' +
      `${shown(most('certified'))}, of a mean of the same values ${shown(most('mean'))}, and ` +
      `of a median that a proposer may choose ${shown(most('chosen'))} basis points.`,
  ]
}

const FIGURES = ['MeanBps', 'MaxBps'] as const

function tableOf(rows: readonly Row[]) {
  const names = DEFENCES.flatMap(({ key }) => FIGURES.map((figure) => key + figure))
  return {
    columns: [
      ...columnsOf('integer', ['members', 'liars']),
      ...columnsOf('text', ['strategy']),
      ...columnsOf('integer', ['rounds']),
      ...columnsOf('number', names),
      ...columnsOf('integer', ['ranksMax', 'outside']),
      ...columnsOf('number', ['honestDeviationBps']),
    ],
    rows: rows.map(({ members, liars, strategy, influence }) => [
      members,
      liars,
      strategy,
      influence.rounds,
      ...DEFENCES.flatMap(({ key }) => [meanBps(influence[key], influence), influence[key].bpsMax]),
      influence.ranksMax,
      influence.outside,
      influence.rounds === 0 ? null : influence.honestBpsSum / influence.rounds,
    ]),
  }
}

function textOf(rows: readonly Row[]): string {
  return alignedTable([
    ['n', 'liars', 'strategy', ...DEFENCES.map(({ name }) => `${name} (bps)`), 'ranks', 'outside'],
    ...rows.map(({ members, liars, strategy, influence }) => [
      String(members),
      String(liars),
      strategy,
      ...DEFENCES.map(({ key }) => {
        const distances = influence[key]
        return `${shown(meanBps(distances, influence))}, at most ${shown(distances.bpsMax)}`
      }),
      String(influence.ranksMax),
      String(influence.outside),
    ]),
  ])
}

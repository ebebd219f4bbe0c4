import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { type SelectionBias, selectionBias } from '../reference/selection-bias.ts'
import type { Figure, Point } from '../report/figure/figure.ts'
import {
  CROWD,
  DEFENCES,
  type Defence,
  type InfluenceRow,
  SIZES,
  STRATEGIES,
  shownBps,
} from './influence-cases.ts'
import { meanText, overSeeds, seedsOf, showLike, whiskerOf } from './seeds.ts'
import type { StudyOptions } from './study.ts'

/** Committees that are drawn for each size, over all seeds. */
const TRIALS = 60_000
const TRIALS_SHORT = 3_000

/** Colours by size, from a hundredth of a basis point on. */
function warmth(bps: number): number {
  return Math.log10(Math.max(0.01, bps))
}

function cellOf(row: InfluenceRow | undefined, key: Defence, more = '') {
  const name = `${key}MeanBps` as const
  const mean = row?.mean[name] ?? null
  if (row === undefined || mean === null) return null
  return { value: warmth(mean), text: `${meanText(mean, row.half[name], showLike(mean))}${more}` }
}

/** How far each strategy shifts the certified price. */
export function strategyFigure(rows: readonly InfluenceRow[]): Figure {
  const cellAt = (strategy: string, members: number) => {
    const row = rows.find((each) => each.strategy === strategy && each.members === members)
    return cellOf(row, 'certified', `\n(${shownBps(row?.most.certified ?? 0)})`)
  }
  return {
    id: 'shift-by-strategy',
    title: 'Shift of the certified price by strategy and committee',
    caption:
      'Distance of the certified value from the median of honest observations: mean over rounds ' +
      'and seeds with half of its 95 % interval where that shows, and the largest of all rounds ' +
      'in brackets. f members are under control; honest errors are even, up to 1 basis point.',
    plot: {
      type: 'heat',
      x: {
        label: 'members (under control)',
        names: SIZES.map((members) => `${members} (${faultyMax(members)})`),
      },
      y: { label: 'strategy', names: STRATEGIES },
      cells: STRATEGIES.map((strategy) => SIZES.map((members) => cellAt(strategy, members))),
      value: 'mean (largest) distance in basis points; colours by its logarithm',
      isDiverging: false,
    },
  }
}

/** The same attacks on other ways to make a price. */
export function defenceFigure(rows: readonly InfluenceRow[]): Figure {
  const members = 7
  const rowOf = (strategy: string) =>
    rows.find((each) => each.strategy === strategy && each.members === members)
  return {
    id: 'shift-by-defence',
    title: 'The same attacks against other ways to make a price, 7 members',
    caption:
      'Mean distance from the honest median with half of its 95 % interval where that shows, ' +
      'f = 2 under control, were the same observations used in another way.',
    plot: {
      type: 'heat',
      x: { label: 'how the price is made', names: DEFENCES.map(({ name }) => name) },
      y: { label: 'strategy', names: STRATEGIES },
      cells: STRATEGIES.map((strategy) => DEFENCES.map(({ key }) => cellOf(rowOf(strategy), key))),
      value: 'mean distance in basis points; colours by its logarithm',
      isDiverging: false,
    },
  }
}

/** What more colluders than f do. */
export function crowdFigure(rows: readonly InfluenceRow[]): Figure {
  const own = rows
    .filter(({ members, strategy }) => members === CROWD && strategy === 'collude')
    .sort((a, b) => a.liars - b.liars)
    .filter(({ rounds }) => rounds > 0)
  const pointOf = (row: InfluenceRow, key: Defence): Point => {
    const name = `${key}MeanBps` as const
    const { whisker: interval } = whiskerOf(row, name)
    const point = { x: row.liars, y: row.mean[name] }
    return interval === undefined ? point : { ...point, interval }
  }
  return {
    id: 'shift-by-number',
    title: `Shift by the number of colluders, ${CROWD} members`,
    caption:
      'Colluders observe one percent (100 basis points) more than the truth. Beyond f the ' +
      'protocol promises nothing; the median holds until colluders are half of those that ' +
      'count. Thin lines are 95 % intervals over the seeds; curves stand a little aside of each ' +
      'other, so that all are seen.',
    plot: {
      type: 'lines',
      x: { label: 'members that collude', ticks: own.map(({ liars }) => liars), isFree: true },
      y: { label: 'mean distance from the honest median (basis points)', isLog: true },
      series: DEFENCES.map(({ key, name }) => ({
        name,
        shape: 'dotted' as const,
        points: own.map((row) => pointOf(row, key)),
      })),
      marks: [{ name: `f = ${faultyMax(CROWD)}`, x: faultyMax(CROWD) }],
    },
  }
}

const SHIFTS = ['allUsedByOurMedianSd', 'allUsedSd', 'proposerPicksSd'] as const

/** How far a median is shifted by the count alone, without a protocol. */
export function selectionFigure(options: Pick<StudyOptions, 'isShort'>): Figure {
  const sizes = [4, 7, 10, 13, 16, 19, 22, 25, 28, 31]
  const seeds = seedsOf(options)
  const trials = Math.ceil((options.isShort ? TRIALS_SHORT : TRIALS) / seeds.length)
  const rows = sizes.map((n) => {
    const runs: readonly SelectionBias[] = seeds.map((seed) => selectionBias({ n, seed, trials }))
    return { n, ...overSeeds(SHIFTS, runs) }
  })
  const curve = (name: string, key: (typeof SHIFTS)[number]) => ({
    name,
    shape: 'dotted' as const,
    points: rows.map((row): Point => {
      const { whisker: interval } = whiskerOf(row, key)
      const point = { x: row.n, y: row.mean[key] }
      return interval === undefined ? point : { ...point, interval }
    }),
  })
  return {
    id: 'selection-bias',
    title: 'Largest shift of a median by f liars, in honest standard deviations',
    caption:
      'Honest values are N(0, 1), liars say the extreme: all values used by the median of ' +
      'the protocol, the worse middle value of all, and a proposer that picks 2f + 1. Means ' +
      `with 95 % intervals over the seeds, ${trials} committees drawn with each.`,
    plot: {
      type: 'lines',
      x: { label: 'members', ticks: sizes, isFree: true },
      y: { label: 'mean shift (standard deviations of one honest value)' },
      series: [
        curve('all used, our median', 'allUsedByOurMedianSd'),
        curve('all used, worse middle value', 'allUsedSd'),
        curve('a proposer picks 2f+1', 'proposerPicksSd'),
      ],
    },
  }
}

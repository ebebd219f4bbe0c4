import { type Column, columnsOf } from '../report/data-table.ts'
import type { HeatCell } from '../report/figure/figure.ts'
import { fixed } from '../report/text.ts'
import { FEED_DECIMALS } from '../scenario/params.ts'
import type { Scenario } from '../scenario/schema.ts'
import { truthOf } from '../scenario/world.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { meanText, type OverSeeds, overSeeds, seedCells, seedColumns, showLike } from './seeds.ts'
import type { StudyAnswer } from './tasks.ts'

/** Distance between two openings of rounds, in runs that study prices. */
export const ROUND_MS = 500

/** How a certified price went beside the true one when its round opened. */
export interface PriceCourse {
  /** Distance while the incident lasts; null where no round had a value. */
  readonly meanBps: number | null
  readonly maxBps: number | null
  /** Share of rounds of the incident with a value. */
  readonly availableShare: number
  readonly course: readonly { readonly s: number; readonly bps: number | null }[]
}

/** An incident lasts for the middle half of a run. */
export function incidentSpan(rounds: number): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: (rounds / 4) * ROUND_MS, toMs: ((rounds * 3) / 4) * ROUND_MS }
}

/** The course of a run with a seed. */
export function priceCourse(
  { timeline, seed }: SimulationResult,
  { prices, rounds }: Scenario,
): PriceCourse {
  const truth = truthOf(prices, { seed, label: 'FEED0/USD', recording: null })
  const { fromMs, toMs } = incidentSpan(rounds)
  const course = timeline.map(({ round, valueHigh }) => {
    const price = truth.at(round * ROUND_MS * 1_000) / 10 ** FEED_DECIMALS
    const bps = valueHigh === null ? null : (10_000 * (valueHigh - price)) / price
    return { s: (round * ROUND_MS) / 1_000, bps }
  })
  const during = course.filter(({ s }) => s * 1_000 >= fromMs && s * 1_000 < toMs)
  const distances = during.flatMap(({ bps }) => (bps === null ? [] : [Math.abs(bps)]))
  const sum = distances.reduce((total, each) => total + each, 0)
  return {
    meanBps: distances.length === 0 ? null : sum / distances.length,
    maxBps: distances.length === 0 ? null : Math.max(...distances),
    availableShare: during.length === 0 ? 0 : distances.length / during.length,
    course,
  }
}

/** Figures of a case over its seeds. */
const COURSE_FIGURES = ['meanBps', 'availableShare'] as const

/** The courses of one case by seed, together; the largest distance is that of all of them. */
export interface CourseRow extends OverSeeds<(typeof COURSE_FIGURES)[number]> {
  readonly maxBps: number | null
  /** Of the first seed. */
  readonly course: PriceCourse['course']
}

/** What the runs of one case came to. @throws {Error} when these are not runs */
export function courseRow(answers: readonly StudyAnswer[], scenario: Scenario): CourseRow {
  const courses = answers.map((answer) => {
    if (answer.type !== 'whole') throw new Error('a run was answered by something else')
    return priceCourse(answer.result, scenario)
  })
  const most = courses.flatMap(({ maxBps }) => maxBps ?? [])
  return {
    ...overSeeds(COURSE_FIGURES, courses),
    maxBps: most.length === 0 ? null : Math.max(...most),
    course: courses[0]?.course ?? [],
  }
}

/** The columns of a table of such rows, after those that name the case. */
export function courseColumns(): readonly Column[] {
  return [...seedColumns(COURSE_FIGURES), ...columnsOf('number', ['maxBps'])]
}

export function courseCells(row: CourseRow): readonly (number | null)[] {
  return [...seedCells(COURSE_FIGURES, row), row.maxBps]
}

/** A cell of a map: the mean with its interval, and the largest in brackets below. */
export function distanceCell({ mean, half, maxBps }: CourseRow): HeatCell {
  const { meanBps } = mean
  const text = meanText(meanBps, half.meanBps, showLike(meanBps))
  return {
    value: Math.log10(Math.max(0.1, meanBps ?? 0.1)),
    text: meanBps === null ? '–' : `${text}\n(${fixed(maxBps, 0)})`,
  }
}

/** A share in per cent, with half of its interval where that shows. */
export function shareText(share: number | null, half: number | null): string {
  const shown = meanText(share, half, (each) => (100 * each).toFixed(0))
  return share === null ? shown : `${shown} %`
}

/** For the terminal. */
export function courseTexts({ mean, half, maxBps }: CourseRow): readonly string[] {
  return [
    meanText(mean.meanBps, half.meanBps, (bps) => bps.toFixed(2)),
    fixed(maxBps, 1),
    shareText(mean.availableShare, half.availableShare),
  ]
}

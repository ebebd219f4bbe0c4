import { type Column, columnsOf } from '../report/data-table.ts'
import { endsOf, estimateOf } from '../statistics/interval.ts'
import { answersOf, type StudyOptions } from './study.ts'
import type { StudyAnswer, StudyTask } from './tasks.ts'

/** Runs of each case: Student's t is 2.36 then, not far from the 1.96 of very many. */
const SEEDS = 8
/** The fewest that have an interval, with a t of 12.7. */
const SEEDS_SHORT = 2

/** Seeds of a study; every case runs with each. */
export function seedsOf({ isShort }: Pick<StudyOptions, 'isShort'>): readonly number[] {
  return Array.from({ length: isShort ? SEEDS_SHORT : SEEDS }, (_, at) => 1 + at)
}

/** What the page of a study says of its intervals. */
export function seedsText(seeds: readonly number[]): string {
  return (
    `Every case runs with the seeds 1 to ${seeds.length}. Figures are means over them, with 95 % ` +
    'intervals (Student’s t); columns with Half have half of each. The seeds are the same in all ' +
    'cases, so differences between cases are surer than their intervals look.'
  )
}

/**
 * The answers of each case, by seed.
 *
 * @returns null when the signal came first
 */
export async function answersBySeed<Case>(
  label: string,
  {
    cases,
    taskOf,
  }: { readonly cases: readonly Case[]; taskOf: (of: Case, seed: number) => StudyTask },
  options: StudyOptions,
): Promise<readonly (readonly StudyAnswer[])[] | null> {
  const seeds = seedsOf(options)
  const tasks = cases.flatMap((of) => seeds.map((seed) => taskOf(of, seed)))
  const answers = await answersOf(label, tasks, options)
  if (answers === null) return null
  return cases.map((_, at) => answers.slice(at * seeds.length, (at + 1) * seeds.length))
}

type Values<Name extends string> = Readonly<Record<Name, number | null>>

/** Figures of one case over its seeds: means, and half of each interval; null where none has it. */
export interface OverSeeds<Name extends string> {
  readonly mean: Values<Name>
  readonly half: Values<Name>
  readonly seeds: number
}

/** @param runs what each seed gave; a seed without a value is left out of that mean */
export function overSeeds<Name extends string>(
  names: readonly Name[],
  runs: readonly Values<Name>[],
): OverSeeds<Name> {
  const estimates = names.map((name) => {
    return [name, estimateOf(runs.flatMap((run) => run[name] ?? []))] as const
  })
  const record = (key: 'mean' | 'half') =>
    Object.fromEntries(estimates.map(([name, each]) => [name, each?.[key] ?? null]))
  return {
    mean: record('mean') as Values<Name>,
    half: record('half') as Values<Name>,
    seeds: runs.length,
  }
}

/** Ends of a figure's interval, for a whisker; from 0 on. */
export function whiskerOf<Name extends string>(
  { mean, half }: Pick<OverSeeds<Name>, 'mean' | 'half'>,
  name: Name,
): { readonly whisker?: readonly [number, number] } {
  const [middle, side] = [mean[name], half[name]]
  if (middle === null || side === null) return {}
  const ends = endsOf({ mean: middle, half: side, count: 0 })
  return ends === null ? {} : { whisker: ends }
}

/** Whether one is below another in the same seeds, beyond the interval of their differences. */
export function isBelow(own: readonly (number | null)[], other: readonly (number | null)[]) {
  const differences = own.flatMap((value, at) => {
    const against = other[at] ?? null
    return value === null || against === null ? [] : [value - against]
  })
  const { mean = 0, half = null } = estimateOf(differences) ?? {}
  return half !== null && mean + half < 0
}

/** A column for each figure and one for half of its interval, both ending with the unit. */
export function seedColumns(names: readonly string[]): readonly Column[] {
  const figures = names.flatMap((name) => [name, halfName(name)])
  return [...columnsOf('integer', ['seeds']), ...columnsOf('number', figures)]
}

/** The cells of `seedColumns`. */
export function seedCells<Name extends string>(
  names: readonly Name[],
  { mean, half, seeds }: OverSeeds<Name>,
): readonly (number | null)[] {
  return [seeds, ...names.flatMap((name) => [mean[name], half[name]])]
}

/** `latencyP99Ms` has `latencyP99HalfMs`, and `wireBytesPerRound` `wireHalfBytesPerRound`. */
function halfName(name: string): string {
  return name.replace(/(Bytes)?(Per)?[A-Z][a-z]+$/, (unit) => `Half${unit}`)
}

/** As many digits as the size of a mean asks for, for it and for half of its interval. */
export function showLike(mean: number | null): (value: number) => string {
  const size = Math.abs(mean ?? 0)
  const digits = size >= 1_000 ? 0 : size >= 100 ? 1 : 2
  return (value) => value.toFixed(digits)
}

/** A mean with half of its interval, where that shows. */
export function meanText(
  mean: number | null,
  half: number | null,
  show: (value: number) => string,
): string {
  if (mean === null) return '–'
  const side = half === null ? null : show(half)
  return side === null || Number(side) === 0 ? show(mean) : `${show(mean)} ± ${side}`
}

import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { readPlain } from '../input/files.ts'
import { checkedBy, InputError, type Problem } from '../input/problems.ts'
import { rawScenario, ScenarioError } from '../scenario/load.ts'
import { isRecord } from '../scenario/paths.ts'
import { type Point, pointsOf } from './sweep-points.ts'

/** Most runs of one sweep: results of so many, two kilobytes each, can be read again. */
const CELLS_MAX = 200_000
const AXES_MAX = 10

const value = z.union([z.string().max(200), z.number(), z.boolean()])
const axis = z.strictObject({
  /** `members`, `faulty`, `strategy`, `variant`, or the path of a key of the scenario. */
  axis: z.string().regex(/^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$/, 'must be a name or a path with dots'),
  values: z.array(value).min(1).max(10_000),
})

const sweepSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,60}$/, 'must be 1 to 60 of a-z, 0-9 and -'),
  about: z.string().max(1_000).default(''),
  /** A scenario file beside the sweep, or a scenario without its name. */
  scenario: z.union([z.string(), z.record(z.string(), z.unknown())], {
    error: 'must be the path of a scenario file, or a scenario',
  }),
  seeds: z.strictObject({
    from: z.int().min(0).max(0xffffffff).default(1),
    count: z.int().min(1).max(CELLS_MAX),
  }),
  axes: z.array(axis).max(AXES_MAX).default([]),
})

/** What a sweep file says, with its scenario in it. */
export type Definition = z.infer<typeof sweepSchema>

/** A sweep that can be run: every point is a sound scenario. */
export interface Sweep {
  readonly name: string
  readonly about: string
  readonly axes: readonly string[]
  readonly points: readonly Point[]
  readonly seeds: { readonly from: number; readonly count: number }
  /** Hash of all scenarios and seeds: results with another one are of another sweep. */
  readonly digest: string
  readonly definition: Definition
}

/** One run of a sweep: cell = position of its point × seeds + position of its seed. */
export function cellOf(
  sweep: Sweep,
  cell: number,
): { readonly point: Point; readonly seed: number } {
  const { from, count } = sweep.seeds
  return { point: sweep.points[Math.floor(cell / count)] as Point, seed: from + (cell % count) }
}

export function cellCount({ points, seeds }: Sweep): number {
  return points.length * seeds.count
}

/** @throws {InputError} SWEEP_INVALID with every problem found */
export function loadSweep(path: string): Sweep {
  const read = readPlain(path)
  if (!read.ok) throw new InputError('SWEEP_INVALID', 'the sweep', read.problems)
  const form = checkedBy(sweepSchema, read.value)
  const known = form.ok ? form.value : soundParts(read.value)
  const { seeds, axes } = known
  const problems: Problem[] = form.ok ? [] : [...form.problems]
  const base = known.scenario === undefined ? null : baseOf(path, known.scenario, problems)
  const count = axes.reduce((product, { values }) => product * values.length, seeds.count)
  problems.push(...axesProblems(known, count))
  const from = typeof known.scenario === 'string' ? resolve(dirname(path), known.scenario) : path
  // An axis that cannot be read, or a list of them under another key, may give what is missing.
  const isWhole = form.ok || (axes.length > 0 && axes.length === axesIn(read.value).length)
  const points =
    base === null || count > CELLS_MAX
      ? []
      : pointsOf({ name: known.name, axes, folder: dirname(from), base, isWhole }, problems)
  if (!form.ok || base === null || problems.length > 0) {
    throw new InputError('SWEEP_INVALID', 'the sweep', problems)
  }
  const { name, about } = form.value
  const whole = JSON.stringify({ points, seeds }, withoutPlace)
  const digest = createHash('sha256').update(whole).digest('hex')
  const names = axes.map((each) => each.axis)
  const definition = { ...form.value, scenario: base }
  return { name, about, axes: names, points, seeds, digest, definition }
}

/** Rules of axes and seeds together. */
function axesProblems(
  { axes, seeds }: Pick<Definition, 'axes' | 'seeds'>,
  count: number,
): readonly Problem[] {
  const problems: Problem[] = []
  if (new Set(axes.map((each) => each.axis)).size < axes.length) {
    problems.push({ path: 'axes', message: 'must not vary one thing twice' })
  }
  if (count > CELLS_MAX) {
    problems.push({ path: 'axes', message: `makes ${count} runs; at most ${CELLS_MAX}` })
  }
  if (seeds.from + seeds.count > 0x1_0000_0000) {
    problems.push({ path: 'seeds', message: 'must stay below 4294967296' })
  }
  return problems
}

type SoundParts = Omit<Definition, 'scenario' | 'about'> & {
  readonly scenario: Definition['scenario'] | undefined
}

/** The parts of a sweep of wrong form that are right by themselves, to find what else is wrong. */
function soundParts(value: unknown): SoundParts {
  const given = isRecord(value) ? value : {}
  const { scenario, seeds } = sweepSchema.shape
  const axes = axesIn(value).flatMap((each) => {
    const parsed = axis.safeParse(each)
    return parsed.success ? [parsed.data] : []
  })
  return {
    name: 'sweep',
    scenario: scenario.optional().catch(undefined).parse(given.scenario),
    seeds: seeds.catch({ from: 1, count: 1 }).parse(given.seeds),
    axes: axes.slice(0, AXES_MAX),
  }
}

function axesIn(value: unknown): readonly unknown[] {
  return isRecord(value) && Array.isArray(value.axes) ? value.axes : []
}

/** A recording counts by its hash: the same sweep on another machine finds it elsewhere. */
function withoutPlace(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('sha256' in value)) return value
  return { ...value, file: undefined }
}

function baseOf(
  path: string,
  scenario: string | Record<string, unknown>,
  problems: Problem[],
): Record<string, unknown> | null {
  if (typeof scenario !== 'string') return scenario
  try {
    const base = rawScenario(resolve(dirname(path), scenario))
    if (isRecord(base)) return base
    problems.push({ path: 'scenario', message: `${scenario} is no scenario` })
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    for (const { message } of error.problems) {
      problems.push({ path: 'scenario', message: `${scenario} ${message}` })
    }
  }
  return null
}

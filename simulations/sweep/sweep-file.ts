import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { parseFile } from '../input/files.ts'
import { InputError, type Problem } from '../input/problems.ts'
import { checkScenario, rawScenario, recorded, ScenarioError, seated } from '../scenario/load.ts'
import { isRecord } from '../scenario/paths.ts'
import type { Scenario } from '../scenario/schema.ts'
import { STRATEGIES } from '../strategies.ts'

const NAMES: readonly string[] = STRATEGIES.map(({ name }) => name)
/** Most runs of one sweep: results of so many, two kilobytes each, can be read again. */
const CELLS_MAX = 200_000
/** Problems of cells that are listed; a wrong axis breaks every one of them alike. */
const PROBLEMS_MAX = 50

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
  scenario: z.union([z.string(), z.record(z.string(), z.unknown())]),
  seeds: z.strictObject({
    from: z.int().min(0).max(0xffffffff).default(1),
    count: z.int().min(1).max(CELLS_MAX),
  }),
  axes: z.array(axis).max(10).default([]),
})

/** What a sweep file says, with its scenario in it. */
export type Definition = z.infer<typeof sweepSchema>
export type AxisValue = z.infer<typeof value>

/** A scenario that is not checked yet. */
type Draft = Record<string, unknown> & {
  committee?: { readonly members?: unknown; readonly f?: unknown }
  adversaries?: unknown
}

/** One combination of the axes: its seeds are that many cells. */
export interface Point {
  readonly values: readonly AxisValue[]
  readonly scenario: Scenario
}

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
  const parsed = parseFile(path, sweepSchema)
  if (!parsed.ok) throw new InputError('SWEEP_INVALID', 'the sweep', parsed.problems)
  const { name, about, seeds, axes } = parsed.value
  const problems: Problem[] = []
  const base = baseOf(path, parsed.value.scenario, problems)
  const names = axes.map((each) => each.axis)
  if (new Set(names).size < names.length) {
    problems.push({ path: 'axes', message: 'must not vary one thing twice' })
  }
  const count = axes.reduce((product, { values }) => product * values.length, seeds.count)
  if (count > CELLS_MAX) {
    problems.push({ path: 'axes', message: `makes ${count} runs; at most ${CELLS_MAX}` })
  }
  if (seeds.from + seeds.count > 0x1_0000_0000) {
    problems.push({ path: 'seeds', message: 'must stay below 4294967296' })
  }
  if (problems.length > 0) throw new InputError('SWEEP_INVALID', 'the sweep', problems)
  const { scenario } = parsed.value
  const folder = dirname(typeof scenario === 'string' ? resolve(dirname(path), scenario) : path)
  const found: Found[] = []
  const points = combinations(axes.map(({ values }) => values)).flatMap((values) => {
    const made = pointOf({ name, folder, base, names, values })
    found.push(...made.problems.map((problem) => ({ problem, values })))
    return made.point === null ? [] : [made.point]
  })
  if (found.length > 0) throw new InputError('SWEEP_INVALID', 'the sweep', together(found, axes))
  const whole = JSON.stringify({ points, seeds }, withoutPlace)
  const digest = createHash('sha256').update(whole).digest('hex')
  const definition = { ...parsed.value, scenario: base }
  return { name, about, axes: names, points, seeds, digest, definition }
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
): Record<string, unknown> {
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
  return {}
}

function combinations(axes: readonly (readonly AxisValue[])[]): readonly (readonly AxisValue[])[] {
  return axes.reduce<readonly (readonly AxisValue[])[]>(
    (rows, values) => rows.flatMap((row) => values.map((each) => [...row, each])),
    [[]],
  )
}

/** A problem, and the combination that has it. */
interface Found {
  readonly problem: Problem
  readonly values: readonly AxisValue[]
}

/**
 * Each problem once, with the values that all combinations share that have it and others do not:
 * most are of one value of one axis, and not of what it meets.
 */
function together(
  found: readonly Found[],
  axes: readonly { readonly axis: string; readonly values: readonly AxisValue[] }[],
): readonly Problem[] {
  const groups = Map.groupBy(found, ({ problem: { path, message } }) => `${path}: ${message}`)
  return [...groups.values()].slice(0, PROBLEMS_MAX).map((group) => {
    const { problem } = group[0] as Found
    const shared = axes.flatMap(({ axis, values }, at) => {
      const met = [...new Set(group.map((each) => each.values[at]))]
      return met.length === values.length ? [] : [`${axis} ${met.join(' or ')}`]
    })
    const label = shared.length === 0 ? '' : ` (with ${shared.join(', ')})`
    return { ...problem, message: `${problem.message}${label}` }
  })
}

/** The scenario of one combination; null when it has problems. */
function pointOf(of: {
  readonly name: string
  /** Where the file of a recording is looked for. */
  readonly folder: string
  readonly base: Record<string, unknown>
  readonly names: readonly string[]
  readonly values: readonly AxisValue[]
}): { readonly point: Point | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  try {
    const { draft, given } = varied(of)
    const named = { ...draft, ...controlled(draft, given, problems), name: of.name }
    const scenario = checkScenario(named)
    const point = { values: of.values, scenario: recorded(scenario, of.folder) }
    return { point: problems.length === 0 ? point : null, problems }
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    // Members under control were counted off by a committee that is none.
    const isCommittee = error.problems.every(({ path }) => path !== 'committee.members')
    const own = error.problems.filter(({ path }) => isCommittee || !path.startsWith('adversaries'))
    return { point: null, problems: [...problems, ...own] }
  }
}

/**
 * The scenario with the values of its axes, and with members in the place of groups.
 *
 * @throws {ScenarioError} SCENARIO_INVALID with every problem of its seats
 */
function varied(of: {
  readonly folder: string
  readonly base: Record<string, unknown>
  readonly names: readonly string[]
  readonly values: readonly AxisValue[]
}): { readonly draft: Draft; readonly given: ReadonlyMap<string, AxisValue> } {
  const scenario: Draft = structuredClone(of.base)
  const given = new Map(of.names.map((name, at) => [name, of.values[at] as AxisValue]))
  for (const [name, each] of given) {
    if (name === 'members') put(scenario, ['committee', 'members'], each)
    else if (name !== 'strategy' && name !== 'faulty') put(scenario, name.split('.'), each)
  }
  return { draft: seated(scenario, of.folder) as Draft, given }
}

/** The adversaries that the axes name, if they do, and which of their values mean nothing. */
function controlled(
  draft: Draft,
  given: ReadonlyMap<string, AxisValue>,
  problems: Problem[],
): { readonly adversaries?: readonly unknown[] } {
  if (!given.has('strategy') && !given.has('faulty')) return {}
  const refuse = (message: string) => problems.push({ path: 'axes', message })
  return { adversaries: adversariesOf(draft, given, refuse) }
}

/** The last members follow the strategies; f of them unless `faulty` says else. */
function adversariesOf(
  { committee }: Draft,
  given: ReadonlyMap<string, AxisValue>,
  refuse: (message: string) => void,
): readonly unknown[] {
  const strategies = strategiesOf(given.get('strategy'), refuse)
  const size = Number(committee?.members)
  const f = committee?.f === undefined ? faultyMax(Math.max(1, size || 1)) : Number(committee.f)
  const count = faultyOf(given.get('faulty') ?? 'f', f)
  if (count === null) refuse('faulty must be f, f+1 or a whole number from 0')
  // A committee that is none is found by its own rules.
  if (count === null || !Number.isInteger(size)) return []
  if (count > size) refuse(`faulty must not exceed the ${size} members`)
  const members = Array.from({ length: Math.min(count, size) }, (_, at) => size - 1 - at)
  return members.length === 0 ? [] : strategies.map((strategy) => ({ strategy, members }))
}

/** The strategies of a value, joined by `+`; `none` is none. */
function strategiesOf(
  value: AxisValue | undefined,
  refuse: (message: string) => void,
): readonly string[] {
  if (value === undefined) refuse('faulty needs an axis strategy beside it')
  if (value === undefined || value === 'none') return []
  return String(value)
    .split('+')
    .flatMap((text) => {
      const name = text.trim()
      if (NAMES.includes(name)) return [name]
      refuse(`strategy "${name}" is none of ${NAMES.join(', ')}`)
      return []
    })
}

function faultyOf(wanted: AxisValue, f: number): number | null {
  if (wanted === 'f') return f
  if (wanted === 'f+1') return f + 1
  return typeof wanted === 'number' && Number.isInteger(wanted) && wanted >= 0 ? wanted : null
}

function put(into: Record<string, unknown>, path: readonly string[], each: AxisValue): void {
  const [key, ...rest] = path
  if (key === undefined) return
  if (rest.length === 0) {
    into[key] = each
    return
  }
  const inner = into[key]
  const next = typeof inner === 'object' && inner !== null ? inner : {}
  into[key] = next
  put(next as Record<string, unknown>, rest, each)
}

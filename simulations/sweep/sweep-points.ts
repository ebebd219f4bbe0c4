import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { hintOf } from '../../aggregator/values/nearest-name.ts'
import type { Problem } from '../input/problems.ts'
import { checkScenario, formProblems, recorded, ScenarioError, seated } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { STRATEGIES } from '../strategies.ts'

const NAMES: readonly string[] = STRATEGIES.map(({ name }) => name)
const NO_STRATEGY = 'faulty needs an axis strategy beside it'
/** Problems of cells that are listed; a wrong axis breaks every one of them alike. */
const PROBLEMS_MAX = 50

export type AxisValue = string | number | boolean

/** `members`, `faulty`, `strategy`, `variant`, or the path of a key, and what it takes in turn. */
export interface Axis {
  readonly axis: string
  readonly values: readonly AxisValue[]
}

/** One combination of the axes: its seeds are that many cells. */
export interface Point {
  readonly values: readonly AxisValue[]
  readonly scenario: Scenario
}

/** A scenario that is not checked yet. */
type Draft = Record<string, unknown> & {
  committee?: { readonly members?: unknown; readonly f?: unknown }
  adversaries?: unknown
}

/** Every combination of the axes, or what is wrong with some, each said once. */
export function pointsOf(
  of: Omit<Combination, 'names' | 'values'> & { readonly axes: readonly Axis[] },
  problems: Problem[],
): readonly Point[] {
  const found: Found[] = []
  const { axes, ...common } = of
  const names = axes.map((each) => each.axis)
  const points = combinations(axes.map(({ values }) => values)).flatMap((values) => {
    const made = pointOf({ ...common, names, values })
    found.push(...made.problems.map((problem) => ({ problem, values })))
    return made.point === null ? [] : [made.point]
  })
  problems.push(...together(found, axes))
  return points
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
function together(found: readonly Found[], axes: readonly Axis[]): readonly Problem[] {
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

interface Combination {
  readonly name: string
  /** Where the file of a recording is looked for. */
  readonly folder: string
  readonly base: Record<string, unknown>
  readonly names: readonly string[]
  readonly values: readonly AxisValue[]
  /** Whether these are all axes of the file: others may give what is missing here. */
  readonly isWhole: boolean
}

/** The scenario of one combination; null when it has problems. */
function pointOf(of: Combination): {
  readonly point: Point | null
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  try {
    const { draft, given } = varied(of)
    const named = { ...draft, ...controlled(draft, given, problems), name: of.name }
    if (!of.isWhole) return { point: null, problems: partProblems(named, problems) }
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

/** What is wrong with a scenario that lacks the values of some axis, whatever that may give. */
function partProblems(named: Draft, problems: readonly Problem[]): readonly Problem[] {
  const all = [...problems, ...formProblems(named)]
  return all.filter(({ message }) => !message.startsWith('is missing') && message !== NO_STRATEGY)
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
  if (value === undefined) refuse(NO_STRATEGY)
  if (value === undefined || value === 'none') return []
  return String(value)
    .split('+')
    .flatMap((text) => {
      const name = text.trim()
      if (NAMES.includes(name)) return [name]
      refuse(`strategy "${name}" is none of ${NAMES.join(', ')}${hintOf(name, NAMES)}`)
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

import { dirname } from 'node:path'
import { parseDocument } from 'yaml'
import { problemsOf } from '../../aggregator/committee/params-check.ts'
import { nearestName } from '../../aggregator/values/nearest-name.ts'
import { readText } from '../input/files.ts'
import { checkedBy, InputError, type Problem, textOfProblems } from '../input/problems.ts'
import { STRATEGIES } from '../strategies.ts'
import { VARIANTS } from '../variants.ts'
import { lengthMs, type Recording } from '../world/recorded.ts'
import { bookProblems } from './book-problems.ts'
import { chainProblems } from './chain-problems.ts'
import { endMsOf, paramsOf } from './params.ts'
import { isRecord } from './paths.ts'
import { priceProblems } from './price-problems.ts'
import { recordingOf, withRecording } from './recording.ts'
import { referenceProblems } from './reference-problems.ts'
import { type Scenario, scenarioSchema } from './schema.ts'
import { withSeats } from './seats.ts'

/** One thing wrong with a scenario: where, and what would be right. */
export interface ScenarioProblem {
  readonly path: string
  readonly message: string
}

/** A scenario that cannot be run; every problem of it is listed. */
export class ScenarioError extends Error {
  readonly code = 'SCENARIO_INVALID'
  readonly problems: readonly ScenarioProblem[]

  constructor(problems: readonly ScenarioProblem[]) {
    super(textOfProblems('the scenario', problems))
    this.name = 'ScenarioError'
    this.problems = problems
  }
}

/**
 * What a scenario file holds, before anything of it is checked.
 *
 * @throws {ScenarioError} SCENARIO_INVALID when it cannot be read, or is no YAML
 */
export function rawScenario(path: string): unknown {
  const read = readText(path, FILE_BYTES_MAX)
  if (!read.ok) throw new ScenarioError(read.problems)
  return textOf(read.value)
}

/** Largest scenario file. */
const FILE_BYTES_MAX = 4 * 1024 * 1024

/**
 * A scenario file, with the recording that it names read from beside it.
 *
 * @throws {ScenarioError} SCENARIO_INVALID with every problem found
 */
export function loadScenario(path: string): Scenario {
  const folder = dirname(path)
  return recorded(checkScenario(seated(rawScenario(path), folder)), folder)
}

/** The key that names a recording. */
const RECORDING = 'prices.model.file'

/**
 * The same scenario, bound to the recording that it follows, if any.
 *
 * @param folder where the file of a recording is looked for
 * @throws {ScenarioError} SCENARIO_INVALID with every problem of it
 */
export function recorded(scenario: Scenario, folder: string): Scenario {
  try {
    const bound = withRecording(scenario, folder)
    const recording = recordingOf(bound)
    if (recording === null) return bound
    const problems = recordingProblems(scenario, recording)
    if (problems.length === 0) return bound
    throw new ScenarioError(problems)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new ScenarioError(error.problems.map(inRecording))
  }
}

function inRecording({ path, message }: Problem): ScenarioProblem {
  return { path: RECORDING, message: path === '' ? message : `${path}: ${message}` }
}

/** What a recording lacks of what a scenario asks of it. */
function recordingProblems(scenario: Scenario, recording: Recording): readonly ScenarioProblem[] {
  const [runMs, recordedMs] = [endMsOf(scenario), lengthMs(recording)]
  const message = `lasts ${recordedMs} ms, and the run ${runMs} ms; record more or run less`
  const short = recordedMs >= runMs ? [] : [{ path: RECORDING, message }]
  const known = recording.venues.map(({ name }) => name)
  const missing = scenario.prices.venues.flatMap(({ path }, index) => {
    if (path === undefined || known.includes(path)) return []
    const what =
      known.length === 0
        ? 'needs a recording of each venue: import-prices makes it with --venues'
        : `must be a venue of the recording: ${known.join(', ')}`
    return [{ path: `prices.venues.${index}.path`, message: what }]
  })
  return [...short, ...missing]
}

/**
 * The same with members in the place of groups; see seats.ts.
 *
 * @throws {ScenarioError} SCENARIO_INVALID with every problem of its seats
 */
export function seated(value: unknown, folder: string): unknown {
  const made = withSeats(value, folder)
  if (made.problems.length > 0) throw new ScenarioError(made.problems)
  return made.value
}

/** @throws {ScenarioError} SCENARIO_INVALID with every problem found */
export function parseScenario(text: string): Scenario {
  return checkScenario(textOf(text))
}

function textOf(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true })
  if (document.errors.length > 0) {
    throw new ScenarioError(document.errors.map(({ message }) => ({ path: '', message })))
  }
  return document.toJS({ maxAliasCount: 20 })
}

/** @throws {ScenarioError} SCENARIO_INVALID with every problem found */
export function checkScenario(value: unknown): Scenario {
  const parsed = checkedBy(scenarioSchema, value)
  if (!parsed.ok) throw new ScenarioError(formProblems(value))
  const problems = crossProblems(parsed.value)
  if (problems.length > 0) throw new ScenarioError(problems)
  return parsed.value
}

/** What is wrong with a scenario before its fields are compared with one another. */
export function formProblems(value: unknown): readonly ScenarioProblem[] {
  const parsed = checkedBy(scenarioSchema, value)
  return [...(parsed.ok ? [] : parsed.problems), ...nameProblems(value)]
}

/** Rules between fields. */
function crossProblems(scenario: Scenario): readonly ScenarioProblem[] {
  const problems: ScenarioProblem[] = []
  const report = (path: string, holds: boolean, message: string): void => {
    if (!holds) problems.push({ path, message })
  }
  const { committee, network, prices } = scenario
  for (const { path, members } of memberLists(scenario)) {
    const known = members.every((index) => index < committee.members)
    report(path, known, `must name members from 0 to ${committee.members - 1}`)
    report(path, new Set(members).size === members.length, 'must not name a member twice')
  }
  problems.push(...nameProblems(scenario))
  const { latency } = network
  if (latency.type === 'uniform') {
    report('network.latency', latency.minMs <= latency.maxMs, 'minMs must not exceed maxMs')
  }
  if (latency.type === 'regions') {
    const placed = Object.values(latency.placement).reduce((sum, count) => sum + count, 0)
    const wanted = `must place ${committee.members} members, not ${placed}`
    report('network.latency.placement', placed === committee.members, wanted)
  }
  if (latency.type === 'placed') {
    const isOfEach = latency.regions.length === committee.members
    report('network.latency.regions', isOfEach, `must be of ${committee.members} members`)
  }
  for (const [index, cut] of network.cuts.entries()) {
    report(`network.cuts.${index}`, cut.fromMs < cut.toMs, 'fromMs must be before toMs')
  }
  const isOneFeed = prices.model?.type !== 'recorded' || committee.feeds === 1
  report('committee.feeds', isOneFeed, 'must be 1 with recorded prices: they are of one feed')
  for (const [index, fault] of scenario.faults.entries()) {
    if (fault.type !== 'crash' || fault.restartMs === undefined) continue
    report(`faults.${index}`, fault.restartMs > fault.atMs, 'restartMs must be after atMs')
    const { everyMs } = fault
    const fits = everyMs === undefined || everyMs > fault.restartMs - fault.atMs
    report(`faults.${index}.everyMs`, fits, 'must be longer than from atMs to restartMs')
  }
  problems.push(
    ...priceProblems(scenario),
    ...referenceProblems(scenario),
    ...chainProblems(scenario),
    ...bookProblems(scenario),
  )
  if (problems.length === 0) problems.push(...committeeProblems(scenario))
  return problems
}

/** Strategies and variants that are none; also of a scenario whose form is wrong elsewhere. */
function nameProblems(value: unknown): readonly ScenarioProblem[] {
  if (!isRecord(value)) return []
  const adversaries: readonly unknown[] = Array.isArray(value.adversaries) ? value.adversaries : []
  const strategies = STRATEGIES.map(({ name }) => name)
  const variants = VARIANTS.map(({ name }) => name)
  return [
    ...adversaries.flatMap((each, index) => {
      const path = `adversaries.${index}.strategy`
      return isRecord(each) ? nameProblem(path, each.strategy, strategies) : []
    }),
    ...nameProblem('variant', value.variant, variants),
  ]
}

/** What is no text is the schema's to refuse. */
function nameProblem(
  path: string,
  given: unknown,
  names: readonly string[],
): readonly ScenarioProblem[] {
  if (typeof given !== 'string' || names.includes(given)) return []
  const meant = nearestName(given, names)
  const wanted = `must be one of ${names.join(', ')}`
  const message = meant === null ? wanted : `did you mean ${meant}? It ${wanted}`
  return [{ path, message }]
}

/** What the protocol itself demands of the parameters (protocol §3). */
function committeeProblems(scenario: Scenario): readonly ScenarioProblem[] {
  const keys = Array.from({ length: scenario.committee.members }, (_, index) => ({
    identityKey: new Uint8Array(33).fill(index).fill(2, 0, 1),
  }))
  const problems = problemsOf({ ...paramsOf(scenario, scenario.seed), members: keys })
  return problems.map(({ path, message }) => ({ path: `committee.${path}`, message }))
}

function memberLists(
  scenario: Scenario,
): readonly { readonly path: string; readonly members: readonly number[] }[] {
  const lists: { path: string; members: readonly number[] }[] = []
  for (const key of ['clocks', 'faults', 'adversaries'] as const) {
    for (const [index, { members }] of scenario[key].entries()) {
      lists.push({ path: `${key}.${index}.members`, members })
    }
  }
  for (const [index, cut] of scenario.network.cuts.entries()) {
    lists.push({ path: `network.cuts.${index}.senders`, members: cut.senders })
    lists.push({ path: `network.cuts.${index}.receivers`, members: cut.receivers })
  }
  for (const [index, { members }] of scenario.prices.unreachable.entries()) {
    lists.push({ path: `prices.unreachable.${index}.members`, members })
  }
  return lists
}

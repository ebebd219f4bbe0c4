import { faultyMax } from '../../aggregator/quorum.ts'
import type { Rule, Violation } from '../checking/checker.ts'
import { Simulation } from '../run/simulation.ts'
import { checkScenario, ScenarioError } from '../scenario/load.ts'
import { recordingOf } from '../scenario/recording.ts'
import { scenarioText } from '../scenario/scenario-text.ts'
import type { Scenario } from '../scenario/schema.ts'

/** Runs that one shrinking may take; most end long before. */
const RUNS_MAX = 600
/** Seeds that a smaller scenario is tried with, besides the one that broke the larger. */
const SEEDS_TRIED = 6
/** Rounds that a shorter run keeps after the one in which the rule broke. */
const ROUNDS_SPARE = 2

/** A run that breaks a rule. */
export interface Failing {
  readonly scenario: Scenario
  readonly seed: number
  readonly rule: Rule
}

export interface Shrunk extends Failing {
  readonly violation: Violation
  /** Runs that it took. */
  readonly runs: number
}

type Change = (scenario: Scenario) => Scenario

/**
 * Makes a failing run smaller, one change at a time, as long as the same rule breaks and no more
 * members are faulty than f unless they were before: fewer rounds, members, faults, adversaries,
 * and a network without tricks.
 *
 * @returns null when the run does not break the rule in the first place
 */
export function shrink(failing: Failing): Shrunk | null {
  const first = breaking(failing.scenario, failing.seed, failing.rule)
  if (first === null) return null
  const state = { ...failing, ...first, runs: 1 }
  const accepts = (scenario: Scenario): boolean => {
    for (const seed of [state.seed, ...seedsUpTo(SEEDS_TRIED)]) {
      if (state.runs >= RUNS_MAX) return false
      state.runs += 1
      const found = breaking(scenario, seed, failing.rule)
      if (found === null || (first.isWithinModel && !found.isWithinModel)) continue
      Object.assign(state, found, { scenario, seed })
      return true
    }
    return false
  }
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false
    for (const change of changesOf(state.scenario, state.violation)) {
      const smaller = checked(change, state.scenario)
      if (smaller !== null && accepts(smaller)) isSmaller = true
    }
  }
  const { scenario, seed, violation, runs } = state
  return { scenario, seed, rule: failing.rule, violation, runs }
}

function breaking(scenario: Scenario, seed: number, rule: Rule) {
  const run = new Simulation({
    scenario: { ...scenario, stopAtViolation: true },
    seed,
    recording: recordingOf(scenario),
    rules: [rule],
  }).run()
  const [violation] = run.violations
  if (violation === undefined) return null
  return { violation, isWithinModel: run.committee.isWithinModel }
}

function seedsUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** Null when the change means nothing here, or leaves no sound scenario. */
function checked(change: Change, scenario: Scenario): Scenario | null {
  const smaller = change(scenario)
  if (JSON.stringify(smaller) === JSON.stringify(scenario)) return null
  try {
    return checkScenario(smaller)
  } catch (error) {
    if (error instanceof ScenarioError) return null
    throw error
  }
}

/** Large steps first: each that works makes all later ones quicker. */
function changesOf(scenario: Scenario, violation: Violation): readonly Change[] {
  const { faults, clocks, adversaries, network } = scenario
  const rounds = violation.round + ROUNDS_SPARE
  return [
    (each) => ({ ...each, rounds: Math.max(1, Math.min(each.rounds, rounds)) }),
    (each) => ({ ...each, faults: [], clocks: [] }),
    (each) => ({ ...each, network: { ...each.network, cuts: [] } }),
    (each) => ({ ...each, adversaries: [] }),
    ...[4, 7, 13].map(
      (members): Change =>
        (each) =>
          withMembers(each, members),
    ),
    (each) => ({ ...each, network: { ...each.network, lossPpm: 0, duplicationPpm: 0 } }),
    (each) => ({ ...each, work: { signMs: 0, combineMs: 0 } }),
    (each) => ({ ...each, committee: { ...each.committee, timing: 'region' } }),
    (each) => ({ ...each, committee: { ...each.committee, probeEvery: 32, feeds: 1 } }),
    (each) => ({
      ...each,
      network: { ...each.network, latency: { type: 'uniform', minMs: 2, maxMs: 12 } },
    }),
    (each) => ({
      ...each,
      network: { ...each.network, latency: { type: 'constant', ms: 5 } },
    }),
    ...faults.map((one): Change => without('faults', one)),
    ...clocks.map((one): Change => without('clocks', one)),
    ...adversaries.map((one): Change => without('adversaries', one)),
    ...network.cuts.map(
      (one): Change =>
        (each) => ({
          ...each,
          network: { ...each.network, cuts: each.network.cuts.filter((cut) => cut !== one) },
        }),
    ),
    ...faults.map((one): Change => onceOnly(one)),
    (each) => ({ ...each, rounds: Math.max(1, each.rounds >> 1) }),
    (each) => ({ ...each, rounds: Math.max(1, each.rounds - 1) }),
  ]
}

function without<K extends 'faults' | 'clocks' | 'adversaries'>(
  key: K,
  one: Scenario[K][number],
): Change {
  const text = JSON.stringify(one)
  return (scenario) => ({
    ...scenario,
    [key]: scenario[key].filter((each) => JSON.stringify(each) !== text),
  })
}

/** A crash that happens again and again happens once. */
function onceOnly(fault: Scenario['faults'][number]): Change {
  const text = JSON.stringify(fault)
  return (scenario) => ({
    ...scenario,
    faults: scenario.faults.map((each) => {
      if (each.type !== 'crash' || JSON.stringify(each) !== text) return each
      const { everyMs: _, ...once } = each
      return once
    }),
  })
}

/** A smaller committee: faulty members are its last ones, and others that are gone are left out. */
function withMembers(scenario: Scenario, members: number): Scenario {
  if (scenario.committee.members <= members) return scenario
  const kept = (list: readonly number[]) => list.filter((index) => index < members)
  const named = [...new Set(scenario.adversaries.flatMap((each) => each.members))]
  const { f = faultyMax(scenario.committee.members) } = scenario.committee
  // What needs more than f here may need more than f there.
  const count = faultyMax(members) + Math.max(0, named.length - f)
  const renamed = (list: readonly number[]) =>
    list
      .map((index) => named.indexOf(index))
      .filter((position) => position >= 0 && position < count)
      .map((position) => members - 1 - position)
  const some = <T extends { readonly members: readonly number[] }>(list: readonly T[]): T[] =>
    list.map((each) => ({ ...each, members: kept(each.members) })).filter(hasMembers)
  const cuts = scenario.network.cuts
    .map((cut) => ({ ...cut, senders: kept(cut.senders), receivers: kept(cut.receivers) }))
    .filter(({ senders, receivers }) => senders.length > 0 && receivers.length > 0)
  return {
    ...scenario,
    committee: { ...scenario.committee, members },
    network: { ...scenario.network, cuts },
    faults: some(scenario.faults),
    clocks: some(scenario.clocks),
    adversaries: scenario.adversaries
      .map((each) => ({ ...each, members: renamed(each.members) }))
      .filter(hasMembers),
  }
}

function hasMembers({ members }: { readonly members: readonly number[] }): boolean {
  return members.length > 0
}

/** The scenario as a file, which says what it breaks. */
export function scenarioYaml({ scenario, seed, violation }: Shrunk): string {
  const { rule, round, message } = violation
  return scenarioText({ ...scenario, about: `Breaks ${rule} in round ${round}: ${message}.`, seed })
}

import type { Rule, Violation } from '../checking/checker.ts'
import { Simulation } from '../run/simulation.ts'
import { checkScenario, ScenarioError } from '../scenario/load.ts'
import { recordingOf } from '../scenario/recording.ts'
import { scenarioText } from '../scenario/scenario-text.ts'
import type { Scenario } from '../scenario/schema.ts'
import { type Change, changesOf } from './shrink-changes.ts'

/** Runs that one shrinking may take; most end long before. */
const RUNS_MAX = 600
/** Seeds that a smaller scenario is tried with, besides the one that broke the larger. */
const SEEDS_TRIED = 6

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

/**
 * Makes a failing run smaller, one change at a time, as long as the same rule breaks and no more
 * members are faulty than f unless they were before: fewer rounds, members, faults, adversaries and
 * incidents, shorter ones, and a network, a chain and prices without tricks.
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

/** The scenario as a file, which says what it breaks. */
export function scenarioYaml({ scenario, seed, violation }: Shrunk): string {
  const { rule, round, message } = violation
  return scenarioText({ ...scenario, about: `Breaks ${rule} in round ${round}: ${message}.`, seed })
}

import type { Violation } from '../../simulations/checking/checker.ts'
import { createRun } from '../../simulations/run/run.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import type { SimulationResult } from '../../simulations/statistics/result.ts'

/** A run of ours of a scenario written in a test; what is left out has the schema's defaults. */
export function simulated(
  scenario: Readonly<Record<string, unknown>>,
  options: { readonly seed?: number } = {},
): SimulationResult {
  const { seed = 1 } = options
  const checked = checkScenario({ name: 'test', committee: { members: 4 }, ...scenario })
  return new Simulation({ scenario: checked, seed }).run()
}

/** The same by the protocol that the scenario names. */
export function measured(
  scenario: Readonly<Record<string, unknown>>,
  { seed = 1 }: { readonly seed?: number } = {},
): SimulationResult {
  const checked = checkScenario({ name: 'test', committee: { members: 4 }, ...scenario })
  return createRun({ scenario: checked, seed }).run()
}

/** Seeds from 1 until a rule is found broken; null when none of so many shows it. */
export function firstBreaking(
  scenario: Readonly<Record<string, unknown>>,
  search: { readonly rule: Violation['rule']; readonly seedsMax: number },
): number | null {
  const { rule, seedsMax } = search
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { violations } = simulated(scenario, { seed })
    if (violations.some((violation) => violation.rule === rule)) return seed
  }
  return null
}

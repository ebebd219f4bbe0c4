import { OURS } from '../protocols.ts'
import { RunRecorder } from '../record/run-recorder.ts'
import { ReferenceRun } from '../reference-world/run.ts'
import { countedRounds } from '../scenario/params.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { observed } from './observed-run.ts'
import { Simulation, type SimulationOptions } from './simulation.ts'

/** A run of a scenario, whatever protocol it is of. */
export interface Run {
  /** Share of the run that is done, from 0 to 1. */
  readonly progress: number
  readonly isComplete: boolean
  /** Goes on for so many things that happen; true when the run is over. */
  readonly advance: (eventsMax: number) => boolean
  /** Runs to the end at once. */
  readonly run: () => SimulationResult
  /** What came out so far. */
  readonly result: () => SimulationResult
}

/** What a scenario can be run with, of ours and of others. */
export type RunOptions = Pick<SimulationOptions, 'scenario' | 'seed' | 'recording' | 'rules'> & {
  /** Collects what a report shows of the run, which stays the same. */
  readonly recorder?: RunRecorder
}

/** The same scenario and seed give the same run on every machine. */
export function createRun(options: RunOptions): Run {
  const { recorder } = options
  if (options.scenario.protocol !== OURS) return new ReferenceRun(options)
  return new Simulation(recorder === undefined ? options : observed(options, recorder))
}

/** What collects what a report shows of a run of a scenario. */
export function recorderOf(scenario: Scenario): RunRecorder {
  const { members } = scenario.committee
  return new RunRecorder({ members, ...countedRounds(scenario) })
}

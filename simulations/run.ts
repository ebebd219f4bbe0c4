import { OURS } from './reference-protocols.ts'
import { ReferenceRun } from './reference-run.ts'
import type { SimulationResult } from './result.ts'
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
export type RunOptions = Pick<SimulationOptions, 'scenario' | 'seed' | 'recording' | 'rules'>

/** The same scenario and seed give the same run on every machine. */
export function createRun(options: RunOptions): Run {
  if (options.scenario.protocol === OURS) return new Simulation(options)
  return new ReferenceRun(options)
}

import type { Rule, Violation } from '../checking/checker.ts'
import { createRun } from '../run/run.ts'
import { Simulation } from '../run/simulation.ts'
import { recordingOf } from '../scenario/recording.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { BookFigures } from '../statistics/book-figures.ts'
import type { ChainFigures } from '../statistics/chain-figures.ts'
import { type Influence, InfluenceMeter } from '../statistics/influence.ts'
import type { ManipulationFigures } from '../statistics/manipulation-figures.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { poolOf } from './pool.ts'

/** One run, as a message to a thread. */
export interface Job {
  readonly scenario: Scenario
  readonly seed: number
  /** Only these invariants are watched; all when left out. */
  readonly rules?: readonly Rule[]
}

/** What is kept of a run: all figures, no curves. The same for the same job, wherever it ran. */
export interface Outcome {
  readonly isWithinModel: boolean
  readonly virtualMs: number
  readonly events: number
  readonly rounds: SimulationResult['rounds']
  readonly latencyMs: SimulationResult['latencyMs']
  readonly withoutResult: SimulationResult['withoutResult']
  readonly wire: SimulationResult['wire']
  readonly errorBps: SimulationResult['errorBps']
  readonly differing: number
  readonly unavailable: SimulationResult['unavailable']
  /** Of a scenario with a chain. */
  readonly chain?: Omit<ChainFigures, 'timeline'>
  /** Of a scenario in which somebody pushes venues, and of one with a book. */
  readonly manipulation?: Omit<ManipulationFigures, 'timeline'>
  readonly book?: Omit<BookFigures, 'timeline'>
  readonly convicted: readonly number[]
  readonly violationCount: number
  /** The first of each rule, in the order in which they broke. */
  readonly violations: readonly Violation[]
  readonly traceHash: string
}

/** A run, and what is wanted of it: its figures, all that it shows, or how far it was moved. */
export interface SimulationTask {
  readonly type: 'run' | 'whole' | 'influence'
  readonly job: Job
}

export type SimulationAnswer =
  | { readonly type: 'run'; readonly outcome: Outcome }
  | { readonly type: 'whole'; readonly result: SimulationResult }
  | { readonly type: 'influence'; readonly influence: Influence }

/** Runs on threads. */
export const runSimulations = poolOf<SimulationTask, SimulationAnswer>(
  './job-worker',
  import.meta.url,
)

/** Performs a run; the same task has the same answer in every thread. */
export function performSimulation({ type, job }: SimulationTask): SimulationAnswer {
  switch (type) {
    case 'run':
      return { type, outcome: performJob(job) }
    case 'whole':
      return { type, result: wholeRun(job) }
    case 'influence':
      return { type, influence: influenceOf(job) }
  }
}

export function performJob(job: Job): Outcome {
  const result = wholeRun(job)
  const { virtualMs, events, rounds, latencyMs, wire, errorBps, differing } = result
  const { unavailable, convicted, violationCount, traceHash, withoutResult } = result
  const broken = new Set<Rule>()
  const violations = result.violations.filter(({ rule }) => {
    const isFirst = !broken.has(rule)
    broken.add(rule)
    return isFirst
  })
  const { isWithinModel } = result.committee
  const figures = { isWithinModel, virtualMs, events, rounds, latencyMs, withoutResult }
  const compared = { wire, errorBps, differing, unavailable, ...sectionsOf(result) }
  return { ...figures, ...compared, convicted, violationCount, violations, traceHash }
}

/** What a scenario has besides a committee, without the points of plots. */
function sectionsOf({
  chain,
  manipulation,
  book,
}: SimulationResult): Pick<Outcome, 'chain' | 'manipulation' | 'book'> {
  return {
    ...(chain === undefined ? {} : { chain: withoutTimeline(chain) }),
    ...(manipulation === undefined ? {} : { manipulation: withoutTimeline(manipulation) }),
    ...(book === undefined ? {} : { book: withoutTimeline(book) }),
  }
}

function withoutTimeline<T extends { readonly timeline: unknown }>(
  figures: T,
): Omit<T, 'timeline'> {
  const { timeline: _, ...others } = figures
  return others
}

/** A run with its curves and timeline. */
function wholeRun({ scenario, seed, rules }: Job): SimulationResult {
  const recording = recordingOf(scenario)
  const watched = rules === undefined ? {} : { rules }
  return createRun({ scenario, seed, recording, ...watched }).run()
}

/** How far the certified values of a run lie from what honest members saw. */
export function influenceOf({ scenario, seed }: Job): Influence {
  const recording = recordingOf(scenario)
  const meter = new InfluenceMeter()
  new Simulation({ scenario, seed, recording, checkers: [meter.createChecker] }).run()
  return meter.figures()
}

import type { Rule, Violation } from './checker.ts'
import type { CumulativePoint, LatencySummary } from './histogram.ts'
import type { RoundEnd, TimelineBucket } from './timeline.ts'

/** What a run shows. Depends on scenario and seed alone, so two runs can be compared as text. */
export interface SimulationResult {
  readonly scenario: string
  readonly seed: number
  /** `none`, or what was changed in the protocol. */
  readonly variant: string
  /** False when the run was stopped before its end. */
  readonly isComplete: boolean
  readonly committee: {
    readonly members: number
    readonly f: number
    /** Members that adversaries control. */
    readonly faulty: readonly number[]
    /** No more faulty members than f: then no safety rule may break. */
    readonly isWithinModel: boolean
  }
  readonly virtualMs: number
  readonly events: number
  readonly rounds: { readonly opened: number } & Readonly<Record<RoundEnd, number>>
  readonly latencyMs: { readonly first: LatencySummary; readonly all: LatencySummary }
  readonly convicted: readonly number[]
  readonly notes: Readonly<Record<string, number>>
  readonly checked: readonly Rule[]
  readonly violationCount: number
  readonly violations: readonly Violation[]
  /** See `Trace`. */
  readonly traceHash: string
  readonly curves: {
    readonly first: readonly CumulativePoint[]
    readonly all: readonly CumulativePoint[]
  }
  readonly timeline: readonly TimelineBucket[]
}

import type { Rule, Violation } from './checker.ts'
import type { CumulativePoint, LatencySummary } from './histogram.ts'
import type { ValueErrors } from './round-statistics.ts'
import type { RoundEnd, TimelineBucket } from './timeline.ts'
import type { Sent } from './world/network.ts'

/** What a run shows. Depends on scenario and seed alone, so two runs can be compared as text. */
export interface SimulationResult {
  readonly scenario: string
  /** `ours`, or a reference protocol. */
  readonly protocol: string
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
  readonly latencyMs: {
    /** From the opening of a round to the first certificate, and to each honest member's. */
    readonly first: LatencySummary
    readonly all: LatencySummary
    /** From the mean moment of the honest observations to each honest member's. */
    readonly observed: LatencySummary
  }
  /** Copies that members handed to links, relayed ones too, and their bytes. */
  readonly wire: Sent
  /** Copies that members did not take; of others, none are refused. */
  readonly refused: number
  /** How far certified values of the first feed are off the true price. */
  readonly errorBps: ValueErrors
  /** Rounds in which two honest members held different values. */
  readonly differing: number
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

import type { Rule, Violation } from '../checking/checker.ts'
import type { Wire } from '../world/overlay.ts'
import type { BookFigures } from './book-figures.ts'
import type { ChainFigures } from './chain-figures.ts'
import type { ManipulationFigures } from './manipulation-figures.ts'
import type { RoundFigures } from './round-statistics.ts'

/** What a run shows. Depends on scenario and seed alone, so two runs can be compared as text. */
export interface SimulationResult extends RoundFigures {
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
  /** Of a scenario with a chain. */
  readonly chain?: ChainFigures
  /** Of a scenario in which somebody pushes venues. */
  readonly manipulation?: ManipulationFigures
  /** Of a scenario with a consumer's book. */
  readonly book?: BookFigures
  readonly virtualMs: number
  readonly events: number
  /**
   * Copies that members handed to links in the rounds that count, and their bytes, with all that
   * gossip repeats. Of the rounds that were `opened`, lost ones too.
   */
  readonly wire: Wire
  /** Copies that members did not take; of others, none are refused. */
  readonly refused: number
  readonly convicted: readonly number[]
  readonly notes: Readonly<Record<string, number>>
  readonly checked: readonly Rule[]
  readonly violationCount: number
  readonly violations: readonly Violation[]
  /** See `Trace`. */
  readonly traceHash: string
}

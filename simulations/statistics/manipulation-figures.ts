import type { Round } from '../../aggregator/values/ids.ts'
import { Bins, POINTS_MAX } from './bins.ts'

/** What a run shows of those who push its venues, all of them together; money in US dollars. */
export interface ManipulationFigures {
  /** Premiums and fees; the sum of the three. */
  readonly spentUsd: number
  /** Premiums of moving prices, and of keeping them against arbitrage. */
  readonly pushUsd: number
  readonly holdUsd: number
  readonly feeUsd: number
  /** Bought or sold, and kept until all is over: the capital that it takes. */
  readonly boughtUsd: number
  /** Counted rounds in which some market was pushed, and in which a node left out one of these. */
  readonly rounds: number
  readonly quarantinedRounds: number
  /** How far the certified value was off in these rounds, in the direction of the push. */
  readonly movedBps: { readonly meanBps: number | null; readonly maxBps: number | null }
  /** One stopped paying, because the committee did not follow. */
  readonly hasGivenUp: boolean
  readonly venues: readonly PushedVenue[]
  readonly timeline: readonly ManipulationBucket[]
}

export interface PushedVenue {
  readonly venue: string
  readonly market: string
  readonly spentUsd: number
  readonly boughtUsd: number
  /** Counted rounds in which it was pushed, and in which a node left it out. */
  readonly rounds: number
  readonly quarantinedRounds: number
  /** Furthest from the true price; below it negative. */
  readonly furthestBps: number
}

/** Consecutive rounds in one point of a plot. */
export interface ManipulationBucket {
  round: Round
  rounds: number
  /** Until the last of them. */
  spentUsd: number
  /** Of each pushed market, furthest off in these rounds. */
  movesBps: number[]
}

/** Collects rounds into a bounded number of points. */
export function manipulationTimeline(): Bins<ManipulationBucket> {
  return new Bins<ManipulationBucket>(POINTS_MAX, (into, other) => {
    into.spentUsd = other.spentUsd
    into.movesBps = into.movesBps.map((move, at) => {
      const next = other.movesBps[at] ?? 0
      return Math.abs(next) > Math.abs(move) ? next : move
    })
  })
}

import type { Round } from '../../aggregator/values/ids.ts'
import { Bins, POINTS_MAX } from './bins.ts'

/** How a round ended for the committee. */
export type RoundEnd = 'fast' | 'proposed' | 'lost'

/** What is shown of one round; values in whole units of the feed, for plots only. */
export interface TimelineRound {
  readonly round: Round
  readonly end: RoundEnd
  /** From the opening to the first certificate at an honest member, and to the last one's. */
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly value: number | null
  readonly honestLow: number | null
  readonly honestHigh: number | null
  /** The true price when the round opened, where a value was held against it. */
  readonly truth: number | null
}

/** Consecutive rounds in one point of a plot. */
export interface TimelineBucket {
  round: Round
  rounds: number
  fast: number
  proposed: number
  lost: number
  firstMsSum: number
  firstMsMax: number
  lastMsMax: number
  valueLow: number | null
  valueHigh: number | null
  honestLow: number | null
  honestHigh: number | null
  truthLow: number | null
  truthHigh: number | null
  /** Distances from the true price at the opening of each round, below it negative. */
  errorBpsLow: number | null
  errorBpsHigh: number | null
  honestBpsLow: number | null
  honestBpsHigh: number | null
}

/** Collects rounds into a bounded number of points. */
export class Timeline {
  readonly #bins = new Bins<TimelineBucket>(POINTS_MAX, merge)

  add(round: TimelineRound): void {
    this.#bins.add(bucketOf(round))
  }

  get buckets(): readonly TimelineBucket[] {
    return this.#bins.all
  }
}

function bucketOf(entry: TimelineRound): TimelineBucket {
  const { round, end, firstMs, lastMs, value, honestLow, honestHigh, truth } = entry
  const bps = (price: number | null) =>
    price === null || truth === null ? null : (10_000 * (price - truth)) / truth
  return {
    round,
    rounds: 1,
    fast: end === 'fast' ? 1 : 0,
    proposed: end === 'proposed' ? 1 : 0,
    lost: end === 'lost' ? 1 : 0,
    firstMsSum: firstMs ?? 0,
    firstMsMax: firstMs ?? 0,
    lastMsMax: lastMs ?? 0,
    valueLow: value,
    valueHigh: value,
    honestLow,
    honestHigh,
    truthLow: truth,
    truthHigh: truth,
    errorBpsLow: bps(value),
    errorBpsHigh: bps(value),
    honestBpsLow: bps(honestLow),
    honestBpsHigh: bps(honestHigh),
  }
}

function merge(into: TimelineBucket, other: TimelineBucket): void {
  into.fast += other.fast
  into.proposed += other.proposed
  into.lost += other.lost
  into.firstMsSum += other.firstMsSum
  into.firstMsMax = Math.max(into.firstMsMax, other.firstMsMax)
  into.lastMsMax = Math.max(into.lastMsMax, other.lastMsMax)
  for (const key of LOWEST) into[key] = lower(into[key], other[key])
  for (const key of HIGHEST) into[key] = higher(into[key], other[key])
}

const LOWEST = ['valueLow', 'honestLow', 'truthLow', 'errorBpsLow', 'honestBpsLow'] as const
const HIGHEST = ['valueHigh', 'honestHigh', 'truthHigh', 'errorBpsHigh', 'honestBpsHigh'] as const

function lower(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}

function higher(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return a > b ? a : b
}

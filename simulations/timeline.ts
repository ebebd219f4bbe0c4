import type { Round } from '../aggregator/values/ids.ts'

/** How a round ended for the committee. */
export type RoundEnd = 'fast' | 'proposed' | 'lost'

/** What is shown of one round; values in whole units of the feed, for plots only. */
export interface TimelineRound {
  readonly round: Round
  readonly end: RoundEnd
  /** From the opening to the first certificate anywhere; null when there was none. */
  readonly firstMs: number | null
  readonly value: number | null
  readonly honestLow: number | null
  readonly honestHigh: number | null
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
  valueLow: number | null
  valueHigh: number | null
  honestLow: number | null
  honestHigh: number | null
}

/** Points kept; twice as many rounds go into each when they are full. */
const BUCKETS_MAX = 1_024

/** Collects rounds into at most `BUCKETS_MAX` points, whatever the length of the run. */
export class Timeline {
  #buckets: TimelineBucket[] = []
  #roundsEach = 1

  add(round: TimelineRound): void {
    const last = this.#buckets.at(-1)
    const entry = bucketOf(round)
    if (last !== undefined && last.rounds < this.#roundsEach) {
      merge(last, entry)
      return
    }
    this.#buckets.push(entry)
    if (this.#buckets.length <= BUCKETS_MAX) return
    this.#roundsEach *= 2
    this.#buckets = this.#buckets.flatMap((bucket, index) => {
      const next = this.#buckets[index + 1]
      if (index % 2 === 1) return []
      if (next !== undefined) merge(bucket, next)
      return [bucket]
    })
  }

  get buckets(): readonly TimelineBucket[] {
    return this.#buckets
  }
}

function bucketOf(entry: TimelineRound): TimelineBucket {
  const { round, end, firstMs, value, honestLow, honestHigh } = entry
  return {
    round,
    rounds: 1,
    fast: end === 'fast' ? 1 : 0,
    proposed: end === 'proposed' ? 1 : 0,
    lost: end === 'lost' ? 1 : 0,
    firstMsSum: firstMs ?? 0,
    firstMsMax: firstMs ?? 0,
    valueLow: value,
    valueHigh: value,
    honestLow,
    honestHigh,
  }
}

function merge(into: TimelineBucket, other: TimelineBucket): void {
  into.rounds += other.rounds
  into.fast += other.fast
  into.proposed += other.proposed
  into.lost += other.lost
  into.firstMsSum += other.firstMsSum
  into.firstMsMax = Math.max(into.firstMsMax, other.firstMsMax)
  into.valueLow = lower(into.valueLow, other.valueLow)
  into.valueHigh = higher(into.valueHigh, other.valueHigh)
  into.honestLow = lower(into.honestLow, other.honestLow)
  into.honestHigh = higher(into.honestHigh, other.honestHigh)
}

function lower(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}

function higher(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return a > b ? a : b
}

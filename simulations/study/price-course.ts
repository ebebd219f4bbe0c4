import type { SimulationResult } from '../run/result.ts'
import { FEED_DECIMALS } from '../scenario/params.ts'
import type { Scenario } from '../scenario/schema.ts'
import { truthOf } from '../scenario/world.ts'

/** Distance between two openings of rounds, in runs that study prices. */
export const ROUND_MS = 500

/** How a certified price went beside the true one when its round opened. */
export interface PriceCourse {
  /** Distance while the incident lasts; null where no round had a value. */
  readonly meanBps: number | null
  readonly maxBps: number | null
  /** Share of rounds of the incident with a value. */
  readonly available: number
  readonly course: readonly { readonly s: number; readonly bps: number | null }[]
}

/** An incident lasts for the middle half of a run. */
export function incidentSpan(rounds: number): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: (rounds / 4) * ROUND_MS, toMs: ((rounds * 3) / 4) * ROUND_MS }
}

/** The course of a run with seed 1. */
export function priceCourse(
  { timeline }: SimulationResult,
  { prices, rounds }: Scenario,
): PriceCourse {
  const truth = truthOf(prices, { seed: 1, label: 'FEED0/USD', recording: null })
  const { fromMs, toMs } = incidentSpan(rounds)
  const course = timeline.map(({ round, valueHigh }) => {
    const price = truth.at(round * ROUND_MS * 1_000) / 10 ** FEED_DECIMALS
    const bps = valueHigh === null ? null : (10_000 * (valueHigh - price)) / price
    return { s: (round * ROUND_MS) / 1_000, bps }
  })
  const during = course.filter(({ s }) => s * 1_000 >= fromMs && s * 1_000 < toMs)
  const distances = during.flatMap(({ bps }) => (bps === null ? [] : [Math.abs(bps)]))
  const sum = distances.reduce((total, each) => total + each, 0)
  return {
    meanBps: distances.length === 0 ? null : sum / distances.length,
    maxBps: distances.length === 0 ? null : Math.max(...distances),
    available: during.length === 0 ? 0 : distances.length / during.length,
    course,
  }
}

import { medianFloor } from '../../aggregator/aggregation/median.ts'
import type { Observed, Values } from './member.ts'

/** The median of what was observed, feed by feed; null where nobody saw a value. */
export function reportOf(observed: readonly Observed[]): Values {
  const feeds = observed[0]?.values.length ?? 0
  return Array.from({ length: feeds }, (_, feed) => {
    const seen = observed.flatMap(({ values }) => values[feed] ?? [])
    return seen.length === 0 ? null : medianFloor(seen)
  })
}

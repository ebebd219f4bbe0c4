import type { Scenario } from '../scenario/schema.ts'

/** What a run costs, to compare runs: messages are most of the work, and each member hears all. */
export function costOf({ rounds, committee }: Pick<Scenario, 'rounds' | 'committee'>): number {
  return rounds * committee.members ** 2
}

/** So that no thread begins a long run when all others are done. */
export function dearestFirst<T>(runs: readonly T[], cost: (run: T) => number): readonly T[] {
  return runs.toSorted((a, b) => cost(b) - cost(a))
}

/**
 * Counts runs that ended by their cost: counted alike, the dear ones would be a few of many, and
 * what they still take would not be told.
 *
 * @returns told the index of a run that ended, the share of all that is done
 */
export function doneShare(costs: readonly number[]): (index: number) => number {
  const total = costs.reduce((sum, cost) => sum + cost, 0)
  let done = 0
  return (index) => {
    done += costs[index] ?? 0
    return done / total
  }
}

import { invariant } from '../assert.ts'

/**
 * Up to this many values insertion beats the built-in sort, which calls back for each comparison.
 */
const INSERTION_MAX = 31

/**
 * Median of at least one value; for an even count the floor of the mean of the two middle values,
 * towards minus infinity, because funding and basis can be negative (protocol §6.3).
 *
 * With at most f liars among 2f+1 or more values the result lies within the honest values' range.
 */
export function medianFloor(values: readonly bigint[]): bigint {
  const { lower, upper } = middlesOf(values)
  // Shifting floors; division would truncate towards zero.
  return (lower + upper) >> 1n
}

/**
 * The same for safe integers that lie within 2^53 of each other, such as timestamps in
 * milliseconds (protocol §6.3).
 */
export function medianFloorNumbers(values: readonly number[]): number {
  const { lower, upper } = middlesOf(values)
  const distance = upper - lower
  return lower + (distance - (distance % 2)) / 2
}

/**
 * Median absolute deviation of at least one value from `centre`, never negative; for an even count
 * the mean of the two middle deviations, rounded up so that nobody reads less spread than there was
 * (protocol §6.3).
 */
export function spreadAround(values: readonly bigint[], centre: bigint): bigint {
  const { lower, upper } = middlesOf(
    values.map((value) => (value < centre ? centre - value : value - centre)),
  )
  return (lower + upper + 1n) >> 1n
}

/** The two middle values in ascending order; the same one twice for an odd count. */
function middlesOf<T extends bigint | number>(
  values: readonly T[],
): { readonly lower: T; readonly upper: T } {
  invariant(values.length > 0, 'a median is of at least one value')
  const sorted = [...values]
  if (sorted.length > INSERTION_MAX) sorted.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  else sortByInsertion(sorted)
  const half = sorted.length >> 1
  const upper = sorted[half] as T
  return { lower: sorted.length % 2 === 1 ? upper : (sorted[half - 1] as T), upper }
}

function sortByInsertion<T extends bigint | number>(values: T[]): void {
  for (let next = 1; next < values.length; next++) {
    const value = values[next] as T
    let hole = next
    for (; hole > 0; hole--) {
      const before = values[hole - 1] as T
      if (before <= value) break
      values[hole] = before
    }
    values[hole] = value
  }
}

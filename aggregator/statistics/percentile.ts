/**
 * Percentile by nearest rank: the smallest of the values that so many per cent do not exceed.
 *
 * @param ascending values in ascending order
 * @param percent a whole number, 1 to 100
 * @returns null when there is no value
 */
export function percentileOf(ascending: readonly number[], percent: number): number | null {
  const parts = percent * ascending.length
  const rest = parts % 100
  const rank = (parts - rest) / 100 + (rest === 0 ? 0 : 1)
  return ascending[rank - 1] ?? null
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Slope {
  readonly perUnit: number
  /** One standard error of it. */
  readonly error: number
}

/** Least squares through points; null with fewer than three, or all at one place. */
export function slopeOf(points: readonly Point[]): Slope | null {
  const count = points.length
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  if (count < 3 || sxx === 0) return null
  const sxy = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0)
  const perUnit = sxy / sxx
  const rest = points.reduce((sum, { x, y }) => sum + (y - meanY - perUnit * (x - meanX)) ** 2, 0)
  return { perUnit, error: Math.sqrt(rest / (count - 2) / sxx) }
}

/** A mean over seeds, and how far off it may be. */
export interface Estimate {
  readonly mean: number
  /** Half of the interval that holds the true mean in 95 of 100 sweeps; null of one value. */
  readonly half: number | null
  readonly count: number
}

/** 97.5 % points of Student's t for 1 to 30 degrees of freedom. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
]
/** That of the normal distribution, to which the others tend. */
const Z = 1.959964

/** Null of no values. */
export function estimateOf(values: readonly number[]): Estimate | null {
  const count = values.length
  const [first] = values
  if (first === undefined) return null
  // From the first on, so that equal values have their own mean to the last digit.
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / count
  if (count === 1) return { mean, half: null, count }
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const error = Math.sqrt(squares / (count - 1) / count)
  return { mean, half: tOf(count - 1) * error, count }
}

/** Beyond the table by the series of Abramowitz and Stegun (26.7.5), to a ten thousandth. */
function tOf(freedom: number): number {
  const first = (Z ** 3 + Z) / 4
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96
  return T[freedom - 1] ?? Z + first / freedom + second / freedom ** 2
}

/** Ends of the interval, where there is one, within what a value can be: from 0 unless said. */
export function endsOf(
  { mean, half }: Estimate,
  {
    min = 0,
    max = Number.POSITIVE_INFINITY,
  }: { readonly min?: number; readonly max?: number } = {},
): readonly [number, number] | null {
  return half === null ? null : [Math.max(min, mean - half), Math.min(max, mean + half)]
}

/** The mean with what may be wrong about it. */
export function estimateText({ mean, half }: Estimate, digits: number): string {
  const least = 0.5 * 10 ** -digits
  const text = mean.toFixed(digits)
  return half === null || half < least ? text : `${text} ± ${half.toFixed(digits)}`
}

/**
 * Counts of whole numbers from 0 in buckets: quantiles of any number of values in memory that
 * depends on their size alone. Numbers below 256 have a bucket each; above, 128 buckets divide each
 * doubling, so that a quantile is at most 1/128 too large, and never too small.
 */
export interface QuantileSketch {
  readonly counts: Map<number, number>
  total: number
}

const BITS = 8
/** Buckets of a doubling: all numbers of `BITS` bits with the highest one set. */
const EACH = 2 ** (BITS - 1)

export function emptySketch(): QuantileSketch {
  return { counts: new Map(), total: 0 }
}

/** Counts a value; one below 0 counts as 0. */
export function count(sketch: QuantileSketch, value: bigint): void {
  const bucket = bucketOf(value)
  sketch.counts.set(bucket, (sketch.counts.get(bucket) ?? 0) + 1)
  sketch.total += 1
}

/**
 * The value that a share of all values does not exceed, by nearest rank; null when there is none.
 *
 * @param percent 1 to 100
 */
export function quantileOf(sketch: QuantileSketch, percent: number): bigint | null {
  const rank = Math.ceil((sketch.total * percent) / 100)
  let passed = 0
  for (const bucket of [...sketch.counts.keys()].sort((a, b) => a - b)) {
    passed += sketch.counts.get(bucket) ?? 0
    if (passed >= rank) return largestIn(bucket)
  }
  return null
}

function bucketOf(value: bigint): number {
  if (value <= 0n) return 0
  const shift = Math.max(0, value.toString(2).length - BITS)
  return shift * EACH + Number(value >> BigInt(shift))
}

function largestIn(bucket: number): bigint {
  const shift = Math.max(0, Math.floor(bucket / EACH) - 1)
  const head = BigInt(bucket - shift * EACH)
  return ((head + 1n) << BigInt(shift)) - 1n
}

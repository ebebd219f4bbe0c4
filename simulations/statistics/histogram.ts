/** Durations counted in 200,000 bins: any number of them in the same memory. */
export interface Histogram {
  readonly add: (durationUs: number) => void
  readonly summary: () => LatencySummary
  /** Points of the cumulative distribution: share of all that took at most so long. */
  readonly cumulative: (points: number) => readonly CumulativePoint[]
}

/** In milliseconds; all null when nothing was counted. */
export interface LatencySummary {
  readonly count: number
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

export interface CumulativePoint {
  readonly ms: number
  readonly share: number
}

const BIN_US = 100
const BINS = 200_000
const BINS_START = 4_096

/** @param binUs width of a bin; the default counts up to 20 s */
export function createHistogram(binUs = BIN_US): Histogram {
  let bins = new Uint32Array(BINS_START)
  let count = 0
  let sumUs = 0
  let maxUs = 0

  const add = (durationUs: number): void => {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(durationUs / binUs)))
    if (bin >= bins.length) {
      const larger = new Uint32Array(Math.min(BINS, Math.max(bin + 1, 2 * bins.length)))
      larger.set(bins)
      bins = larger
    }
    bins[bin] = (bins[bin] as number) + 1
    count += 1
    sumUs += durationUs
    if (durationUs > maxUs) maxUs = durationUs
  }
  /** Upper edge of a bin; nothing that was counted is above the largest. */
  const edgeMs = (bin: number): number => Math.min((bin + 1) * binUs, maxUs) / 1_000
  /** Edge of the bin that holds the quantile. */
  const quantileMs = (share: number): number | null => {
    let passed = 0
    for (const [bin, inBin] of bins.entries()) {
      passed += inBin
      if (passed > 0 && passed >= share * count) return edgeMs(bin)
    }
    return null
  }
  const summary = (): LatencySummary => ({
    count,
    meanMs: count === 0 ? null : Math.round(sumUs / count) / 1_000,
    p50Ms: quantileMs(0.5),
    p90Ms: quantileMs(0.9),
    p99Ms: quantileMs(0.99),
    maxMs: count === 0 ? null : maxUs / 1_000,
  })
  const cumulative = (points: number): readonly CumulativePoint[] => {
    if (count === 0) return []
    const curve: CumulativePoint[] = []
    let passed = 0
    let wanted = 0
    for (const [bin, inBin] of bins.entries()) {
      if (inBin === 0) continue
      if (passed === 0) curve.push({ ms: (bin * binUs) / 1_000, share: 0 })
      passed += inBin
      if (passed / count < wanted) continue
      curve.push({ ms: edgeMs(bin), share: passed / count })
      wanted = passed / count + 1 / points
    }
    return curve
  }
  return { add, summary, cumulative }
}

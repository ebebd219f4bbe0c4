import type { LatencySummary } from '../statistics/histogram.ts'
import type { Outcome } from '../threads/job.ts'

/** What a sweep can draw of its runs. */
export interface Metric {
  /** What `--metrics` names, a column of the table of means, and part of file names. */
  readonly id: string
  /** End of the id: a column says what its numbers are. */
  readonly unit: string
  /** Ends with its unit. */
  readonly name: string
  readonly digits: number
  /** Most that it can be; it is never below 0 unless it is signed. */
  readonly max?: number
  /** May be below 0: colours part there. */
  readonly isSigned?: boolean
  /** An axis need not begin at 0. */
  readonly isFree?: boolean
  /** Drawn when nobody says which; every metric stands in the table. */
  readonly isMain?: boolean
  /** Null where a run has none, such as of a chain without a chain. */
  readonly read: (outcome: Outcome) => number | null
}

/** Shares of a hundred, numbers of each run, and money in thousands of dollars. */
export const PERCENT = { unit: 'percent', digits: 1, max: 100 } as const
export const PER_RUN = { unit: 'per-run', digits: 1 } as const
export const KUSD = { unit: 'kusd', digits: 0 } as const

/** The column of half of a metric's interval. */
export function halfIdOf({ id, unit }: Metric): string {
  return `${id.slice(0, -unit.length)}half-${unit}`
}

/** Mean, median and 99th percentile of a time. */
export function latencies(
  id: string,
  name: string,
  of: (outcome: Outcome) => LatencySummary | null,
): readonly Metric[] {
  const metric = (end: string, what: string, key: 'meanMs' | 'p50Ms' | 'p99Ms'): Metric => ({
    id: `${id}-${end}-ms`,
    unit: 'ms',
    name: `${what} ${name} (ms)`,
    digits: 1,
    read: (outcome) => of(outcome)?.[key] ?? null,
  })
  return [
    metric('mean', 'mean', 'meanMs'),
    metric('p50', 'median', 'p50Ms'),
    metric('p99', '99th percentile of the', 'p99Ms'),
  ]
}

/** Null of nothing. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

/** A part in per cent of a whole; null of nothing. */
export function percentOf(part: number, whole: number): number | null {
  return ratio(100 * part, whole)
}

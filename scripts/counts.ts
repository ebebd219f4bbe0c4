import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** What one test runner saw. Runners write it to the file that COUNTS_VARIABLE names. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  /** Those of the failed that have a name; a runner that dies leaves none. */
  readonly failures: readonly Noted[]
  readonly skipped: readonly Noted[]
}

export interface Noted {
  /** File and full title. */
  readonly name: string
  /** What the test said in its first line, or that it said nothing. */
  readonly reason: string
}

export const COUNTS_VARIABLE = 'PARALLAX_TEST_COUNTS'

export const NO_COUNTS: Counts = { passed: 0, failed: 0, failures: [], skipped: [] }

export function writeCounts(counts: Counts): void {
  const path = process.env[COUNTS_VARIABLE]
  if (path !== undefined) writeFileSync(path, JSON.stringify(counts))
}

/** Null when the runner died before it could write: then its exit code alone tells. */
export function readCounts(path: string): Counts | null {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Counts) : null
}

export function sum(all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((total, counts) => total + counts.passed, 0),
    failed: all.reduce((total, counts) => total + counts.failed, 0),
    failures: all.flatMap((counts) => counts.failures),
    skipped: all.flatMap((counts) => counts.skipped),
  }
}

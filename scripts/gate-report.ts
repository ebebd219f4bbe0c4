import type { Counts } from './counts.ts'

export interface StageResult {
  readonly name: string
  /** `stopped`: by a failure elsewhere, or by whoever runs the gate. */
  readonly outcome: 'passed' | 'failed' | 'stopped' | 'not run'
  readonly counts: Counts
  readonly durationMs: number
}

/** The times of stages that ran beside each other add up to more than the total. */
export function table(results: readonly StageResult[], totalMs: number): string {
  const rows = results.map(({ name, outcome, counts, durationMs }) => {
    const tests = [counts.passed, counts.failed, counts.skipped.length]
    const hasTests = tests.some((count) => count > 0)
    const cells = tests.map((count) => (hasTests ? String(count) : '').padStart(8))
    const time = outcome === 'not run' ? '' : seconds(durationMs)
    return `${name.padEnd(14)}${outcome.padEnd(8)}${cells.join('')}${time.padStart(10)}`
  })
  const head = `${'stage'.padEnd(14)}${'result'.padEnd(8)}  passed  failed skipped      time`
  const foot = `${'total'.padEnd(46)}${seconds(totalMs).padStart(10)}`
  return [head, ...rows, foot].join('\n')
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`
}

/** The plain sum that machines read. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  const sentence = `${passed} passed, ${failed} failed`
  return skipped.length === 0 ? sentence : `${sentence}, ${skipped.length} skipped`
}

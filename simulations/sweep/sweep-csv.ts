import type { Outcome } from './job.ts'
import { inOrder, type Results } from './results.ts'

const FIGURES: readonly (readonly [string, (outcome: Outcome) => string | number | null])[] = [
  ['rounds', ({ rounds }) => rounds.opened],
  ['fast', ({ rounds }) => rounds.fast],
  ['proposed', ({ rounds }) => rounds.proposed],
  ['lost', ({ rounds }) => rounds.lost],
  ['firstMeanMs', ({ latencyMs }) => latencyMs.first.meanMs],
  ['firstP50Ms', ({ latencyMs }) => latencyMs.first.p50Ms],
  ['firstP99Ms', ({ latencyMs }) => latencyMs.first.p99Ms],
  ['allMeanMs', ({ latencyMs }) => latencyMs.all.meanMs],
  ['allP50Ms', ({ latencyMs }) => latencyMs.all.p50Ms],
  ['allP99Ms', ({ latencyMs }) => latencyMs.all.p99Ms],
  ['convicted', ({ convicted }) => convicted.length],
  ['violations', ({ violationCount }) => violationCount],
  ['broken', ({ violations }) => violations.map(({ rule }) => rule).join(' ')],
  ['traceHash', ({ traceHash }) => traceHash],
]

/** Finished runs as comma-separated values (RFC 4180), in the order of the sweep. */
export function sweepCsv({ head, finished }: Results): string {
  const columns = [...head.axes, 'seed', ...FIGURES.map(([name]) => name)]
  const lines = inOrder(finished).map(({ values, seed, outcome }) => {
    const figures = FIGURES.map(([, read]) => read(outcome) ?? '')
    return [...values, seed, ...figures].map((cell) => quoted(String(cell))).join(',')
  })
  return [columns.map(quoted).join(','), ...lines, ''].join('\r\n')
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

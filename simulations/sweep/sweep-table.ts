import { type Column, columnsOf, type DataTable } from '../report/data-table.ts'
import type { Outcome } from './job.ts'
import { type Finished, inOrder, type Results } from './results.ts'

type Figure = readonly [name: string, type: Column['type'], read: Read]
type Read = (outcome: Outcome) => string | number | null

const FIGURES: readonly Figure[] = [
  ['rounds', 'integer', ({ rounds }) => rounds.opened],
  ['fast', 'integer', ({ rounds }) => rounds.fast],
  ['proposed', 'integer', ({ rounds }) => rounds.proposed],
  ['lost', 'integer', ({ rounds }) => rounds.lost],
  ['firstMeanMs', 'number', ({ latencyMs }) => latencyMs.first.meanMs],
  ['firstP50Ms', 'number', ({ latencyMs }) => latencyMs.first.p50Ms],
  ['firstP99Ms', 'number', ({ latencyMs }) => latencyMs.first.p99Ms],
  ['allMeanMs', 'number', ({ latencyMs }) => latencyMs.all.meanMs],
  ['allP50Ms', 'number', ({ latencyMs }) => latencyMs.all.p50Ms],
  ['allP99Ms', 'number', ({ latencyMs }) => latencyMs.all.p99Ms],
  ['observedMeanMs', 'number', ({ latencyMs }) => latencyMs.observed.meanMs],
  ['observedP99Ms', 'number', ({ latencyMs }) => latencyMs.observed.p99Ms],
  ['wireMessages', 'integer', ({ wire }) => wire.messages],
  ['wireBytes', 'integer', ({ wire }) => wire.bytes],
  ['errorBpsMean', 'number', ({ errorBps }) => errorBps.meanBps],
  ['errorBpsMax', 'number', ({ errorBps }) => errorBps.maxBps],
  ['differing', 'integer', ({ differing }) => differing],
  ['convicted', 'integer', ({ convicted }) => convicted.length],
  ['violations', 'integer', ({ violationCount }) => violationCount],
  ['broken', 'text', ({ violations }) => violations.map(({ rule }) => rule).join(' ')],
  ['traceHash', 'text', ({ traceHash }) => traceHash],
]

/** Finished runs, one row each, in the order of the sweep. */
export function sweepTable({ head, finished }: Results): DataTable {
  const ordered = inOrder(finished)
  const axes = head.axes.map((name, at): Column => ({ name, type: typeOfAxis(ordered, at) }))
  const figures = FIGURES.map(([name, type]): Column => ({ name, type }))
  return {
    columns: [...axes, ...columnsOf('integer', ['seed']), ...figures],
    rows: ordered.map(({ values, seed, outcome }) => [
      ...values.map((value) => (typeof value === 'boolean' ? String(value) : value)),
      seed,
      ...FIGURES.map(([, , read]) => read(outcome)),
    ]),
  }
}

/** Numbers where all values of the axis are numbers. */
function typeOfAxis(finished: readonly Finished[], at: number): Column['type'] {
  return finished.every(({ values }) => typeof values[at] === 'number') ? 'number' : 'text'
}

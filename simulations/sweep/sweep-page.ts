import { stringify } from 'yaml'
import { columnsOf, type DataTable } from '../report/data-table.ts'
import type { Page, Part } from '../report/page.ts'
import { escapeHtml, fixed } from '../report/text.ts'
import { estimateOf } from '../statistics/interval.ts'
import { halfIdOf, type Metric } from './metric.ts'
import { MAIN_METRICS, METRICS } from './metrics.ts'
import { inOrder, type Results } from './results.ts'
import { figuresOfSweep, metricsOf, PANELS_MAX } from './sweep-figures.ts'
import { type Grid, gridOf } from './sweep-grid.ts'
import { sweepTable } from './sweep-table.ts'

/** Rows of a table that a page carries with it; `--table` writes all of them. */
const ROWS_MAX = 2_000

/** What a sweep shows, on one page, with figures of some metrics and tables of all. */
export function pageOfSweep(results: Results, metrics: readonly Metric[]): Page {
  const grid = gridOf(results)
  const figures = figuresOfSweep(grid, metrics)
  const runs = sweepTable(results)
  const tables = [
    { id: 'points', title: 'Means over the seeds', table: pointsTable(results) },
    { id: 'runs', title: 'All runs', table: runs, isFolded: true },
  ].filter(({ table }) => table.rows.length <= ROWS_MAX)
  const paragraphs = [
    ...summaryOf(results),
    ...constantsOf(grid, metrics),
    ...missingOf(results, metrics),
  ]
  const after = [...undrawnOf(grid, metrics), ...leftOutOf(grid, runs)]
  return {
    title: `Sweep ${results.head.sweep}`,
    parts: [
      ...paragraphs.map((text): Part => ({ type: 'paragraph', text })),
      ...figures.map((figure): Part => ({ type: 'figure', figure })),
      ...after.map((text): Part => ({ type: 'paragraph', text })),
      ...tables.map((table): Part => ({ type: 'table', table })),
      { type: 'html', html: definitionOf(results) },
    ],
  }
}

/** A page outlives the file that it was made of. */
function definitionOf({ head }: Results): string {
  const text = escapeHtml(stringify(head.definition))
  return `<details><summary>Sweep, as a file</summary><pre>${text}</pre></details>`
}

function summaryOf({ head, finished }: Results): readonly string[] {
  const broken = inOrder(finished).filter(({ outcome }) => outcome.violationCount > 0).length
  const seeds = new Set(inOrder(finished).map(({ seed }) => seed)).size
  const missing = finished.size < head.cells ? ` of ${head.cells}` : ''
  return [
    ...(head.about === undefined ? [] : [head.about]),
    `${finished.size}${missing} runs over ${head.axes.join(', ') || 'no axis'}, ` +
      `${seeds === 1 ? 'one seed' : `${seeds} seeds`}. An invariant broke in ${broken} of them.`,
  ]
}

function constantsOf(grid: Grid, metrics: readonly Metric[]): readonly string[] {
  const { constant } = metricsOf(grid, metrics)
  const named = constant.map(({ metric, mean }) => `${metric.name}: ${fixed(mean, metric.digits)}`)
  return named.length === 0 ? [] : [`The same everywhere, as far as shown: ${named.join('; ')}.`]
}

/** Metrics that somebody named and that no run has. */
function missingOf({ finished }: Results, metrics: readonly Metric[]): readonly string[] {
  if (metrics === MAIN_METRICS || metrics === METRICS) return []
  const outcomes = inOrder(finished).map(({ outcome }) => outcome)
  const missing = metrics.filter(({ read }) => outcomes.every((each) => read(each) === null))
  if (missing.length === 0) return []
  return [`No run has: ${missing.map(({ name }) => name).join('; ')}.`]
}

/** What else could be drawn. */
function undrawnOf(grid: Grid, metrics: readonly Metric[]): readonly string[] {
  const others = METRICS.filter((metric) => !metrics.includes(metric))
  const ids = metricsOf(grid, others).varying.map(({ id }) => id)
  if (ids.length === 0) return []
  return [`The table of means has more that varies; --metrics draws it: ${ids.join(', ')}.`]
}

function leftOutOf({ panels }: Grid, runs: DataTable): readonly string[] {
  const more = panels.length - PANELS_MAX
  return [
    ...(more > 0 ? [`${more} more combinations of the other axes are in the tables alone.`] : []),
    ...(runs.rows.length > ROWS_MAX
      ? [`A table of all ${runs.rows.length} runs is written by --table.`]
      : []),
  ]
}

const MAIN_FIRST = [...new Set([...MAIN_METRICS, ...METRICS])]

/** A row for each combination of the axes. */
function pointsTable(results: Results): DataTable {
  const { columns } = sweepTable(results)
  const axes = columns.slice(0, results.head.axes.length)
  const points = Map.groupBy(inOrder(results.finished), ({ values }) => JSON.stringify(values))
  const outcomes = inOrder(results.finished).map(({ outcome }) => outcome)
  const known = MAIN_FIRST.filter(({ read }) => outcomes.some((each) => read(each) !== null))
  const rows = [...points.values()].map((runs) => [
    ...(runs[0]?.values ?? []).map((value) => (typeof value === 'boolean' ? String(value) : value)),
    runs.length,
    ...known.flatMap(({ read }) => {
      const estimate = estimateOf(runs.flatMap(({ outcome }) => read(outcome) ?? []))
      return [estimate?.mean ?? null, estimate?.half ?? null]
    }),
  ])
  const names = known.flatMap((metric) => [metric.id, halfIdOf(metric)])
  return {
    columns: [...axes, ...columnsOf('integer', ['runs']), ...columnsOf('number', names)],
    rows,
  }
}

import { readArgs } from '../input/options.ts'
import { callOf } from '../origin/call.ts'
import { formatOf } from '../report/data-table.ts'
import { makePlace } from '../report/place.ts'
import { makeReportPlace, pageIn, writeReport } from '../report/write-report.ts'
import type { Answer } from '../research/commands.ts'
import { attackOptionsOf, attackTable, isAttackHeld, runAttacks } from './attacks.ts'
import { metricsNamed } from './metrics.ts'
import { type Head, originOf, readResults } from './results.ts'
import {
  commandOf,
  mergeOptionsOf,
  mergeResults,
  runSweep,
  type SweepOptions,
  type SweepReport,
  sweepOptionsOf,
  sweepText,
} from './run-sweep.ts'
import { pageOfSweep } from './sweep-page.ts'

/** `sweep FILE`. @throws {RangeError} for a wrong command line */
export async function printSweep(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const options = sweepOptionsOf(args)
  // Before runs that may take hours: what comes of them must have somewhere to go.
  if (options.report !== null) makeReportPlace(options.report.path)
  if (options.table !== null) makePlace(options.table.path)
  const report = await runSweep(options, signal)
  await writeSweepReport(options, (head) => commandOf(head, options))
  const output = options.isJson ? JSON.stringify(report) : textOf(report, options)
  return { output, isHeld: true }
}

/** `merge`: several result files of one sweep as one. */
export async function printMerge(args: readonly string[]): Promise<Answer> {
  const options = mergeOptionsOf(args)
  const report = mergeResults(options)
  await writeSweepReport(options, after('merge', args))
  return { output: textOf(report, options), isHeld: true }
}

/** What came of runs, and where to look for it. */
function textOf(done: SweepReport, { report, table }: Pick<SweepOptions, 'report' | 'table'>) {
  return [
    sweepText(done),
    ...(report === null ? [] : [`report: ${pageIn(report.path)}`]),
    ...(table === null ? [] : [`table: ${table.path}`]),
  ].join('\n')
}

/** `report RESULTS --out PATH`: the report of a sweep that was run before. */
export async function printReport(args: readonly string[]): Promise<Answer> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      format: { type: 'string' },
      metrics: { type: 'string' },
    },
  })
  const [results] = positionals
  if (results === undefined || positionals.length > 1) throw new RangeError('name one result file')
  const path = values.out ?? results.replace(/(\.jsonl)?$/, '-report')
  const metrics = metricsNamed(values.metrics)
  const report = { path, format: formatOf(values.format), metrics }
  await writeSweepReport({ out: results, report }, after('report', args))
  return { output: pageIn(path), isHeld: true }
}

/** Shows the runs in a result file, where a report is wanted. */
async function writeSweepReport(
  { out, report }: Pick<SweepOptions, 'out' | 'report'>,
  commandOf: (head: Head) => string,
): Promise<void> {
  if (report === null) return
  const results = readResults(out)
  const { head } = results
  const origin = { ...originOf(head), command: commandOf(head), format: report.format }
  await writeReport(report.path, pageOfSweep(results, report.metrics), origin)
}

/** The runs, and what was made of them: the result file alone cannot be made by the second. */
function after(name: string, args: readonly string[]): (head: Head) => string {
  return ({ command }) => `${command} && ${callOf([name, ...args])}`
}

/** `attacks`: what each strategy does to a committee. */
export async function printAttacks(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const options = attackOptionsOf(args)
  const rows = await runAttacks(options, signal)
  const output = options.json ? JSON.stringify({ ...options, rows }) : attackTable(rows)
  return { output, isHeld: rows.every(isAttackHeld) }
}

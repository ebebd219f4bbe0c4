import { existsSync } from 'node:fs'
import { readArgs, wholeNumber } from '../input/options.ts'
import { InputError } from '../input/problems.ts'
import { callOf } from '../origin/call.ts'
import { commitOf } from '../origin/commit.ts'
import { type Format, formatOf, writeTable } from '../report/data-table.ts'
import { createProgress } from '../report/progress.ts'
import { turnsWarning } from '../scenario/turns.ts'
import { costOf, dearestFirst, doneShare } from '../threads/cost.ts'
import { runSimulations, type SimulationTask } from '../threads/job.ts'
import { WORKERS_MAX, workersOfMachine } from '../threads/pool.ts'
import type { Metric } from './metric.ts'
import { metricsNamed } from './metrics.ts'
import {
  type Finished,
  type Head,
  headOf,
  keepFinished,
  originOf,
  type Results,
  ResultWriter,
  readResults,
  requireSameHead,
  writeSorted,
} from './results.ts'
import { cellCount, cellOf, loadSweep, type Sweep } from './sweep-file.ts'
import { sweepTable } from './sweep-table.ts'

export interface SweepOptions {
  readonly file: string
  /** Finished cells, a line each. */
  readonly out: string
  readonly table: TableFile | null
  /** A page, or a folder with it; see `writeReport`. */
  readonly report: ReportFiles | null
  readonly workers: number
  /** The cells whose number leaves `index` when divided by `count`. */
  readonly shard: { readonly index: number; readonly count: number }
  readonly isJson: boolean
}

/** Where finished runs are written as a table, and how. */
interface TableFile {
  readonly path: string
  readonly format: Format
}

/** Where a report is written, how, and what it draws. */
interface ReportFiles extends TableFile {
  readonly metrics: readonly Metric[]
}

/**
 * What `--table`, `--report`, `--metrics` and `--format` ask for; `--csv FILE` is short for two of
 * them.
 */
function filesOf(values: {
  readonly csv?: string | undefined
  readonly table?: string | undefined
  readonly report?: string | undefined
  readonly format?: string | undefined
  readonly metrics?: string | undefined
}): { readonly table: TableFile | null; readonly report: ReportFiles | null } {
  const format = formatOf(values.csv === undefined ? values.format : 'csv', values.table)
  const path = values.csv ?? values.table
  const metrics = metricsNamed(values.metrics)
  return {
    table: path === undefined ? null : { path, format },
    report: values.report === undefined ? null : { path: values.report, format, metrics },
  }
}

/** What became of a sweep. */
export interface SweepReport {
  readonly sweep: string
  readonly out: string
  /** Cells of this shard, and how many of them have a result. */
  readonly cells: number
  readonly finished: number
  /** How many of these were there before. */
  readonly resumed: number
  /** Cells in which an invariant broke. */
  readonly broken: number
}

const SHARDS_MAX = 1_000_000

/** @throws {RangeError} when the command line is wrong */
export function sweepOptionsOf(args: readonly string[]): SweepOptions {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      csv: { type: 'string' },
      table: { type: 'string' },
      report: { type: 'string' },
      format: { type: 'string' },
      metrics: { type: 'string' },
      workers: { type: 'string' },
      shard: { type: 'string', default: '0/1' },
      json: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new RangeError('name one sweep file')
  const workers = wholeNumber('--workers', values.workers, { min: 1, max: WORKERS_MAX })
  return {
    file,
    out: values.out ?? file.replace(/(\.ya?ml)?$/, '.jsonl'),
    ...filesOf(values),
    workers: workers ?? workersOfMachine(),
    shard: shardOf(values.shard),
    isJson: values.json,
  }
}

function shardOf(text: string): SweepOptions['shard'] {
  const [, index, count] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (shard.index < shard.count && shard.count <= SHARDS_MAX) return shard
  throw new RangeError('--shard must be i/k with i from 0 to k − 1, such as 0/8')
}

/**
 * Runs the cells of a sweep that have no result yet, and keeps each as it ends. A signal stops it
 * in order; the same command goes on from there.
 *
 * @throws {InputError} SWEEP_INVALID, or RESULTS_INVALID when `out` holds results of another sweep
 */
export async function runSweep(
  options: Omit<SweepOptions, 'report'>,
  signal: AbortSignal,
): Promise<SweepReport> {
  const sweep = loadSweep(options.file)
  const cells = cellsOf(sweep, options.shard)
  const head = headOf(sweep, { commit: commitOf(), command: callOf(['sweep', options.file]) })
  const writer = new ResultWriter(options.out, head)
  const costOfCell = (cell: number) => costOf(cellOf(sweep, cell).point.scenario)
  const open = dearestFirst(
    cells.filter((cell) => !writer.finished.has(cell)),
    costOfCell,
  )
  warn(sweep)
  const progress = createProgress(`${sweep.name} ${open.length} runs`)
  const share = doneShare(open.map(costOfCell))
  try {
    await runSimulations(
      open.map((cell) => taskOf(sweep, cell)),
      {
        workers: options.workers,
        signal,
        onAnswer: (index, answer) => {
          if (answer.type !== 'run') throw new Error('a run was answered by something else')
          writer.add(finishedOf(sweep, open[index] as number, answer.outcome))
          progress.show(share(index))
        },
      },
    )
  } finally {
    progress.end()
    writer.close()
  }
  const { finished } = writer
  const { table } = options
  if (table !== null) writeRuns(table, { head, finished }, commandOf(head, options))
  return {
    sweep: sweep.name,
    out: options.out,
    cells: cells.length,
    ...countsOf(finished, cells),
    resumed: cells.length - open.length,
  }
}

/** What makes what is shown of a shard: its result file becomes a part of the whole one. */
export function commandOf({ command }: Head, { shard }: Pick<SweepOptions, 'shard'>): string {
  return shard.count === 1 ? command : `${command} --shard ${shard.index}/${shard.count}`
}

function writeRuns({ path, format }: TableFile, results: Results, command: string): void {
  const origin = { ...originOf(results.head), command }
  writeTable(path, sweepTable(results), { format, origin })
}

/** Says once each what points of a sweep are too short for. */
function warn({ points }: Sweep): void {
  const warnings = new Set(points.flatMap(({ scenario }) => turnsWarning(scenario) ?? []))
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
}

/** A shard has every k-th cell, so that slow points are spread over all shards. */
function cellsOf(sweep: Sweep, { index, count }: SweepOptions['shard']): readonly number[] {
  return Array.from({ length: cellCount(sweep) }, (_, cell) => cell).filter(
    (cell) => cell % count === index,
  )
}

function taskOf(sweep: Sweep, cell: number): SimulationTask {
  const { point, seed } = cellOf(sweep, cell)
  // A cell counts what breaks; it does not end there.
  return { type: 'run', job: { scenario: { ...point.scenario, stopAtViolation: false }, seed } }
}

function finishedOf(sweep: Sweep, cell: number, outcome: Finished['outcome']): Finished {
  const { point, seed } = cellOf(sweep, cell)
  return { cell, values: point.values, seed, outcome }
}

/** Of some cells: a file may hold those of other shards, too. */
function countsOf(
  finished: ReadonlyMap<number, Finished>,
  cells: readonly number[],
): Pick<SweepReport, 'finished' | 'broken'> {
  const known = cells.flatMap((cell) => finished.get(cell) ?? [])
  const broken = known.filter(({ outcome }) => outcome.violationCount > 0).length
  return { finished: known.length, broken }
}

export interface MergeOptions {
  readonly parts: readonly string[]
  readonly out: string
  readonly table: TableFile | null
  readonly report: ReportFiles | null
}

/** @throws {RangeError} when the command line is wrong */
export function mergeOptionsOf(args: readonly string[]): MergeOptions {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      csv: { type: 'string' },
      table: { type: 'string' },
      report: { type: 'string' },
      format: { type: 'string' },
      metrics: { type: 'string' },
    },
  })
  if (values.out === undefined) throw new RangeError('name the file to write with --out')
  if (positionals.length === 0) throw new RangeError('name the result files of the shards')
  return { parts: positionals, out: values.out, ...filesOf(values) }
}

/**
 * Puts the result files of shards together: byte for byte what one machine would have written.
 *
 * @throws {InputError} RESULTS_INVALID when parts do not belong together or contradict each other,
 * or cells are missing
 */
export function mergeResults({ parts, out, table }: Omit<MergeOptions, 'report'>): SweepReport {
  const read = parts.map((path) => ({ path, ...readResults(path) }))
  const [first] = read
  if (first === undefined) throw new RangeError('name the result files of the shards')
  if (existsSync(out) && !parts.includes(out))
    requireSameHead(out, readResults(out).head, first.head)
  const finished = new Map<number, Finished>()
  for (const part of read) {
    requireSameHead(part.path, part.head, first.head)
    for (const run of part.finished.values()) keepFinished(part.path, finished, run)
  }
  const results: Results = { head: first.head, finished }
  const missing = first.head.cells - finished.size
  if (missing > 0) {
    const some = Array.from({ length: first.head.cells }, (_, cell) => cell)
      .filter((cell) => !finished.has(cell))
      .slice(0, 10)
    const which = `among them ${some.join(', ')}; run their shards`
    const message = `${missing} cells have no result, ${which}`
    throw new InputError('RESULTS_INVALID', 'the merge', [{ path: '', message }])
  }
  writeSorted(out, results)
  if (table !== null) writeRuns(table, results, first.head.command)
  return {
    sweep: first.head.sweep,
    out,
    cells: first.head.cells,
    ...countsOf(finished, [...finished.keys()]),
    resumed: 0,
  }
}

export function sweepText(report: SweepReport): string {
  const { sweep, out, cells, finished, resumed, broken } = report
  const before = resumed === 0 ? '' : ` (${resumed} of them before)`
  const runs = `${finished} of ${cells} runs finished${before}`
  return `${sweep}: ${runs}, invariants broke in ${broken}; ${out}`
}

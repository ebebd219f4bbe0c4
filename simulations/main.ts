import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { type Format, formatOf, writeTable } from './report/data-table.ts'
import type { Origin } from './report/page.ts'
import { createProgress } from './report/progress.ts'
import { pageOfRun } from './report/run/page.ts'
import { timelineTable } from './report/run/tables.ts'
import { textSummary } from './report/summary.ts'
import { writeReport } from './report/write-report.ts'
import { createRun, type Run, recorderOf } from './run.ts'
import { InputError } from './scenario/input.ts'
import { checkScenario, loadScenario, ScenarioError } from './scenario/load.ts'
import { wholeNumber } from './scenario/options.ts'
import { recordingOf } from './scenario/recording.ts'
import { RESEARCH } from './scenario/research.ts'
import { LONG_COMMANDS } from './sweep/commands.ts'
import { commitOf } from './sweep/commit.ts'
import { placeObjectsYoung } from './sweep/placement.ts'

const USAGE = `Simulates the protocol: the machine of the node in a world made from a seed.

  simulate <scenario.yaml> [--seed N] [--rounds N] [--protocol P] [--json] [--report out.html]
           [--table FILE]

  estimate --topology us-east-1:3,eu-west-1:2 --protocol NAME|FILE [--f N] [--silent N]
           [--crashed N] [--trials N] [--seed N] [--json]
      mean and 99th percentile of the time to the result, on delays between cloud regions;
      NAME is simplex, hotstuff, ocr2, ocr3, ours, single-signer or raw-quorum

  published [--whole-ms] [--json]      means that others published, beside the estimate
  concentration <committee.yaml> [--json]
      smallest numbers of regions, jurisdictions, clouds, operators and venues that together
      stop the feed, move a price or forge, and what each move of a member changes

  economics <economics.yaml> [--json]
      what attacks cost and take from a book that the feed prices, and from where on none pays

  study a|b|c|d [committee.yaml]|e [economics.yaml]|f [--out DIR] [--format csv|parquet]
           [--workers N] [--short] [--json]
      a study with its page, figures (SVG, PNG) and tables in DIR (study-a): a latency beside OCR2,
      OCR3 and Simplex (1 when ours is not ahead of both OCR), b how far attackers move a price,
      c venue incidents, d concentration and outages, e economics of corruption,
      f ours beside others in one world, while members fail

  selection-bias [--json]              how far liars, and a proposer that picks, shift the median

  sweep <sweep.yaml> [--workers N] [--out FILE] [--table FILE] [--report PATH] [--shard i/k]
           [--json]
      every combination of a scenario's axes and seeds on all cores; Ctrl-C stops it and the
      same command goes on; a shard is every k-th run, for k machines
  merge --out FILE [--table FILE] [--report PATH] <results.jsonl> ...
      the result files of all shards as one
  report <results.jsonl> [--out PATH] [--format F]
      heat maps, lines with intervals and tables of a sweep that was run

  campaign canary|safety|liveness|coverage|bias|blame [--seeds N] [--from SEED] [--rounds N]
           [--workers N] [--out DIR] [--json]
      canary: everything planted must be found; safety: f members do anything, the others crash
      and are cut off; liveness: certificates within three rounds of healing; coverage: what
      events met which phases; bias: liars stay within f honest values of the median; blame:
      contradictions convict, and nobody honest is accused. Failing seeds are made small and
      written to DIR
  shrink <scenario.yaml>|safety|liveness [--seed N] [--rounds N] [--rule R] [--out FILE]
      the smallest scenario that breaks the same rule

  effects [--members N] [--rounds N] [--seed N] [--json]
      what each strategy changes against the same seed with its members idle; 1 when one changes
      nothing

  import-prices <trades.csv|.csv.gz|.parquet> --out FILE [--symbol S] [--exchange A,B]
           [--step-ms N] [--clock exchange|local] [--from TIME] [--to TIME] [--json]
      a file of trades as recorded prices that a scenario can follow

  attacks [--members 4,7] [--rounds N] [--seeds N] [--timing region|worldwide] [--pairs|--without]
           [--workers N] [--json]
      fast, proposed and lost rounds for every strategy of f members, alone or in pairs, and
      without the rule that stops it

  --seed N        another seed than the scenario's
  --rounds N      another length than the scenario's
  --protocol P    ours, ocr2, ocr3, single-signer or raw-quorum instead of the scenario's
  --json          one JSON object on stdout instead of text
  --report PATH   one page with figures that needs nothing else where PATH ends with .html; else a
                  folder with it, every figure as SVG and PNG, and every table
  --table FILE    the timeline, or the runs of a sweep, as rows; --csv FILE means CSV
  --format F      csv or parquet; else the end of the file's name says it

Exit codes: 0 all invariants held, 1 one was broken, 2 the command or the scenario is wrong,
130 interrupted (what came out so far is written).`

/** Things that happen before progress is shown and an interrupt is seen. */
const SLICE = 20_000
const EXIT = { held: 0, broken: 1, wrong: 2, interrupted: 130 } as const

interface SimulateOptions {
  readonly file: string
  readonly seed: number | null
  readonly rounds: number | null
  readonly protocol: string | null
  readonly json: boolean
  readonly report: string | null
  readonly table: string | null
  readonly format: Format
}

function optionsOf(args: readonly string[]): SimulateOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      protocol: { type: 'string' },
      json: { type: 'boolean', default: false },
      report: { type: 'string' },
      csv: { type: 'string' },
      table: { type: 'string' },
      format: { type: 'string' },
    },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new RangeError('name one scenario file')
  return {
    file,
    seed: wholeNumber('--seed', values.seed),
    rounds: wholeNumber('--rounds', values.rounds),
    protocol: values.protocol ?? null,
    json: values.json,
    report: values.report ?? null,
    table: values.csv ?? values.table ?? null,
    format: formatOf(values.csv === undefined ? values.format : 'csv', values.table),
  }
}

async function simulate(options: SimulateOptions): Promise<number> {
  const loaded = loadScenario(options.file)
  const { rounds, protocol } = options
  const asked = { ...loaded, rounds: rounds ?? loaded.rounds }
  // Another protocol may not do all that the scenario asks: the whole is checked again.
  const scenario = protocol === null ? asked : checkScenario({ ...asked, protocol })
  const seed = options.seed ?? scenario.seed
  const origin = originOf({ ...options, seed })
  const { signal } = interrupted()
  // Before a run that may take hours: what comes of it must have somewhere to go.
  for (const path of [options.report, options.table]) {
    if (path !== null) mkdirSync(dirname(path), { recursive: true })
  }
  process.stderr.write(`${scenario.name}: seed ${seed}, commit ${origin.commit}\n`)
  const recorder = options.report === null ? null : recorderOf(scenario)
  const watched = recorder === null ? {} : { recorder }
  const simulation = createRun({ scenario, seed, recording: recordingOf(scenario), ...watched })
  await runToEnd(simulation, { label: scenario.name, signal })
  const result = simulation.result()
  if (options.report !== null && recorder !== null) {
    const page = pageOfRun({ scenario, result, record: recorder.record() })
    await writeReport(options.report, page, { ...origin, format: options.format })
  }
  if (options.table !== null) writeTable(options.table, timelineTable(result), options.format)
  const { commit, command } = origin
  const output = options.json ? JSON.stringify({ commit, command, ...result }) : textSummary(result)
  process.stdout.write(`${output}\n`)
  if (signal.aborted) return EXIT.interrupted
  return result.violationCount === 0 ? EXIT.held : EXIT.broken
}

/** A signal that Ctrl-C gives; a second one ends the process at once. */
function interrupted(): AbortController {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  return controller
}

/** Runs in slices, so that progress is shown and an interrupt ends it in order. */
async function runToEnd(
  simulation: Run,
  { label, signal }: { readonly label: string; readonly signal: AbortSignal },
): Promise<void> {
  const progress = createProgress(label)
  try {
    while (!signal.aborted && !simulation.advance(SLICE)) {
      progress.show(simulation.progress)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    progress.end()
  }
}

function originOf(options: SimulateOptions & { readonly seed: number }): Origin {
  const rounds = options.rounds === null ? '' : ` --rounds ${options.rounds}`
  const protocol = options.protocol === null ? '' : ` --protocol ${options.protocol}`
  const asked = `--seed ${options.seed}${rounds}${protocol}`
  const command = `npm run sim -- simulate ${options.file} ${asked}`
  return { commit: commitOf(), command }
}

function explain(error: unknown): string {
  if (error instanceof ScenarioError || error instanceof InputError) {
    return `${error.code}: ${error.message}`
  }
  const message = error instanceof Error ? error.message : String(error)
  return `${message}\nall commands and options: npm run sim -- help`
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  // One text says all, so whoever asks of one command finds it there.
  if (command === undefined || command === 'help' || args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`)
    return command === undefined ? EXIT.wrong : EXIT.held
  }
  const answer = RESEARCH.get(command)?.(rest)
  if (answer !== undefined) {
    process.stdout.write(`${answer.output}\n`)
    return answer.isHeld ? EXIT.held : EXIT.broken
  }
  const long = LONG_COMMANDS.get(command)
  if (long !== undefined) {
    const { signal } = interrupted()
    const { output, isHeld } = await long(rest, signal)
    process.stdout.write(`${output}\n`)
    if (signal.aborted) return EXIT.interrupted
    return isHeld ? EXIT.held : EXIT.broken
  }
  if (command !== 'simulate') throw new RangeError(`there is no command ${command}`)
  return simulate(optionsOf(rest))
}

placeObjectsYoung()
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = EXIT.wrong
}

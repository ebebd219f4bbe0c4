import { hintedList } from '../aggregator/values/nearest-name.ts'
import { LONG_COMMANDS } from './commands.ts'
import { readArgs, wholeNumber } from './input/options.ts'
import { InputError } from './input/problems.ts'
import { CALL, callOf } from './origin/call.ts'
import { commitOf } from './origin/commit.ts'
import type { Origin } from './origin/origin.ts'
import { type Format, formatOf, writeTable } from './report/data-table.ts'
import { makePlace } from './report/place.ts'
import { createProgress } from './report/progress.ts'
import { pageOfRun } from './report/run/page.ts'
import { timelineTable } from './report/run/tables.ts'
import { textSummary } from './report/summary.ts'
import { makeReportPlace, pageIn, writeReport } from './report/write-report.ts'
import { RESEARCH } from './research/commands.ts'
import { createRun, type Run, recorderOf } from './run/run.ts'
import { ROUNDS_MAX } from './scenario/bounds.ts'
import { checkScenario, loadScenario, ScenarioError } from './scenario/load.ts'
import { recordingOf } from './scenario/recording.ts'
import { turnsWarning } from './scenario/turns.ts'
import { placeObjectsYoung } from './threads/placement.ts'
import { COMMANDS, helpOf, usageOf } from './usage.ts'

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
  const { values, positionals } = readArgs({
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
    rounds: wholeNumber('--rounds', values.rounds, { min: 1, max: ROUNDS_MAX }),
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
  if (options.report !== null) makeReportPlace(options.report)
  if (options.table !== null) makePlace(options.table)
  process.stderr.write(`${scenario.name}: seed ${seed}, commit ${origin.commit}\n`)
  const warning = turnsWarning(scenario)
  if (warning !== null) process.stderr.write(`warning: ${warning}\n`)
  const recorder = options.report === null ? null : recorderOf(scenario)
  const watched = recorder === null ? {} : { recorder }
  const recording = recordingOf(scenario)
  const simulation = createRun({ scenario, seed, recording, ...watched })
  await runToEnd(simulation, { label: scenario.name, signal })
  const result = simulation.result()
  if (options.report !== null && recorder !== null) {
    const page = pageOfRun({ scenario, result, record: recorder.record(), recording })
    await writeReport(options.report, page, { ...origin, format: options.format })
  }
  const { format } = options
  if (options.table !== null) {
    writeTable(options.table, timelineTable(result), { format, origin })
  }
  const { commit, command } = origin
  const places = { report: options.report, table: options.table }
  const output = options.json
    ? JSON.stringify({ commit, command, ...result })
    : [textSummary(result), ...placeLines(places)].join('\n')
  process.stdout.write(`${output}\n`)
  if (signal.aborted) return EXIT.interrupted
  return result.violationCount === 0 ? EXIT.held : EXIT.broken
}

/** Where to look for what was written. */
function placeLines(of: Pick<SimulateOptions, 'report' | 'table'>): readonly string[] {
  return [
    ...(of.report === null ? [] : [`  report     ${pageIn(of.report)}`]),
    ...(of.table === null ? [] : [`  table      ${of.table}`]),
  ]
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
  const { file, seed, rounds, protocol } = options
  const command = callOf([
    ...['simulate', file, '--seed', String(seed)],
    ...(rounds === null ? [] : ['--rounds', String(rounds)]),
    ...(protocol === null ? [] : ['--protocol', protocol]),
  ])
  return { commit: commitOf(), command }
}

/**
 * What is wrong with the command line or with a file, in words for stderr.
 *
 * @throws what is neither: that is a bug, and says where it is
 */
function explain(error: unknown, command: string | undefined): string {
  if (error instanceof ScenarioError || error instanceof InputError) {
    return `${error.code}: ${error.message}`
  }
  if (!(error instanceof Error)) throw error
  const isParsing = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (isParsing || error instanceof RangeError) {
    const [, option] = /^Option '(--[\w-]+)' argument is ambig/.exec(error.message) ?? []
    // Node's message goes on with advice for another case than ours.
    const said = isParsing ? error.message.split(/\. |\n/)[0] : error.message
    const what = option === undefined ? said : `${option} needs a value; with a dash: ${option}=-1`
    return `USAGE_INVALID: ${what}; see ${CALL} ${helpOf(command)}`
  }
  // Of a folder for what is in between; files that were named have their own words.
  if ('syscall' in error) {
    return `FILE_NOT_WRITTEN: ${error.message}; check the path, its rights and its disk`
  }
  throw error
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === undefined || command === 'help' || args.includes('--help')) {
    process.stdout.write(`${usageOf(CALL, command === 'help' ? rest[0] : command)}\n`)
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
  const names = COMMANDS.map(({ name }) => name)
  if (command !== 'simulate') {
    throw new RangeError(`there is no command ${hintedList([command], names)}`)
  }
  return simulate(optionsOf(rest))
}

placeObjectsYoung()
// Whoever reads what is printed may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explain(error, process.argv[2])}\n`)
  process.exitCode = EXIT.wrong
}

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { timelineCsv } from './report/csv.ts'
import { htmlReport, type Origin } from './report/html.ts'
import { createProgress } from './report/progress.ts'
import { textSummary } from './report/summary.ts'
import { InputError } from './scenario/input.ts'
import { loadScenario, ScenarioError } from './scenario/load.ts'
import { RESEARCH } from './scenario/research.ts'
import type { Scenario } from './scenario/schema.ts'
import { Simulation } from './simulation.ts'
import { attackOptionsOf, attackTable, runAttacks } from './sweep/attacks.ts'

const USAGE = `Simulates the protocol: the machine of the node in a world made from a seed.

  simulate <scenario.yaml> [--seed N] [--rounds N] [--json] [--report out.html] [--csv out.csv]

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

  study a [--json]
      latency of ours, OCR2, OCR3 and Simplex by committee; 1 when ours is not ahead of both OCR

  selection-bias [--json]              how far liars, and a proposer that picks, shift the median

  attacks [--members N] [--rounds N] [--seeds N] [--timing region|worldwide] [--pairs] [--json]
      fast, proposed and lost rounds for every strategy of f members, alone or in pairs

  --seed N        another seed than the scenario's
  --rounds N      another length than the scenario's
  --json          one JSON object on stdout instead of text
  --report FILE   one page with plots that needs nothing else
  --csv FILE      the timeline as comma-separated values

Exit codes: 0 all invariants held, 1 one was broken, 2 the command or the scenario is wrong,
130 interrupted (what came out so far is written).`

/** Things that happen before progress is shown and an interrupt is seen. */
const SLICE = 20_000
const EXIT = { held: 0, broken: 1, wrong: 2, interrupted: 130 } as const

interface SimulateOptions {
  readonly file: string
  readonly seed: number | null
  readonly rounds: number | null
  readonly json: boolean
  readonly report: string | null
  readonly csv: string | null
}

function optionsOf(args: readonly string[]): SimulateOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      report: { type: 'string' },
      csv: { type: 'string' },
    },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new RangeError('name one scenario file')
  return {
    file,
    seed: wholeNumber('--seed', values.seed),
    rounds: wholeNumber('--rounds', values.rounds),
    json: values.json,
    report: values.report ?? null,
    csv: values.csv ?? null,
  }
}

function wholeNumber(option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffffffff) {
    throw new RangeError(`${option} must be a whole number from 0 to 4294967295`)
  }
  return Number(text)
}

async function simulate(options: SimulateOptions): Promise<number> {
  const loaded = loadScenario(options.file)
  const scenario: Scenario = { ...loaded, rounds: options.rounds ?? loaded.rounds }
  const seed = options.seed ?? scenario.seed
  const origin = originOf(scenario, { ...options, seed })
  const interrupt = listenForInterrupt()
  process.stderr.write(`${scenario.name}: seed ${seed}, commit ${origin.commit}\n`)
  const simulation = new Simulation({ scenario, seed })
  await runToEnd(simulation, { label: scenario.name, interrupt })
  const result = simulation.result()
  if (options.report !== null) writeFileSync(options.report, htmlReport(result, origin))
  if (options.csv !== null) writeFileSync(options.csv, timelineCsv(result))
  const { commit, command } = origin
  const output = options.json ? JSON.stringify({ commit, command, ...result }) : textSummary(result)
  process.stdout.write(`${output}\n`)
  if (interrupt.isAsked()) return EXIT.interrupted
  return result.violationCount === 0 ? EXIT.held : EXIT.broken
}

interface Interrupt {
  readonly isAsked: () => boolean
  readonly stop: () => void
}

function listenForInterrupt(): Interrupt {
  let isAsked = false
  const ask = () => {
    isAsked = true
  }
  process.once('SIGINT', ask)
  return { isAsked: () => isAsked, stop: () => process.off('SIGINT', ask) }
}

/** Runs in slices, so that progress is shown and an interrupt ends it in order. */
async function runToEnd(
  simulation: Simulation,
  { label, interrupt }: { readonly label: string; readonly interrupt: Interrupt },
): Promise<void> {
  const progress = createProgress(label)
  try {
    while (!interrupt.isAsked() && !simulation.advance(SLICE)) {
      progress.show(simulation.progress)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    interrupt.stop()
    progress.end()
  }
}

function originOf(scenario: Scenario, options: SimulateOptions & { seed: number }): Origin {
  const rounds = options.rounds === null ? '' : ` --rounds ${options.rounds}`
  const command = `npm run sim -- simulate ${options.file} --seed ${options.seed}${rounds}`
  return { commit: commitOf(), command, about: scenario.about }
}

function commitOf(): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const isDirty = git('status', '--porcelain', '--', 'aggregator', 'simulations') !== ''
    return git('rev-parse', 'HEAD') + (isDirty ? '-dirty' : '')
  } catch {
    return 'unknown'
  }
}

function explain(error: unknown): string {
  if (error instanceof ScenarioError || error instanceof InputError) {
    return `${error.code}: ${error.message}`
  }
  return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`
}

function printAttacks(args: readonly string[]): number {
  const options = attackOptionsOf(args)
  const rows = runAttacks(options)
  const text = options.json ? JSON.stringify({ ...options, rows }) : attackTable(rows)
  process.stdout.write(`${text}\n`)
  return rows.every(({ violations }) => violations.length === 0) ? EXIT.held : EXIT.broken
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === undefined || command === 'help' || command === '--help') {
    process.stdout.write(`${USAGE}\n`)
    return command === undefined ? EXIT.wrong : EXIT.held
  }
  const answer = RESEARCH.get(command)?.(rest)
  if (answer !== undefined) {
    process.stdout.write(`${answer.output}\n`)
    return answer.isHeld ? EXIT.held : EXIT.broken
  }
  if (command === 'attacks') return printAttacks(rest)
  if (command !== 'simulate') throw new RangeError(`there is no command ${command}`)
  return simulate(optionsOf(rest))
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = EXIT.wrong
}

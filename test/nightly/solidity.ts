import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const TESTS = join(ROOT, 'test', 'contracts')
// As deep in the repository as the tests, so that their imports hold.
const COPIES = join(ROOT, 'build', 'nightly')
const LEDGER = join(ROOT, 'build', 'nightly.json')
const HARDHAT = join(ROOT, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js')

/**
 * Runs of an invariant in one process: what its draws refuse adds up over all of them, and the test
 * runner gives up after so many, with 10,000 runs of 500 calls before the end ("Could not generate
 * case").
 */
const INVARIANT_RUNS_PART = 1_000

/** How often and how deep. */
export interface Limits {
  /** Of each fuzz property. */
  readonly runs: number
  /** Of each invariant. */
  readonly invariantRuns: number
  /** Calls in one run of an invariant. */
  readonly depth: number
}

/** What one night is: the same settings go on where they stopped. */
interface Ledger {
  readonly limits: Limits
  readonly seed: number
  readonly passed: readonly string[]
}

/**
 * Runs every Solidity suite with these limits, one process each.
 *
 * @param options.only part of the paths of the suites to run
 * @param options.isFresh forget what an earlier call with the same limits has passed
 * @returns 0 when all passed, 1 at the first that did not, 130 when stopped
 */
export async function soliditySuites(options: {
  readonly limits: Limits
  readonly seed: number
  readonly only: string
  readonly isFresh: boolean
  readonly signal: AbortSignal
}): Promise<number> {
  const { limits, only, isFresh, signal } = options
  const held = isFresh ? null : heldLedger(limits)
  let ledger: Ledger = held ?? { limits, seed: options.seed, passed: [] }
  const suites = copySuites(limits).filter((path) => path.includes(only))
  say(`seed ${ledger.seed}, ${limits.runs} runs, ${limits.invariantRuns} × ${limits.depth}`)
  // Tests deploy the artifacts of production, which a run of one suite does not make again.
  if (!(await runHardhat(['build', '--no-tests', '--quiet'], { ledger, signal }))) return 1
  for (const [position, path] of suites.entries()) {
    if (ledger.passed.includes(path)) {
      say(`passed before: ${path}`)
      continue
    }
    say(`${position + 1} of ${suites.length}: ${path}`)
    const started = performance.now()
    const isPassed = await runSuite(path, { ledger, signal })
    if (signal.aborted) return 130
    const seconds = Math.round((performance.now() - started) / 1_000)
    say(`${isPassed ? 'passed' : 'FAILED'}: ${path}, ${seconds} s, seed ${ledger.seed}`)
    if (!isPassed) return 1
    ledger = { ...ledger, passed: [...ledger.passed, path] }
    writeFileSync(LEDGER, `${JSON.stringify(ledger)}\n`)
  }
  return suites.length > 0 ? 0 : 1
}

function heldLedger(limits: Limits): Ledger | null {
  if (!existsSync(LEDGER)) return null
  const held: Ledger = JSON.parse(readFileSync(LEDGER, 'utf8'))
  return JSON.stringify(held.limits) === JSON.stringify(limits) ? held : null
}

/** Copies the tests, with the limits of the night in the place of those of single tests. */
function copySuites({ runs, invariantRuns, depth }: Limits): readonly string[] {
  rmSync(COPIES, { recursive: true, force: true })
  for (const path of globSync('**/*.sol', { cwd: TESTS })) {
    const text = readFileSync(join(TESTS, path), 'utf8')
      .replaceAll(/(hardhat-config: fuzz\.runs = )\d+/g, `$1${runs}`)
      .replaceAll(/(hardhat-config: invariant\.runs = )\d+/g, `$1${partOf(invariantRuns)}`)
      .replaceAll(/(hardhat-config: invariant\.depth = )\d+/g, `$1${depth}`)
    const copy = join(COPIES, path)
    mkdirSync(dirname(copy), { recursive: true })
    writeFileSync(copy, text)
  }
  return globSync('**/*.t.sol', { cwd: COPIES }).toSorted()
}

function partOf(invariantRuns: number): number {
  return Math.min(invariantRuns, INVARIANT_RUNS_PART)
}

/** A suite of invariants goes in parts, each with a seed of its own. */
async function runSuite(path: string, { ledger, signal }: Night): Promise<boolean> {
  const { invariantRuns } = ledger.limits
  const parts = path.endsWith('.invariants.t.sol')
    ? Math.ceil(invariantRuns / partOf(invariantRuns))
    : 1
  const args = ['test', 'solidity', relative(ROOT, join(COPIES, path))]
  for (let part = 0; part < parts; part++) {
    const seed = ledger.seed + part
    if (parts > 1) say(`part ${part + 1} of ${parts}, seed ${seed}`)
    if (!(await runHardhat(args, { ledger: { ...ledger, seed }, signal }))) return false
  }
  return true
}

interface Night {
  readonly ledger: Ledger
  readonly signal: AbortSignal
}

async function runHardhat(args: readonly string[], { ledger, signal }: Night): Promise<boolean> {
  const config = join(import.meta.dirname, 'hardhat.config.ts')
  const child = spawn(process.execPath, [HARDHAT, '--config', config, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PARALLAX_FUZZ_RUNS: String(ledger.limits.runs),
      PARALLAX_FUZZ_SEED: String(ledger.seed),
    },
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop)
  const [code] = await once(child, 'exit')
  signal.removeEventListener('abort', stop)
  return code === 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

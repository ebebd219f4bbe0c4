// `npm test`: every stage of the gate in order, stopping at the first that fails.
// `npm test -- unit` runs one stage; what follows its name is handed to its runner.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Counts, NO_COUNTS, sum } from './counts.ts'
import { runStep } from './run-step.ts'
import { STAGES, type Stage, type Step } from './stages.ts'

interface StageResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'not run'
  readonly counts: Counts
  readonly durationMs: number
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopped.abort(signal))
}
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const chosen = choose(args)
  if (chosen === null) {
    say(`no stage "${args[0]}"; there are ${STAGES.map((stage) => stage.name).join(', ')}`)
    return 2
  }
  const results: StageResult[] = []
  for (const stage of chosen) {
    const goesOn = !stopped.signal.aborted && results.every((done) => done.outcome === 'passed')
    results.push(goesOn ? await runStage(stage) : notRun(stage))
  }
  const total = sum(results.map((result) => result.counts))
  say(`\n${table(results)}\n`)
  for (const test of total.skipped) say(`skipped: ${test.name}: ${test.reason}`)
  if (stopped.signal.aborted) return 130
  return closingLine(chosen, results, total)
}

function choose([name, ...rest]: readonly string[]): readonly Stage[] | null {
  if (name === undefined) return STAGES
  const stage = STAGES.find((candidate) => candidate.name === name)
  if (stage === undefined) return null
  const [first, ...others] = stage.steps
  if (rest.length === 0 || first === undefined) return [stage]
  // A filter means: this part of this runner, and nothing beside it.
  return [{ ...stage, steps: first.counts ? [withArgs(first, rest)] : [first, ...others] }]
}

function withArgs(step: Step, args: readonly string[]): Step {
  return { ...step, args: [...step.args, ...args] }
}

function notRun(stage: Stage): StageResult {
  return { name: stage.name, outcome: 'not run', counts: NO_COUNTS, durationMs: 0 }
}

async function runStage(stage: Stage): Promise<StageResult> {
  say(`\n── ${stage.name} ──`)
  const started = performance.now()
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(stage.timeoutMs)])
  const counted: Counts[] = []
  let ok = true
  for (const step of stage.steps) {
    const name = [step.program.replace(/^node_modules\//, ''), ...step.args].join(' ')
    if (!step.counts) say(name)
    const result = await runStep(step, { root: ROOT, signal })
    if (result.counts !== null) counted.push(result.counts)
    if (result.ok) continue
    const late = signal.aborted && !stopped.signal.aborted
    say(`${name} ${late ? `took longer than ${stage.timeoutMs / 60_000} min` : result.trouble}`)
    ok = false
    break
  }
  const counts = sum(counted)
  return {
    name: stage.name,
    outcome: ok ? 'passed' : 'failed',
    // A check or a runner that failed without a failed test still is one failure in the sum.
    counts: ok || counts.failed > 0 ? counts : { ...counts, failed: 1 },
    durationMs: performance.now() - started,
  }
}

function table(results: readonly StageResult[]): string {
  const rows = results.map(({ name, outcome, counts, durationMs }) => {
    const tests = [counts.passed, counts.failed, counts.skipped.length]
    const hasTests = tests.some((count) => count > 0)
    const cells = tests.map((count) => (hasTests ? String(count) : '').padStart(8))
    const seconds = outcome === 'not run' ? '' : `${(durationMs / 1_000).toFixed(1)} s`
    return `${name.padEnd(14)}${outcome.padEnd(8)}${cells.join('')}${seconds.padStart(10)}`
  })
  const totalMs = results.reduce((total, result) => total + result.durationMs, 0)
  const head = `${'stage'.padEnd(14)}${'result'.padEnd(8)}  passed  failed skipped      time`
  const foot = `${'total'.padEnd(46)}${`${(totalMs / 1_000).toFixed(1)} s`.padStart(10)}`
  return [head, ...rows, foot].join('\n')
}

/** Prints the plain sum that machines read, and gives the exit code: no test run is a failure. */
function closingLine(
  chosen: readonly Stage[],
  results: readonly StageResult[],
  { passed, failed, skipped }: Counts,
): number {
  const hasTests = chosen.some((stage) => stage.steps.some((step) => step.counts))
  const skips = skipped.length === 0 ? '' : `, ${skipped.length} skipped`
  if (hasTests || failed > 0) say(`${passed} passed, ${failed} failed${skips}`)
  const ok = results.every((result) => result.outcome === 'passed')
  return ok && (passed > 0 || !hasTests) ? 0 : 1
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

import { type Counts, NO_COUNTS, sum } from './counts.ts'
import { runStep } from './run-step.ts'
import type { Stage, Step } from './stages.ts'

export interface GateOptions {
  readonly stages: readonly Stage[]
  /** A stage's name and what its runner gets; empty for everything. */
  readonly args: readonly string[]
  readonly root: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

interface StageResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'not run'
  readonly counts: Counts
  readonly durationMs: number
}

/**
 * Runs the stages in order, stops at the first that fails, and says a table, the skipped tests and
 * a plain sum, `N passed, N failed`.
 *
 * @returns 0 when all passed, 1 when something failed or no test ran, 2 for a stage that does not
 * exist, 130 when it was stopped
 */
export async function runGate(options: GateOptions): Promise<number> {
  const { stages, args, signal, say } = options
  const chosen = choose(stages, args)
  if (chosen === null) {
    say(`no stage "${args[0]}"; there are ${stages.map((stage) => stage.name).join(', ')}`)
    return 2
  }
  const results: StageResult[] = []
  for (const stage of chosen) {
    const goesOn = !signal.aborted && results.every((done) => done.outcome === 'passed')
    results.push(goesOn ? await runStage(stage, options) : notRun(stage))
  }
  const total = sum(results.map((result) => result.counts))
  say(`\n${table(results)}\n`)
  for (const test of total.skipped) say(`skipped: ${test.name}: ${test.reason}`)
  if (signal.aborted) return 130
  const hasTests = chosen.some((stage) => stage.steps.some((step) => step.counts))
  if (hasTests || total.failed > 0) say(closingLine(total))
  const ok = results.every((result) => result.outcome === 'passed')
  return ok && (total.passed > 0 || !hasTests) ? 0 : 1
}

function choose(
  stages: readonly Stage[],
  [name, ...rest]: readonly string[],
): readonly Stage[] | null {
  if (name === undefined) return stages
  const stage = stages.find((candidate) => candidate.name === name)
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

async function runStage(stage: Stage, options: GateOptions): Promise<StageResult> {
  options.say(`\n── ${stage.name} ──`)
  const started = performance.now()
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(stage.timeoutMs)])
  const counted: Counts[] = []
  let trouble: string | null = null
  for (const step of stage.steps) {
    const name = [step.program.replace(/^node_modules\//, ''), ...step.args].join(' ')
    if (!step.counts) options.say(name)
    const result = await runStep(step, { root: options.root, signal })
    if (result.counts !== null) counted.push(result.counts)
    if (result.trouble === null) continue
    const isLate = signal.aborted && !options.signal.aborted
    trouble = isLate ? `took longer than ${stage.timeoutMs / 60_000} min` : result.trouble
    options.say(`${name} ${trouble}`)
    break
  }
  const counts = sum(counted)
  return {
    name: stage.name,
    outcome: trouble === null ? 'passed' : 'failed',
    // A check, or a runner that failed without a failed test, still is one failure in the sum.
    counts: trouble === null || counts.failed > 0 ? counts : { ...counts, failed: 1 },
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

/** The plain sum that machines read. */
function closingLine({ passed, failed, skipped }: Counts): string {
  const sentence = `${passed} passed, ${failed} failed`
  return skipped.length === 0 ? sentence : `${sentence}, ${skipped.length} skipped`
}

import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from './command-line.ts'
import { type Counts, NO_COUNTS, sum } from './counts.ts'
import { closingLine, type StageResult, table } from './gate-report.ts'
import { runStep } from './run-step.ts'
import type { Stage, Step } from './stages.ts'

export interface GateOptions {
  readonly stages: readonly Stage[]
  /** Names of stages, or one and what its runner gets; empty for everything. */
  readonly args: readonly string[]
  readonly root: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/**
 * Runs the stages of each lane in order and both lanes at once, stops at the first that fails, and
 * says a table, the skipped and the failed tests by name, and a plain sum, `N passed, N failed`.
 * What a stage beside says is said whole when it has ended, between two stages of the front.
 *
 * @returns 0 when all passed, 1 when something failed or no test ran, 130 when it was stopped
 * @throws {UsageError} for a stage that does not exist
 */
export async function runGate(options: GateOptions): Promise<number> {
  const { stages, args, signal, say } = options
  const chosen = choose(stages, args)
  const started = performance.now()
  const results = await new Gate(options).run(chosen)
  const total = sum(results.map((result) => result.counts))
  say(`\n${table(results, performance.now() - started)}\n`)
  for (const test of total.skipped) say(`skipped: ${test.name}: ${test.reason}`)
  // Last, so that they are still there when the head of a long log is cut off.
  for (const test of total.failures) say(`failed: ${test.name}: ${test.reason}`)
  if (signal.aborted) return 130
  const hasTests = chosen.some((stage) => stage.steps.some((step) => step.counts))
  if (hasTests || total.failed > 0) say(closingLine(total))
  const ok = results.every((result) => result.outcome === 'passed')
  return ok && (total.passed > 0 || !hasTests) ? 0 : 1
}

function choose(stages: readonly Stage[], args: readonly string[]): readonly Stage[] {
  if (args.length === 0) return stages
  const [name, ...rest] = args
  const inFront = stages.map((stage): Stage => ({ ...stage, lane: 'front' }))
  const named = inFront.filter((stage) => args.includes(stage.name))
  if (named.length === new Set(args).size) return named
  const stage = named.find((candidate) => candidate.name === name)
  const runner = stage?.steps[0]
  if (stage === undefined || runner?.counts !== true) {
    const unknown = args.find((each) => named.every((known) => known.name !== each))
    const known = stages.map((each) => each.name).join(', ')
    throw new UsageError(`there is no stage "${unknown}"; there are ${known}`)
  }
  // A filter means: this part of this runner, and nothing beside it.
  return [{ ...stage, steps: [withArgs(runner, rest)] }]
}

function withArgs(step: Step, args: readonly string[]): Step {
  return { ...step, args: [...step.args, ...args] }
}

class Gate {
  readonly #options: GateOptions
  readonly #failed = new AbortController()
  readonly #results = new Map<Stage, StageResult>()
  /** Where the words of stages are that have ended beside and were not said yet. */
  readonly #unsaid: string[] = []
  #isFrontBusy = false

  constructor(options: GateOptions) {
    this.#options = options
  }

  async run(stages: readonly Stage[]): Promise<readonly StageResult[]> {
    const lanes = (['front', 'beside'] as const).map(async (lane) => {
      for (const stage of stages.filter((each) => each.lane === lane)) {
        if (this.#isOver()) return
        const result = await (lane === 'front' ? this.#inFront(stage) : this.#beside(stage))
        this.#results.set(stage, result)
        if (result.outcome !== 'passed') this.#failed.abort()
      }
    })
    await Promise.all(lanes)
    return stages.map((stage) => this.#results.get(stage) ?? notRun(stage))
  }

  #isOver(): boolean {
    return this.#options.signal.aborted || this.#failed.signal.aborted
  }

  async #inFront(stage: Stage): Promise<StageResult> {
    this.#isFrontBusy = true
    this.#options.say(`\n── ${stage.name} ──`)
    const result = await this.#runStage(stage, { say: this.#options.say, logPath: null })
    this.#isFrontBusy = false
    this.#sayUnsaid()
    return result
  }

  async #beside(stage: Stage): Promise<StageResult> {
    const logPath = this.#fileOf(stage, 'log')
    rmSync(logPath, { force: true })
    const say = (line: string) => appendFileSync(logPath, `${line}\n`)
    say(`\n── ${stage.name} ──`)
    const result = await this.#runStage(stage, { say, logPath })
    // What was cut off by a failure elsewhere would only stand in its way.
    if (result.outcome !== 'stopped') this.#unsaid.push(logPath)
    if (!this.#isFrontBusy) this.#sayUnsaid()
    return result
  }

  #sayUnsaid(): void {
    for (const path of this.#unsaid.splice(0)) {
      this.#options.say(readFileSync(path, 'utf8').trimEnd())
    }
  }

  #fileOf(stage: Stage, extension: 'json' | 'log'): string {
    const folder = join(this.#options.root, 'build', 'test')
    mkdirSync(folder, { recursive: true })
    return join(folder, `${stage.name}.${extension}`)
  }

  async #runStage(
    stage: Stage,
    { say, logPath }: Pick<GateOptions, 'say'> & { readonly logPath: string | null },
  ): Promise<StageResult> {
    const { root } = this.#options
    const started = performance.now()
    const stopped = AbortSignal.any([this.#options.signal, this.#failed.signal])
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(stage.timeoutMs)])
    const countsPath = this.#fileOf(stage, 'json')
    const counted: Counts[] = []
    let trouble: string | null = null
    for (const step of stage.steps) {
      const name = [step.program.replace(/^node_modules\//, ''), ...step.args].join(' ')
      if (!step.counts) say(name)
      const result = await runStep(step, { root, signal, countsPath, logPath })
      if (result.counts !== null) counted.push(result.counts)
      if (result.trouble === null) continue
      trouble = result.trouble
      if (signal.aborted) trouble = `took longer than ${stage.timeoutMs / 60_000} min`
      if (stopped.aborted) trouble = 'was stopped'
      say(`${name} ${trouble}`)
      break
    }
    return resultOf(stage, {
      counts: sum(counted),
      isOk: trouble === null,
      isStopped: stopped.aborted,
      durationMs: performance.now() - started,
    })
  }
}

function resultOf(
  { name }: Stage,
  run: {
    readonly counts: Counts
    readonly isOk: boolean
    readonly isStopped: boolean
    readonly durationMs: number
  },
): StageResult {
  const { counts, isOk, isStopped, durationMs } = run
  if (isOk) return { name, outcome: 'passed', counts, durationMs }
  if (isStopped) return { name, outcome: 'stopped', counts, durationMs }
  // A check, or a runner that failed without a failed test, still is one failure in the sum.
  const failed = Math.max(counts.failed, 1)
  return { name, outcome: 'failed', counts: { ...counts, failed }, durationMs }
}

function notRun({ name }: Stage): StageResult {
  return { name, outcome: 'not run', counts: NO_COUNTS, durationMs: 0 }
}

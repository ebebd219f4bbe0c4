import { join } from 'node:path'
import type { Rule, Violation } from '../checking/checker.ts'
import { writeFile } from '../report/place.ts'
import type { Scenario } from '../scenario/schema.ts'
import { answersOf } from './answers.ts'
import { CANARIES } from './canaries.ts'
import { cellName, EVENT_KINDS, isImpossible, PHASES } from './coverage.ts'
import { drawLiveness, drawSafety } from './draw.ts'
import { runBias, runBlame } from './measured.ts'
import type { CampaignOptions, CampaignReport } from './report.ts'
import { type Shrunk, scenarioYaml } from './shrink.ts'
import type { CampaignTask, DrawnCampaign } from './tasks.ts'

const SAFETY: readonly Rule[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8']
const LIVENESS: readonly Rule[] = ['L3']
/** Failing seeds that are shrunk; one cause often breaks many. */
const SHRUNK_MAX = 3
/** Times that every cell must be reached (threats G6). */
const CELL_MIN = 1_000

/** Runs a campaign; a signal ends it with what is known then. */
export async function runCampaign(
  options: CampaignOptions,
  signal: AbortSignal,
): Promise<CampaignReport> {
  switch (options.campaign) {
    case 'canary':
      return runCanary(options, signal)
    case 'coverage':
      return runCoverage(options, signal)
    case 'bias':
      return runBias(options, signal)
    case 'blame':
      return runBlame(options, signal)
    case 'safety':
    case 'liveness':
      return runDrawn({ ...options, campaign: options.campaign }, signal)
  }
}

async function runCanary(
  { seeds, workers }: CampaignOptions,
  signal: AbortSignal,
): Promise<CampaignReport> {
  const found: (number | null | undefined)[] = CANARIES.map(() => undefined)
  const tasks = CANARIES.map(
    ({ seedsMax }, canary): CampaignTask => ({
      type: 'search',
      canary,
      seedsMax: Math.min(seeds, seedsMax),
    }),
  )
  const isComplete = await answersOf('canary', tasks, {
    workers,
    signal,
    onAnswer: (index, answer) => {
      if (answer.type === 'search') found[index] = answer.seed
    },
  })
  const rows = CANARIES.map(({ name, rule, seedsMax }, at) => {
    return { name, rule, seedsMax, seed: found[at] ?? null }
  })
  const isHeld = rows.every(({ seed }) => seed !== null)
  const lines = rows.map(({ name, rule, seedsMax, seed }) => {
    const verdict = seed === null ? 'NOT FOUND' : `seed ${seed}`
    return `${rule}  ${name.padEnd(36)}  ${verdict.padEnd(10)} of ${Math.min(seeds, seedsMax)}`
  })
  return { campaign: 'canary', isHeld, isComplete, lines, figures: { rows } }
}

interface FailedSeed {
  readonly seed: number
  readonly violations: readonly Violation[]
}

async function runDrawn(
  options: CampaignOptions & { readonly campaign: DrawnCampaign },
  signal: AbortSignal,
): Promise<CampaignReport> {
  const { campaign, from, seeds, rounds, workers } = options
  const rules = campaign === 'safety' ? SAFETY : LIVENESS
  const failed: FailedSeed[] = []
  const total = { seeds: 0, rounds: 0, lost: 0, virtualMs: 0, events: 0 }
  const taskAt = (index: number): CampaignTask => {
    return { type: 'drawn', campaign, seed: from + index, rounds, rules }
  }
  const isComplete = await answersOf(
    `${campaign} ${seeds} seeds`,
    { length: seeds, at: taskAt },
    {
      workers,
      signal,
      onAnswer: (index, answer) => {
        if (answer.type !== 'drawn') return
        const { outcome } = answer
        total.seeds += 1
        total.rounds += outcome.rounds.opened
        total.lost += outcome.rounds.lost
        total.virtualMs += outcome.virtualMs
        total.events += outcome.events
        const { violations } = outcome
        if (violations.length > 0) failed.push({ seed: from + index, violations })
      },
    },
  )
  failed.sort((a, b) => a.seed - b.seed)
  const written = await shrinkAll(options, failed.slice(0, SHRUNK_MAX), signal)
  const hours = (total.virtualMs / 3_600_000).toFixed(1)
  const head = `${campaign}: ${total.seeds} seeds, ${total.rounds} rounds, ${hours} network-hours`
  const lines = [
    `${head}, ${rules.join(' ')} broken in ${failed.length}`,
    ...failed.map(({ seed, violations }) => {
      const [first] = violations
      return `  seed ${seed}: ${first?.rule} in round ${first?.round}: ${first?.message}`
    }),
    ...written.map((path) => `  written: ${path}`),
  ]
  const figures = { ...total, failed, written }
  return { campaign, isHeld: failed.length === 0, isComplete, lines, figures }
}

/** Makes small scenarios of failing seeds and writes them where a person reads them. */
async function shrinkAll(
  options: CampaignOptions & { readonly campaign: DrawnCampaign },
  failed: readonly FailedSeed[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tasks = failed.flatMap(({ seed, violations }): CampaignTask[] => {
    const [first] = violations
    if (first === undefined) return []
    const scenario = drawnScenario(options.campaign, seed, options.rounds)
    return [{ type: 'shrink', failing: { scenario, seed, rule: first.rule } }]
  })
  const written: string[] = []
  await answersOf('shrinking', tasks, {
    workers: options.workers,
    signal,
    onAnswer: (index, answer) => {
      if (answer.type !== 'shrink' || answer.shrunk === null) return
      const path = join(options.out, `${options.campaign}-${failed[index]?.seed}.yaml`)
      written.push(writeShrunk(path, answer.shrunk))
    },
  })
  return written
}

/** The run that a seed of a campaign stands for. */
export function drawnScenario(campaign: DrawnCampaign, seed: number, rounds: number): Scenario {
  return (campaign === 'safety' ? drawSafety : drawLiveness)(seed, { rounds })
}

export function writeShrunk(path: string, shrunk: Shrunk): string {
  writeFile(path, scenarioYaml(shrunk))
  return path
}

async function runCoverage(
  { from, seeds, rounds, workers }: CampaignOptions,
  signal: AbortSignal,
): Promise<CampaignReport> {
  const counts = new Map<string, number>()
  const taskAt = (index: number): CampaignTask => ({ type: 'coverage', seed: from + index, rounds })
  const isComplete = await answersOf(
    `coverage ${seeds} seeds`,
    { length: seeds, at: taskAt },
    {
      workers,
      signal,
      onAnswer: (_, answer) => {
        if (answer.type !== 'coverage') return
        for (const [cell, times] of Object.entries(answer.coverage)) {
          counts.set(cell, (counts.get(cell) ?? 0) + times)
        }
      },
    },
  )
  const cells = PHASES.flatMap((phase) =>
    EVENT_KINDS.filter((kind) => !isImpossible(phase, kind)).map((kind) => {
      const cell = cellName(phase, kind)
      return { cell, times: counts.get(cell) ?? 0 }
    }),
  )
  const rare = cells.filter(({ times }) => times < CELL_MIN)
  const lines = [
    `coverage: ${cells.length - rare.length} of ${cells.length} cells at least ${CELL_MIN} times`,
    ...rare.map(({ cell, times }) => `  ${cell}: ${times}`),
  ]
  return { campaign: 'coverage', isHeld: rare.length === 0, isComplete, lines, figures: { cells } }
}

import { faultyMax } from '../../aggregator/committee/quorum.ts'
import type { Violation } from '../checking/checker.ts'
import { readArgs, wholeNumber } from '../input/options.ts'
import { createProgress } from '../report/progress.ts'
import { alignedTable } from '../report/table.ts'
import { percent } from '../report/text.ts'
import { checkScenario } from '../scenario/load.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { STRATEGIES } from '../strategies.ts'
import { costOf, dearestFirst, doneShare } from '../threads/cost.ts'
import { runSimulations, type SimulationTask } from '../threads/job.ts'
import { WORKERS_MAX, workersOfMachine } from '../threads/pool.ts'
import { NO_VARIANT } from '../variants.ts'

/** What f members that follow one strategy, or two at once, do to a committee. */
export interface AttackRow {
  readonly members: number
  readonly strategies: readonly string[]
  /** `none`, or the protocol without the rule that stops the strategy. */
  readonly variant: string
  readonly rounds: SimulationResult['rounds']
  /** The first of each run. */
  readonly violations: readonly Violation[]
}

export interface AttackOptions {
  readonly members: readonly number[]
  readonly rounds: number
  readonly seeds: number
  /** `worldwide` takes delays of up to 140 ms, `region` of up to 12. */
  readonly timing: 'region' | 'worldwide'
  /** Where the committee lists the members under control: signers are the first ones listed. */
  readonly listed: 'first' | 'last'
  readonly isPaired: boolean
  /** Runs each strategy once more without the rule that stops it, where a variant is that. */
  readonly isWithout: boolean
  readonly workers: number
}

/** The variant that lacks the rule which stops a strategy; what is not here has none. */
const WITHOUT: Readonly<Record<string, string>> = {
  mute: 'no-late-notices',
  late: 'no-late-notices',
  'rotate-absence': 'no-late-notices',
  'flap-at-probes': 'no-late-notices',
  'late-for-victims': 'no-late-notices',
  'edge-late': 'no-late-notices',
  'withhold-share': 'no-memory-of-silence',
  'withhold-fast-share': 'fast-path-needs-no-answer',
  'bad-share': 'no-memory-of-silence',
  'wrong-pair': 'any-pair-is-right',
  'wrong-pair-every-other': 'any-pair-is-right',
  'false-basis': 'claims-need-no-proof',
  'delay-proposal': 'signs-twice',
  'starve-round': 'lost-rounds-teach-nothing',
  'drop-members': 'includes-whom-it-likes',
  equivocate: 'nobody-is-convicted',
  'equivocate-proposal': 'nobody-is-convicted',
  'many-signing-sets': 'nobody-is-convicted',
  'two-reports': 'nobody-is-convicted',
  impersonate: 'any-sender',
  'clock-liar': 'any-time-counts',
  'forge-certificate': 'any-certificate',
  'keep-out': 'who-returns-may-be-left-out',
}

/** Reads a command line. @throws {RangeError} when it asks for what cannot be run */
export function attackOptionsOf(args: readonly string[]): AttackOptions & { json: boolean } {
  const { values } = readArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '960' },
      seeds: { type: 'string', default: '1' },
      timing: { type: 'string', default: 'region' },
      listed: { type: 'string', default: 'last' },
      pairs: { type: 'boolean', default: false },
      without: { type: 'boolean', default: false },
      workers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const { timing, listed } = values
  if (timing !== 'region' && timing !== 'worldwide') {
    throw new RangeError('--timing must be region or worldwide')
  }
  if (listed !== 'first' && listed !== 'last') {
    throw new RangeError('--listed must be first or last')
  }
  const members = values.members
    .split(',')
    .map((each) => wholeNumber('--members', each, { min: 4, max: 31 }) ?? 0)
  if (values.pairs && values.without) throw new RangeError('--without is for single strategies')
  return {
    members,
    rounds: wholeNumber('--rounds', values.rounds, { min: 1, max: 1_000_000 }) ?? 0,
    seeds: wholeNumber('--seeds', values.seeds, { min: 1, max: 100_000 }) ?? 0,
    timing,
    listed,
    isPaired: values.pairs,
    isWithout: values.without,
    workers:
      wholeNumber('--workers', values.workers, { min: 1, max: WORKERS_MAX }) ?? workersOfMachine(),
    json: values.json,
  }
}

type Case = Pick<AttackRow, 'members' | 'strategies' | 'variant'>

/**
 * Runs every strategy, alone or in pairs on the same members; rows that a signal cut off are left
 * out.
 */
export async function runAttacks(
  options: AttackOptions,
  signal: AbortSignal,
): Promise<readonly AttackRow[]> {
  const cases = casesOf(options)
  const { seeds, workers } = options
  const asked = attackRunsOf(options)
  const sums = cases.map(() => emptySum())
  const progress = createProgress('attacks')
  const share = doneShare(asked.map(({ cost }) => cost))
  try {
    await runSimulations(
      asked.map(({ task }) => task),
      {
        workers,
        signal,
        onAnswer: (index, answer) => {
          if (answer.type !== 'run') throw new Error('a run was answered by something else')
          const { at, task } = asked[index] as AttackRun
          const { rounds, violations } = answer.outcome
          const run = { seed: task.job.seed, rounds, violations: violations.slice(0, 1) }
          sums[at]?.runs.push(run)
          progress.show(share(index))
        },
      },
    )
  } finally {
    progress.end()
  }
  return cases.flatMap((each, at) => {
    const { runs } = sums[at] ?? emptySum()
    return runs.length < seeds ? [] : [{ ...each, ...totalOf(runs) }]
  })
}

/** One run, in the order in which runs are begun. */
export interface AttackRun {
  /** Of which case, in the order of the rows. */
  readonly at: number
  readonly task: SimulationTask
  readonly cost: number
}

/** All runs that are asked for, the dearest first. */
export function attackRunsOf(options: AttackOptions): readonly AttackRun[] {
  const runs = casesOf(options).flatMap((each, at) =>
    Array.from({ length: options.seeds }, (_, before): AttackRun => {
      const task = taskOf(options, each, 1 + before)
      return { at, task, cost: costOf(task.job.scenario) }
    }),
  )
  return dearestFirst(runs, ({ cost }) => cost)
}

interface Run {
  readonly seed: number
  readonly rounds: AttackRow['rounds']
  readonly violations: readonly Violation[]
}

function emptySum(): { readonly runs: Run[] } {
  return { runs: [] }
}

/** In the order of the seeds, whatever the order in which the runs ended. */
function totalOf(runs: readonly Run[]): Pick<AttackRow, 'rounds' | 'violations'> {
  const rounds = { opened: 0, fast: 0, proposed: 0, lost: 0 }
  for (const run of runs) {
    for (const key of ['opened', 'fast', 'proposed', 'lost'] as const)
      rounds[key] += run.rounds[key]
  }
  const ordered = [...runs].sort((a, b) => a.seed - b.seed)
  return { rounds, violations: ordered.flatMap(({ violations }) => violations) }
}

function casesOf({ members, isPaired, isWithout }: AttackOptions): readonly Case[] {
  const names = STRATEGIES.map(({ name }) => name)
  const lists = isPaired
    ? names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]))
    : names.map((name) => [name])
  return members.flatMap((size) =>
    lists.flatMap((strategies): Case[] => {
      const alone = { members: size, strategies, variant: NO_VARIANT }
      const variant = isWithout ? WITHOUT[strategies[0] ?? ''] : undefined
      return variant === undefined ? [alone] : [alone, { ...alone, variant }]
    }),
  )
}

function taskOf({ rounds, timing, listed }: AttackOptions, of: Case, seed: number): SimulationTask {
  const { members, strategies, variant } = of
  const faulty = Array.from({ length: faultyMax(members) }, (_, index) =>
    listed === 'first' ? index : members - 1 - index,
  )
  const maxMs = timing === 'region' ? 12 : 140
  const scenario = checkScenario({
    name: 'attack',
    rounds,
    committee: { members, timing },
    network: { latency: { type: 'uniform', minMs: 2, maxMs } },
    adversaries: strategies.map((strategy) => ({ strategy, members: faulty })),
    variant,
    stopAtViolation: false,
  })
  return { type: 'run', job: { scenario, seed } }
}

/** Whether every rule held that the protocol promises; without one of its rules nothing is. */
export function isAttackHeld({ variant, violations }: AttackRow): boolean {
  return variant !== NO_VARIANT || violations.length === 0
}

/** A table for people. */
export function attackTable(rows: readonly AttackRow[]): string {
  return alignedTable([
    ['n', 'strategy', 'without', 'fast', 'proposed', 'lost', 'broken'],
    ...rows.map(({ members, strategies, variant, rounds, violations }) => {
      const { opened, fast, proposed, lost } = rounds
      const [first] = violations
      return [
        String(members),
        strategies.join(' + '),
        variant === NO_VARIANT ? '' : variant,
        ...[fast, proposed, lost].map((part) => percent(part, opened)),
        first === undefined ? '' : `${first.rule} in round ${first.round}: ${first.message}`,
      ]
    }),
  ])
}

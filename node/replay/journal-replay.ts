import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { Context } from '../../aggregator/context.ts'
import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import { JournalReader } from '../store/journal-reader.ts'
import type { JournalRun, JournalStep, RoundRange } from '../store/journal-rows.ts'
import { type Difference, type Gap, RunReplay } from './replay.ts'

export interface ReplayOptions {
  /** Path of a journal, of a node that runs or of a copy; it is read only. */
  readonly path: string
  /** Rounds asked for; every run that holds one of them is fed from its beginning. */
  readonly range: RoundRange
  /** Whose journal it must be; null takes it from the journal. */
  readonly member: MemberIndex | null
}

export interface ReplayDependencies {
  readonly context: Context
  readonly signal: AbortSignal
  readonly onProgress: (progress: ReplayProgress) => void
}

export interface ReplayProgress {
  readonly round: Round
  readonly roundsDone: number
  readonly roundsTotal: number
}

/** How far one process could be recomputed. */
export interface RunOutcome {
  readonly run: number
  readonly member: MemberIndex
  readonly startedMs: number
  /** First and last round that was compared. */
  readonly from: Round
  readonly to: Round
  readonly events: number
  readonly effects: number
  /**
   * `same` to its end or to the end of the range; `tail`: the last effects were not written, as
   * when a process is killed or still runs; `beginningLost`: rolled away, nothing was compared.
   */
  readonly state: 'same' | 'tail' | 'beginningLost' | 'gap' | 'different' | 'interrupted'
  readonly effectsLost: number
}

export interface ReplayOutcome {
  readonly runs: readonly RunOutcome[]
  readonly gaps: readonly Gap[]
  /** The first one; nothing after it was compared. */
  readonly difference: Difference | null
}

/** Steps read at once: the journal is held for moments only, so that its writer can go on. */
const PAGE = 1_000

type HeldRun = JournalRun & { readonly steps: NonNullable<JournalRun['steps']> }

/**
 * Feeds the journalled events of each run through the core again and compares every effect bit for
 * bit (protocol §10.4, S8).
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`, `JOURNAL_COMMITTEE_OTHER`,
 * `JOURNAL_MEMBER_OTHER`, `REPLAY_NOTHING_HELD`, `REPLAY_BEGINNING_LOST`
 */
export async function replayJournal(
  options: ReplayOptions,
  dependencies: ReplayDependencies,
): Promise<ReplayOutcome> {
  const reader = new JournalReader(options.path)
  try {
    const runs = chosenRuns(reader.runs(), options, dependencies.context)
    return await replayRuns({ reader, runs, ...options, ...dependencies })
  } finally {
    reader.close()
  }
}

interface Work extends ReplayOptions, ReplayDependencies {
  readonly reader: JournalReader
  readonly runs: readonly HeldRun[]
}

async function replayRuns(work: Work): Promise<ReplayOutcome> {
  const outcomes: RunOutcome[] = []
  const gaps: Gap[] = []
  const roundsTotal = work.runs.reduce((sum, run) => sum + roundsOf(run, work.range), 0)
  let roundsDone = 0
  for (const run of work.runs) {
    if (!hasBeginning(run)) {
      outcomes.push(beginningLost(run))
      continue
    }
    const before = roundsDone
    const done = await replayRun(work, run, (round) => {
      const since = Math.max(0, round - run.steps.first.round)
      work.onProgress({ round, roundsDone: before + since, roundsTotal })
    })
    roundsDone += roundsOf(run, work.range)
    outcomes.push(done.outcome)
    if (done.gap !== null) gaps.push(done.gap)
    const { difference } = done
    const isOver = difference !== null || done.outcome.state === 'interrupted'
    if (isOver) return { runs: outcomes, gaps, difference }
  }
  return { runs: outcomes, gaps, difference: null }
}

interface RunDone {
  readonly outcome: RunOutcome
  readonly gap: Gap | null
  readonly difference: Difference | null
}

async function replayRun(
  work: Work,
  run: HeldRun,
  onRound: (round: Round) => void,
): Promise<RunDone> {
  const replay = new RunReplay(work.context, run.member)
  let to = run.steps.first.round
  const done = (
    state: RunOutcome['state'],
    ended: Partial<Pick<RunDone, 'gap' | 'difference'>> = {},
  ): RunDone => {
    const { events, effects, waiting } = replay.counts
    const effectsLost = state === 'tail' ? waiting : 0
    const counts = { from: run.steps.first.round, to, events, effects, effectsLost }
    return {
      outcome: { ...factsOf(run), ...counts, state },
      gap: null,
      difference: null,
      ...ended,
    }
  }
  for await (const page of pagesOf(work.reader, run)) {
    if (work.signal.aborted) return done('interrupted')
    for (const entry of page) {
      // Effects are written a moment after the event that they follow from.
      if (entry.kind === 'event' && entry.round > work.range.to) return done('same')
      const fed = replay.feed(entry)
      if (fed.type === 'gap') return done('gap', { gap: fed.gap })
      if (fed.type === 'different') return done('different', { difference: fed.difference })
      if (entry.kind === 'event') to = entry.round
    }
    onRound(to)
  }
  return done(replay.counts.waiting === 0 ? 'same' : 'tail')
}

/** All entries of a run up to the last one known when the replay began. */
async function* pagesOf(reader: JournalReader, run: HeldRun): AsyncGenerator<JournalStep[]> {
  let sequence = run.steps.first.sequence - 1
  while (sequence < run.steps.last.sequence) {
    const page = reader
      .stepsAfter(sequence, PAGE)
      .filter((entry) => entry.run === run.run && entry.sequence <= run.steps.last.sequence)
    const last = page.at(-1)
    // Rolled away since: what is missing shows as a tail.
    if (last === undefined) return
    yield page
    sequence = last.sequence
    await turnOfTheLoop()
  }
}

function hasBeginning({ steps }: HeldRun): boolean {
  return steps.first.number === 0
}

function factsOf({ run, member, startedMs }: HeldRun) {
  return { run, member, startedMs }
}

function beginningLost(run: HeldRun): RunOutcome {
  const { first, last } = run.steps
  const none = { events: 0, effects: 0, effectsLost: 0 }
  return {
    ...factsOf(run),
    ...{ from: first.round, to: last.round, ...none, state: 'beginningLost' },
  }
}

function roundsOf({ steps }: HeldRun, { to }: RoundRange): number {
  return Math.max(0, Math.min(to, steps.last.round) - steps.first.round) + 1
}

function chosenRuns(
  all: readonly JournalRun[],
  { path, range, member }: ReplayOptions,
  context: Context,
): readonly HeldRun[] {
  const held = all.filter((run): run is HeldRun => run.steps !== null)
  if (held.length === 0) throw nothingHeld(path, range)
  const ours = held.filter(({ committeeDigest }) =>
    equalBytes(committeeDigest, context.committee.digest),
  )
  if (ours.length === 0) throw journalCommitteeOther(path, held, context)
  const { size } = context.committee
  const other = ours.find((run) => run.member >= size || (member !== null && run.member !== member))
  if (other !== undefined) {
    throw new OracleError(
      'JOURNAL_MEMBER_OTHER',
      `${path} is of member ${other.member} of ${size}; name the right journal or member`,
      { context: { path, member: other.member } },
    )
  }
  const chosen = ours.filter(
    ({ steps }) => steps.last.round >= range.from && steps.first.round <= range.to,
  )
  if (chosen.length === 0) throw nothingHeld(path, range)
  if (!chosen.some(hasBeginning)) throw beginningError(path, ours)
  return chosen
}

function nothingHeld(path: string, { from, to }: RoundRange): OracleError {
  return new OracleError(
    'REPLAY_NOTHING_HELD',
    `${path} holds no event of these rounds; parallax replay without them lists what it has`,
    { context: { path, from, to } },
  )
}

/** No process of the journal ran in the committee of the context. */
export function journalCommitteeOther(
  path: string,
  runs: readonly JournalRun[],
  context: Context,
): OracleError {
  return new OracleError(
    'JOURNAL_COMMITTEE_OTHER',
    `${path} was written in another committee; name the committee file of that time`,
    {
      context: {
        path,
        journal: toHex(runs.at(-1)?.committeeDigest ?? new Uint8Array(0)),
        committee: toHex(context.committee.digest),
      },
    },
  )
}

function beginningError(path: string, runs: readonly HeldRun[]): OracleError {
  const next = runs.find(hasBeginning)
  const otherwise =
    next === undefined
      ? 'nothing in this journal can be recomputed until the node starts again'
      : `it can be recomputed from round ${next.steps.first.round} on: add --from`
  return new OracleError(
    'REPLAY_BEGINNING_LOST',
    `the beginning of the run that holds these rounds was rolled away; ${otherwise}`,
    { context: { path, firstRound: next?.steps.first.round ?? null } },
  )
}

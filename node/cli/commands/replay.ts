import { OracleError } from '../../errors.ts'
import {
  type ReplayOutcome,
  type ReplayProgress,
  type RunOutcome,
  replayJournal,
} from '../../replay/journal-replay.ts'
import { offlineContext } from '../../replay/offline.ts'
import type { Difference } from '../../replay/replay.ts'
import { command, type Output } from '../command.ts'
import { EXIT_DONE, EXIT_INTERRUPTED, exitCodeOf } from '../exit-codes.ts'
import { JOURNAL_OPTIONS, journalFilesOf, roundsOf, wholeOf } from '../journal-files.ts'

const PROGRESS_EVERY_MS = 1_000

/** Recomputes what a node did from its journal, and points at the first difference. */
export const replay = command({
  name: 'replay',
  summary: 'Recompute what a node did from its journal, bit for bit.',
  options: {
    ...JOURNAL_OPTIONS,
    member: { type: 'string', value: 'I', describe: 'whose journal it must be' },
    from: { type: 'string', value: 'R', describe: 'first round; its run is replayed whole' },
    to: { type: 'string', value: 'R', describe: 'last round' },
  },
  run: async ({ config, journal, committee, json, ...limits }, { stdout, stderr, signal }) => {
    const files = await journalFilesOf('replay', { config, journal, committee })
    const range = roundsOf('replay', limits)
    const context = await offlineContext(files.committee)
    const outcome = await replayJournal(
      { path: files.journal, range, member: wholeOf('replay', 'member', limits.member) },
      { context, signal, onProgress: progressTo(stderr) },
    )
    stdout.write(json ? `${JSON.stringify(outcome)}\n` : textOf(outcome))
    return exitCodeFor(outcome)
  },
})

/** A line a second: where it is, and how long it will still take at the speed so far. */
function progressTo(stderr: Output): (progress: ReplayProgress) => void {
  const startedMs = performance.now()
  let saidMs = startedMs
  return ({ round, roundsDone, roundsTotal }) => {
    const nowMs = performance.now()
    if (nowMs - saidMs < PROGRESS_EVERY_MS || roundsDone === 0) return
    saidMs = nowMs
    const remainingMs = ((nowMs - startedMs) * (roundsTotal - roundsDone)) / roundsDone
    const share = Math.floor((100 * roundsDone) / roundsTotal)
    const seconds = Math.ceil(remainingMs / 1_000)
    stderr.write(`round ${round}, ${share} % of ${roundsTotal} rounds, ${seconds} s left\n`)
  }
}

function exitCodeFor({ difference, gaps, runs }: ReplayOutcome): number {
  if (difference !== null) {
    return exitCodeOf(new OracleError('REPLAY_DIFFERS', 'the journal and the core differ'))
  }
  if (runs.some(({ state }) => state === 'interrupted')) return EXIT_INTERRUPTED
  if (gaps.length === 0) return EXIT_DONE
  return exitCodeOf(new OracleError('REPLAY_HISTORY_LOST', 'entries are missing'))
}

const STATES: Readonly<Record<RunOutcome['state'], string>> = {
  same: 'the same, bit for bit',
  tail: 'the same up to its end, which was not written',
  beginningLost: 'not compared: its beginning was rolled away',
  gap: 'the same up to entries that are missing',
  different: 'the same up to a difference',
  interrupted: 'the same up to here; interrupted',
}

function textOf({ runs, gaps, difference }: ReplayOutcome): string {
  const lines = runs.map((run) => {
    const started = new Date(run.startedMs).toISOString()
    const tail = run.effectsLost === 0 ? '' : ` (${run.effectsLost} effects)`
    const rounds = `rounds ${run.from} to ${run.to}`
    return [
      `run ${run.run} of member ${run.member}, started ${started}, ${rounds}:`,
      `  ${run.events} events, ${run.effects} effects: ${STATES[run.state]}${tail}`,
    ].join('\n')
  })
  for (const gap of gaps) {
    const { sequence, run, round, expectedNumber, foundNumber } = gap
    const entry = `entry ${foundNumber} stands where entry ${expectedNumber} should`
    lines.push(`run ${run}, sequence ${sequence}, round ${round}: ${entry}: lost or moved`)
  }
  if (difference !== null) lines.push(differenceText(difference))
  return `${lines.join('\n')}\n`
}

function differenceText(difference: Difference): string {
  const { sequence, round, cause, reason, isDamaged, expected, found } = difference
  const damaged = 'the checksum shows that the journal was changed after it was written'
  return [
    `first difference at sequence ${sequence}, round ${round} (${cause}): ${reason}`,
    ...(isDamaged ? [`  ${damaged}`] : []),
    ...(cause === 'effect'
      ? [`  journal: ${sideText(expected)}`, `  core: ${sideText(found)}`]
      : []),
  ].join('\n')
}

function sideText(side: Difference['expected']): string {
  if (side === null) return 'nothing'
  return side.text === undefined
    ? `${side.type} ${side.hex}`
    : `${side.type} ${side.hex} ${side.text}`
}

import { keccak_256 } from '@noble/hashes/sha3.js'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { configuredVenue } from '../sources/configured-venues.ts'
import { SourceEngine } from '../sources/engine.ts'
import type { AskingDependencies } from '../sources/open-venue.ts'
import type { Asked } from './asked.ts'
import type { Entry, EntryOf, RecordingHeader } from './entry.ts'
import { recordingTap } from './tap.ts'
import { RecordingWriter } from './writer.ts'

export interface RecordOptions {
  readonly asked: Asked
  /** A file that is not there yet. */
  readonly path: string
  /** Of all entries before they are packed. */
  readonly bytesMax: number
  /** Null until somebody asks it to end. */
  readonly durationMs: DurationMs | null
}

export interface RecordDependencies extends Omit<AskingDependencies, 'tap'> {
  /** Ends the recording in order. */
  readonly signal: AbortSignal
  /** Told each second. */
  readonly onProgress: (progress: RecordProgress) => void
}

export interface RecordProgress {
  readonly elapsedMs: DurationMs
  readonly answers: number
  /** Of them, those that did not come whole and with status 200. */
  readonly failed: number
  readonly frames: number
  readonly fileBytes: number
  /** Newest value of each feed, in its decimals; null where there is none. */
  readonly values: readonly (bigint | null)[]
}

export interface RecordOutcome extends RecordProgress {
  readonly reason: EntryOf<'ended'>['reason']
}

/** Lost at most when the process is killed. */
const FLUSH_EVERY_MS = 1_000

/**
 * Asks venues as a node does, with its engine, and writes down all that goes to them and comes
 * back, and what value it makes of it each second.
 *
 * @throws {OracleError} FILE_EXISTS, FILE_NOT_WRITTEN
 */
export async function record(
  { asked, path, bytesMax, durationMs }: RecordOptions,
  dependencies: RecordDependencies,
): Promise<RecordOutcome> {
  const { clock, sleep, signal, onProgress } = dependencies
  const startedMs = clock.nowMs()
  const header: RecordingHeader = { startedMs, ...asked }
  const writer = await RecordingWriter.create(path, header, bytesMax)
  const counts = new Counts()
  let isRecording = true
  const note = (entry: Entry) => {
    if (!isRecording) return
    counts.add(entry)
    writer.append(entry)
  }
  const engine = engineOf(asked, { ...dependencies, note })
  const look = () => {
    const { values } = engine.sampleFeeds(clock.nowMs())
    note({ type: 'values', atMs: clock.nowMs(), values: values.map(textOf) })
    const elapsedMs = clock.nowMs() - startedMs
    return { elapsedMs, ...counts, fileBytes: writer.fileBytes, values }
  }
  const reasonToEnd = (): RecordOutcome['reason'] | null => {
    if (signal.aborted) return 'asked'
    if (writer.isFull) return 'full'
    return durationMs !== null && clock.nowMs() - startedMs >= durationMs ? 'time' : null
  }
  try {
    await engine.start()
    let reason = reasonToEnd()
    while (reason === null) {
      await sleep(FLUSH_EVERY_MS, signal).catch(() => undefined)
      await writer.flush()
      reason = reasonToEnd()
      onProgress(look())
    }
    const last = look()
    note({ type: 'ended', atMs: clock.nowMs(), reason })
    isRecording = false
    await writer.flush()
    return { ...last, fileBytes: writer.fileBytes, reason }
  } finally {
    // What is broken off now was not the venues' doing.
    isRecording = false
    await engine.stop()
    await writer.close()
  }
}

class Counts {
  answers = 0
  failed = 0
  frames = 0

  add(entry: Entry): void {
    if (entry.type === 'frame') this.frames += 1
    if (entry.type !== 'answer') return
    this.answers += 1
    if (entry.ending !== 'whole' || entry.status !== 200) this.failed += 1
  }
}

function engineOf(
  { sources, feeds }: Asked,
  dependencies: AskingDependencies & { readonly note: (entry: Entry) => void },
): SourceEngine {
  const { clock, note } = dependencies
  const tap = recordingTap({
    nowMs: () => clock.nowMs(),
    usedWeightOf: (venue) => configuredVenue(sources, venue)?.venue.usedWeightHeader?.name ?? null,
    note,
  })
  return new SourceEngine(
    { config: sources, feeds },
    { ...dependencies, tap, metrics: () => undefined, keccak256: keccak_256 },
  )
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : String(value)
}

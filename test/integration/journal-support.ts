import { DatabaseSync } from 'node:sqlite'
import { openStore } from '../../node/compose/store.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import type {
  CertificateEntry,
  EvidenceEntry,
  MessageEntry,
  RunFacts,
  StepEntry,
} from '../../node/store/journal-entries.ts'
import { MEMBER, type Recording } from '../unit/node/replay/recording.ts'

export const digest = (fill: number) => new Uint8Array(32).fill(fill)

export const RUN: RunFacts = { startedMs: 5, member: 2, committeeDigest: digest(9) }

export function shareEntry(changes: Partial<MessageEntry> = {}): MessageEntry {
  return {
    table: 'message',
    round: 10,
    type: 'share',
    sender: 1,
    slot: 0,
    digest: digest(1),
    reportDigest: digest(100),
    bytes: Uint8Array.of(1, 2, 3),
    receivedMs: 1_000,
    origin: 'peer',
    ...changes,
  }
}

export function certificateEntry(
  round: number,
  isBest: boolean,
  times: Partial<Pick<CertificateEntry, 'openedMs' | 'receivedMs'>> = {},
): CertificateEntry {
  const entry = { round, slot: 0, path: 'fast' as const, bytes: Uint8Array.of(round), isBest }
  return { table: 'certificate', ...entry, openedMs: 1_000, receivedMs: 1_000, ...times }
}

export function evidenceEntry(accused: number, fill: number): EvidenceEntry {
  return { table: 'evidence', accused, round: 10, bytes: digest(fill), receivedMs: 1_000 }
}

export function stepEntry(round: number, body: Uint8Array): StepEntry {
  const nowMs = 1_000 + round
  return {
    ...{ table: 'step', number: round, chain: 77, nowMs },
    ...{ round, kind: 'event', type: 'alarmFired', body },
  }
}

/** Lets the store of a node write into a data directory what one process saw. */
export async function writeJournal(
  dataDirectory: string,
  recording: Recording,
  of: { readonly startedMs: number; readonly seen?: Recording['seen'] },
): Promise<void> {
  const { committee } = recording.context
  const store = openStore(
    { dataDirectory, startedMs: of.startedMs, committee, self: MEMBER },
    { nowMs: () => recording.cluster.nowMs, log: SILENT_LOG },
  )
  await store.journal.start()
  for (const each of of.seen ?? recording.seen) {
    if (each.type === 'event') store.observer.onEvent?.(each.event)
    if (each.type === 'effect') store.observer.onEffect?.(each.effect)
  }
  await store.journal.stop()
}

/** Copies a journal and changes the copy; gives back its path. */
export function changedJournal(journal: string, path: string, sql: string): string {
  const source = new DatabaseSync(journal)
  source.exec(`VACUUM INTO '${path}'`)
  source.close()
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
  return path
}

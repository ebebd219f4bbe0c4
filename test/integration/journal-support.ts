import type {
  CertificateEntry,
  EvidenceEntry,
  MessageEntry,
  StepEntry,
} from '../../node/store/journal-entries.ts'

export const digest = (fill: number) => new Uint8Array(32).fill(fill)

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

export function certificateEntry(round: number, isBest: boolean): CertificateEntry {
  const bytes = Uint8Array.of(round)
  return { table: 'certificate', round, slot: 0, path: 'fast', bytes, receivedMs: 1_000, isBest }
}

export function evidenceEntry(accused: number, fill: number): EvidenceEntry {
  return { table: 'evidence', accused, round: 10, bytes: digest(fill), receivedMs: 1_000 }
}

export function stepEntry(round: number, body: Uint8Array | string): StepEntry {
  return { table: 'step', nowMs: 1_000 + round, round, kind: 'event', type: 'alarmFired', body }
}

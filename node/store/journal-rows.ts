import type { SQLOutputValue } from 'node:sqlite'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { RunFacts } from './journal-entries.ts'

export interface RoundRange {
  /** First round. */
  readonly from: Round
  /** Last round. */
  readonly to: Round
}

export interface JournalMessage {
  readonly round: Round
  readonly type: string
  readonly sender: MemberIndex | null
  readonly slot: number | null
  readonly bytes: Uint8Array
  readonly receivedMs: UnixMs
  readonly origin: string
}

export interface JournalCertificate {
  /** Wire form. */
  readonly bytes: Uint8Array
  /** When the process that wrote it held the first certificate of the round. */
  readonly receivedMs: UnixMs
}

/** One process as the journal knows it. */
export interface JournalRun extends RunFacts {
  readonly run: number
  /** First and last step that are still here; null when none is. */
  readonly steps: { readonly first: JournalStep; readonly last: JournalStep } | null
}

export interface JournalStep {
  /** Grows with every entry, also over restarts. */
  readonly sequence: number
  /** Process that wrote it; a replay begins where a run begins. */
  readonly run: number
  readonly number: number
  readonly chain: number
  readonly nowMs: UnixMs
  readonly round: Round
  readonly kind: string
  readonly type: string
  readonly body: Uint8Array
}

/** A row of a table, or what became of it in a query. */
export type Row = Record<string, SQLOutputValue>

/** Empty for what is no blob. */
export function bytesOf(value: SQLOutputValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}

/** Null for what SQLite calls so. */
export function numberOrNull(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}

/** A row of the table of messages. */
export function messageOf(row: Row): JournalMessage {
  return {
    round: Number(row.round),
    type: String(row.type),
    sender: numberOrNull(row.sender),
    slot: numberOrNull(row.slot),
    bytes: bytesOf(row.bytes),
    receivedMs: Number(row.received_ms),
    origin: String(row.origin),
  }
}

/** A row of the table of steps. */
export function stepOf(row: Row): JournalStep {
  return {
    sequence: Number(row.id),
    run: Number(row.run),
    number: Number(row.number),
    chain: Number(row.chain),
    nowMs: Number(row.now_ms),
    round: Number(row.round),
    kind: String(row.kind),
    type: String(row.type),
    body: bytesOf(row.body),
  }
}

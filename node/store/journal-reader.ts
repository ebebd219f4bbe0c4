import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { openForReading } from './journal-schema.ts'

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

export interface JournalStep {
  /** Grows with every entry, also over restarts. */
  readonly sequence: number
  /** Process that wrote it; a replay begins where a run begins. */
  readonly run: number
  readonly nowMs: UnixMs
  readonly round: Round
  readonly kind: string
  readonly type: string
  readonly body: Uint8Array | string
}

type Row = Record<string, SQLOutputValue>

/** Reads a journal, also while its writer works; hold it for moments only. */
export class JournalReader {
  readonly #database: DatabaseSync

  /** @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER` */
  constructor(path: string) {
    this.#database = openForReading(path)
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  /** Wire form of the best certificate when the last process ended; null if none. */
  bestCertificate(): Uint8Array | null {
    const row = this.#database.prepare('SELECT bytes FROM best_certificate').get()
    return row === undefined ? null : bytesOf(row.bytes)
  }

  /** Wire form of the evidence against each convicted member. */
  evidence(): Uint8Array[] {
    const rows = this.#database.prepare('SELECT bytes FROM evidence ORDER BY accused').all()
    return rows.map((row) => bytesOf(row.bytes))
  }

  /** Wire form of every certificate of these rounds, in the order they came. */
  certificates({ from, to }: RoundRange): Uint8Array[] {
    const rows = this.#database
      .prepare('SELECT bytes FROM certificate WHERE round BETWEEN ? AND ? ORDER BY id')
      .all(from, to)
    return rows.map((row) => bytesOf(row.bytes))
  }

  /** Messages of these rounds in the order they came; one row at a time. */
  *messages({ from, to }: RoundRange): Generator<JournalMessage> {
    const rows = this.#database
      .prepare('SELECT * FROM message WHERE round BETWEEN ? AND ? ORDER BY id')
      .iterate(from, to)
    for (const row of rows) yield messageOf(row)
  }

  /** Events and effects of these rounds in the order they happened; one row at a time. */
  *steps({ from, to }: RoundRange): Generator<JournalStep> {
    const rows = this.#database
      .prepare('SELECT * FROM step WHERE round BETWEEN ? AND ? ORDER BY id')
      .iterate(from, to)
    for (const row of rows) yield stepOf(row)
  }

  /** Lowest and highest round of the history; null when it is empty. */
  rounds(): RoundRange | null {
    const row = this.#database
      .prepare('SELECT min(round) AS low, max(round) AS high FROM message')
      .get()
    if (row === undefined || row.low === null) return null
    return { from: Number(row.low), to: Number(row.high) }
  }

  /** Shares with what they conflict by; one row at a time. */
  *shares(): Generator<{
    readonly round: Round
    readonly sender: MemberIndex
    readonly slot: number
    readonly digest: Uint8Array
    readonly reportDigest: Uint8Array
  }> {
    const rows = this.#database
      .prepare(
        `SELECT DISTINCT round, sender, slot, digest, report_digest FROM message
         WHERE type = 'share' AND sender IS NOT NULL`,
      )
      .iterate()
    for (const row of rows) {
      yield {
        round: Number(row.round),
        sender: Number(row.sender),
        slot: Number(row.slot),
        digest: bytesOf(row.digest),
        reportDigest: bytesOf(row.report_digest),
      }
    }
  }
}

function bytesOf(value: SQLOutputValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}

function numberOrNull(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function messageOf(row: Row): JournalMessage {
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

function stepOf(row: Row): JournalStep {
  return {
    sequence: Number(row.id),
    run: Number(row.run),
    nowMs: Number(row.now_ms),
    round: Number(row.round),
    kind: String(row.kind),
    type: String(row.type),
    body: typeof row.body === 'string' ? row.body : bytesOf(row.body),
  }
}

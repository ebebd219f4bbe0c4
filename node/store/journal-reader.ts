import type { DatabaseSync } from 'node:sqlite'
import type { PastFeedValue } from '../../aggregator/aggregation/derived-feeds.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import {
  bytesOf,
  type JournalCertificate,
  type JournalMessage,
  type JournalRun,
  type JournalStep,
  messageOf,
  numberOrNull,
  type RoundRange,
  stepOf,
} from './journal-rows.ts'
import { hasTable, journalUnreadable, openForReading } from './journal-schema.ts'

/** Reads a journal, also while its writer works; hold it for moments only. */
export class JournalReader {
  readonly #path: string
  readonly #database: DatabaseSync

  /** @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER` */
  constructor(path: string) {
    this.#path = path
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
    return this.#read(() => {
      const rows = this.#database.prepare('SELECT bytes FROM evidence ORDER BY accused').all()
      return rows.map((row) => bytesOf(row.bytes))
    })
  }

  /**
   * Every certificate of these rounds, in the order they came.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  certificates({ from, to }: RoundRange): JournalCertificate[] {
    return this.#read(() => {
      const rows = this.#database
        .prepare(
          'SELECT bytes, received_ms FROM certificate WHERE round BETWEEN ? AND ? ORDER BY id',
        )
        .all(from, to)
      return rows.map((row) => ({
        bytes: bytesOf(row.bytes),
        receivedMs: Number(row.received_ms),
      }))
    })
  }

  /**
   * Wire forms of the certificates of these rounds, the newest round first, one at a time.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  *newestCertificates({ from, to }: RoundRange): Generator<Uint8Array> {
    const rows = this.#database
      .prepare('SELECT bytes FROM certificate WHERE round BETWEEN ? AND ? ORDER BY round DESC, id')
      .iterate(from, to)
    try {
      for (const row of rows) yield bytesOf(row.bytes)
    } catch (cause) {
      throw journalUnreadable(this.#path, cause)
    }
  }

  /**
   * Certified values that a committee's derived feeds look back to, ascending; empty for a journal
   * of before they were kept.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  past(committeeDigest: Uint8Array): PastFeedValue[] {
    return this.#read(() => {
      if (!hasTable(this.#database, 'past')) return []
      const wanted = this.#database.prepare(
        `SELECT DISTINCT feed, opened_ms, value FROM past
         WHERE committee_digest = ? ORDER BY opened_ms`,
      )
      wanted.setReadBigInts(true)
      return wanted.all(committeeDigest).map((row) => ({
        feed: Number(row.feed),
        openedMs: Number(row.opened_ms),
        value: row.value as bigint,
      }))
    })
  }

  /**
   * The first certificate of each of these rounds, ascending; at most so many.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  firstCertificates(
    { from, to }: RoundRange,
    limit: number,
  ): (JournalCertificate & { readonly round: Round })[] {
    return this.#read(() => {
      // Of a group with a minimum, SQLite takes the other columns from the row that has it.
      const rows = this.#database
        .prepare(
          `SELECT round, bytes, received_ms, min(id) FROM certificate
           WHERE round BETWEEN ? AND ? GROUP BY round ORDER BY round LIMIT ?`,
        )
        .all(from, to, limit)
      return rows.map((row) => ({
        round: Number(row.round),
        bytes: bytesOf(row.bytes),
        receivedMs: Number(row.received_ms),
      }))
    })
  }

  /**
   * Who observed in these rounds, each once a round, by processes of one committee.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  observers(
    { from, to }: RoundRange,
    committeeDigest: Uint8Array,
  ): { readonly round: Round; readonly sender: MemberIndex }[] {
    return this.#read(() => {
      const rows = this.#database
        .prepare(
          `SELECT DISTINCT round, sender FROM message
           WHERE round BETWEEN ? AND ? AND type = 'observation' AND sender IS NOT NULL
             AND run IN (SELECT id FROM run WHERE committee_digest = ?)`,
        )
        .all(from, to, committeeDigest)
      return rows.map((row) => ({ round: Number(row.round), sender: Number(row.sender) }))
    })
  }

  /**
   * The first round from here on of which a message or certificate is held; null when none is.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  nextRound(from: Round): Round | null {
    return this.#read(() => {
      const first = (table: string) =>
        this.#database.prepare(`SELECT min(round) AS low FROM ${table} WHERE round >= ?`).get(from)
      const rounds = [first('message'), first('certificate')].flatMap((row) => {
        const round = numberOrNull(row?.low)
        return round === null ? [] : [round]
      })
      return rounds.length === 0 ? null : Math.min(...rounds)
    })
  }

  /** Messages of these rounds in the order they came; one row at a time. */
  *messages({ from, to }: RoundRange): Generator<JournalMessage> {
    const rows = this.#database
      .prepare('SELECT * FROM message WHERE round BETWEEN ? AND ? ORDER BY id')
      .iterate(from, to)
    for (const row of rows) yield messageOf(row)
  }

  /** The processes that wrote here, in their order. @throws {OracleError} `JOURNAL_UNREADABLE` */
  runs(): JournalRun[] {
    return this.#read(() => this.#runs())
  }

  #runs(): JournalRun[] {
    const end = (order: 'ASC' | 'DESC') =>
      this.#database.prepare(`SELECT * FROM step WHERE run = ? ORDER BY id ${order} LIMIT 1`)
    const [lowest, highest] = [end('ASC'), end('DESC')]
    return this.#database
      .prepare('SELECT * FROM run ORDER BY id')
      .all()
      .map((row) => {
        const run = Number(row.id)
        const [first, last] = [lowest.get(run), highest.get(run)]
        return {
          run,
          startedMs: Number(row.started_ms),
          member: Number(row.member),
          committeeDigest: bytesOf(row.committee_digest),
          steps:
            first === undefined || last === undefined
              ? null
              : { first: stepOf(first), last: stepOf(last) },
        }
      })
  }

  /**
   * Events and effects after a sequence number, in the order they happened.
   *
   * @throws {OracleError} `JOURNAL_UNREADABLE`
   */
  stepsAfter(sequence: number, countMax: number): JournalStep[] {
    return this.#read(() =>
      this.#database
        .prepare('SELECT * FROM step WHERE id > ? ORDER BY id LIMIT ?')
        .all(sequence, countMax)
        .map(stepOf),
    )
  }

  /** A damaged page shows only when it is read. */
  #read<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw journalUnreadable(this.#path, cause)
    }
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

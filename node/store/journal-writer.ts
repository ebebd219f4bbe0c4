import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { JournalEntry, JournalLimits, RunFacts } from './journal-entries.ts'
import { numberOf } from './journal-schema.ts'

interface Statements {
  readonly message: StatementSync
  readonly certificate: StatementSync
  readonly best: StatementSync
  readonly evidence: StatementSync
  readonly step: StatementSync
  readonly config: StatementSync
  readonly forgetConfig: StatementSync
  readonly past: StatementSync
  readonly forgetPast: StatementSync
}

/** Tables that are history: their oldest rows go when a limit is reached. */
const ROLLED = [
  { table: 'message', time: 'received_ms' },
  { table: 'certificate', time: 'received_ms' },
  { table: 'step', time: 'now_ms' },
] as const

/** A year of a reload every hour. */
const CONFIGS_MAX = 8_760

/** Batches between two looks at the limits. */
const ROLL_EVERY = 16
/** Tenths of the history that may go at once. */
const ROLL_PASSES = 10

/** Writes entries in transactions and keeps the file within its limits; used by one thread. */
export class JournalWriter {
  readonly run: number
  readonly #database: DatabaseSync
  readonly #limits: JournalLimits
  readonly #statements: Statements
  readonly #committeeDigest: Uint8Array
  #batches = 0
  /** Opening of the newest certified round; null until this process has seen one. */
  #certifiedMs: UnixMs | null = null

  constructor(
    options: { readonly limits: JournalLimits; readonly run: RunFacts },
    database: DatabaseSync,
  ) {
    this.#database = database
    this.#limits = options.limits
    const { startedMs, member, committeeDigest } = options.run
    const started = database.prepare(
      'INSERT INTO run (started_ms, member, committee_digest) VALUES (?, ?, ?)',
    )
    this.run = Number(started.run(startedMs, member, committeeDigest).lastInsertRowid)
    this.#statements = statementsOf(database)
    this.#committeeDigest = committeeDigest
    // One committee has one data directory; what another one left there is nobody's past.
    database.prepare('DELETE FROM past WHERE committee_digest <> ?').run(committeeDigest)
  }

  get fileBytes(): number {
    return numberOf(this.#database, 'page_count') * numberOf(this.#database, 'page_size')
  }

  /** All entries or none. @throws SQLite's error, when the disk is full or fails */
  write(entries: readonly JournalEntry[]): void {
    this.#database.exec('BEGIN')
    try {
      for (const entry of entries) this.#insert(entry)
      this.#database.exec('COMMIT')
    } catch (error) {
      // After some errors SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    this.#batches += 1
    if (this.#batches % ROLL_EVERY === 0) this.roll()
  }

  /** Removes the oldest history until the file is within its limits. */
  roll(): void {
    this.#forgetOld()
    for (let pass = 0; pass < ROLL_PASSES; pass++) {
      if (this.fileBytes <= this.#limits.bytesMax) return
      this.#forgetTenth()
      this.#database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(PASSIVE)')
    }
  }

  #insert(entry: JournalEntry): void {
    const { run } = this
    switch (entry.table) {
      case 'message': {
        const { round, type, sender, slot, digest, reportDigest } = entry
        const { bytes, receivedMs, origin } = entry
        this.#statements.message.run(
          ...[run, round, type, sender, slot, digest, reportDigest, bytes, receivedMs, origin],
        )
        return
      }
      case 'certificate': {
        const { round, slot, path, bytes, openedMs, receivedMs, isBest } = entry
        this.#statements.certificate.run(run, round, slot, path, bytes, receivedMs)
        if (isBest) this.#statements.best.run(round, bytes)
        this.#certifiedMs = Math.max(this.#certifiedMs ?? openedMs, openedMs)
        return
      }
      case 'evidence':
        this.#statements.evidence.run(entry.accused, entry.round, entry.bytes, entry.receivedMs)
        return
      case 'step': {
        const { number, chain, nowMs, round, kind, type, body } = entry
        this.#statements.step.run(run, number, chain, nowMs, round, kind, type, body)
        return
      }
      case 'config': {
        const { atMs, outcome, code, digestBefore, digestAfter, details } = entry
        const texts = [outcome, code, digestBefore, digestAfter, JSON.stringify(details)]
        const { lastInsertRowid: id } = this.#statements.config.run(run, atMs, ...texts)
        this.#statements.forgetConfig.run(Number(id) - CONFIGS_MAX)
        return
      }
      case 'past': {
        const { derived, pointMs, feed, openedMs, value, keepFromMs } = entry
        const digest = this.#committeeDigest
        this.#statements.past.run(digest, derived, pointMs, feed, openedMs, value)
        this.#statements.forgetPast.run(digest, derived, keepFromMs)
      }
    }
  }

  /**
   * What is old is told by the rounds that the committee certifies, which no clock of this machine
   * moves: one that leaps ahead, for a moment or from its start (ADR 0128), makes nothing old.
   */
  #forgetOld(): void {
    if (this.#certifiedMs === null) return
    const before = this.#certifiedMs - this.#limits.ageMsMax
    for (const { table, time } of ROLLED) {
      this.#database.prepare(`DELETE FROM ${table} WHERE ${time} < ?`).run(before)
    }
  }

  #forgetTenth(): void {
    for (const { table } of ROLLED) {
      const range = this.#database
        .prepare(`SELECT min(id) AS low, max(id) AS high FROM ${table}`)
        .get()
      const low = Number(range?.low ?? 0)
      const upTo = low + Math.ceil((Number(range?.high ?? 0) - low + 1) / 10)
      this.#database.prepare(`DELETE FROM ${table} WHERE id < ?`).run(upTo)
    }
  }
}

function statementsOf(database: DatabaseSync): Statements {
  const insert = (table: string, columns: readonly string[]) => {
    const places = columns.map(() => '?').join(', ')
    return database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`)
  }
  return {
    message: insert('message', [
      ...['run', 'round', 'type', 'sender', 'slot', 'digest', 'report_digest', 'bytes'],
      ...['received_ms', 'origin'],
    ]),
    certificate: insert('certificate', ['run', 'round', 'slot', 'path', 'bytes', 'received_ms']),
    best: database.prepare('INSERT OR REPLACE INTO best_certificate VALUES (1, ?, ?)'),
    evidence: database.prepare('INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?)'),
    step: insert('step', [
      ...['run', 'number', 'chain', 'now_ms', 'round', 'kind', 'type', 'body'],
    ]),
    config: insert('config', [
      ...['run', 'at_ms', 'outcome', 'code', 'digest_before', 'digest_after', 'details'],
    ]),
    forgetConfig: database.prepare('DELETE FROM config WHERE id <= ?'),
    past: database.prepare(
      `INSERT INTO past VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET opened_ms = excluded.opened_ms, value = excluded.value
       WHERE excluded.opened_ms > opened_ms`,
    ),
    forgetPast: database.prepare(
      'DELETE FROM past WHERE committee_digest = ? AND derived = ? AND point_ms < ?',
    ),
  }
}

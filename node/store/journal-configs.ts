import type { SQLOutputValue } from 'node:sqlite'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { hasTable, journalUnreadable, openForReading } from './journal-schema.ts'

/** A start with a configuration, or a reload, as the journal holds it. */
export interface JournalConfig {
  readonly run: number
  readonly atMs: UnixMs
  readonly outcome: string
  readonly code: string
  readonly digestBefore: string | null
  readonly digestAfter: string
  readonly details: readonly string[]
}

/**
 * What became of configurations, the oldest first; empty for a journal of before they were kept.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`
 */
export function readConfigs(path: string): JournalConfig[] {
  const database = openForReading(path)
  try {
    if (!hasTable(database, 'config')) return []
    return database.prepare('SELECT * FROM config ORDER BY id').all().map(configOf)
  } catch (cause) {
    throw journalUnreadable(path, cause)
  } finally {
    database.close()
  }
}

function configOf(row: Record<string, SQLOutputValue>): JournalConfig {
  const details: unknown = JSON.parse(String(row.details))
  return {
    run: Number(row.run),
    atMs: Number(row.at_ms),
    outcome: String(row.outcome),
    code: String(row.code),
    digestBefore: row.digest_before === null ? null : String(row.digest_before),
    digestAfter: String(row.digest_after),
    details: Array.isArray(details) ? details.map(String) : [],
  }
}

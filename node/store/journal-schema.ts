import { DatabaseSync } from 'node:sqlite'
import { codeOf, OracleError } from '../errors.ts'

/** Raised with every change of the tables; a file of another version is not opened. */
const SCHEMA_VERSION = 2
/** "PLX1" in the header of the file tells our databases from others. */
const APPLICATION_ID = 0x504c5831

const TABLES = `
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_ms INTEGER NOT NULL,
  member INTEGER NOT NULL,
  committee_digest BLOB NOT NULL
) STRICT;
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  round INTEGER NOT NULL,
  type TEXT NOT NULL,
  sender INTEGER,
  slot INTEGER,
  digest BLOB NOT NULL,
  report_digest BLOB,
  bytes BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  origin TEXT NOT NULL
) STRICT;
CREATE INDEX message_by_round ON message (round, type, sender);
CREATE TABLE certificate (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  round INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  path TEXT NOT NULL,
  bytes BLOB NOT NULL,
  received_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_by_round ON certificate (round);
CREATE TABLE best_certificate (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  round INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE evidence (
  accused INTEGER PRIMARY KEY,
  round INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  received_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE step (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  number INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  now_ms INTEGER NOT NULL,
  round INTEGER NOT NULL,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX step_by_run ON step (run);
PRAGMA user_version = ${SCHEMA_VERSION};
PRAGMA application_id = ${APPLICATION_ID};
`

/**
 * Came later, and change nothing that was there: a journal without them is of the same version, and
 * gets them from the next writer.
 */
const LATER_TABLES = `
CREATE TABLE IF NOT EXISTS past (
  committee_digest BLOB NOT NULL,
  derived INTEGER NOT NULL,
  point_ms INTEGER NOT NULL,
  feed INTEGER NOT NULL,
  opened_ms INTEGER NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (committee_digest, derived, point_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS config (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT NOT NULL,
  digest_before TEXT,
  digest_after TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT
`

/**
 * Opens the journal for its one writer, and makes it when there is none.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`
 */
export function openForWriting(path: string): DatabaseSync {
  return opened(path, () => {
    const database = new DatabaseSync(path, { timeout: 1_000 })
    // Before the first table, or it has no effect: freed pages can be given back to the disk.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    // A killed process loses what it had not committed; a power cut may lose the last commits.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec('PRAGMA journal_size_limit = 16777216')
    if (numberOf(database, 'user_version') === 0 && isEmpty(database)) {
      database.exec(`BEGIN; ${TABLES} COMMIT`)
    }
    if (isOurs(database)) database.exec(LATER_TABLES)
    return database
  })
}

/**
 * Opens a journal beside its writer, to read only.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`
 */
export function openForReading(path: string): DatabaseSync {
  return opened(path, () => new DatabaseSync(path, { readOnly: true, timeout: 1_000 }))
}

/** A number that a pragma without arguments answers with. */
export function numberOf(database: DatabaseSync, pragma: string): number {
  const row = database.prepare(`PRAGMA ${pragma}`).get()
  return Number(row?.[pragma] ?? 0)
}

function opened(path: string, open: () => DatabaseSync): DatabaseSync {
  let database: DatabaseSync
  try {
    database = open()
  } catch (cause) {
    throw journalUnreadable(path, cause)
  }
  try {
    checkVersion(database, path)
    return database
  } catch (cause) {
    database.close()
    throw journalUnreadable(path, cause)
  }
}

function checkVersion(database: DatabaseSync, path: string): void {
  if (isOurs(database)) return
  const version = numberOf(database, 'user_version')
  throw new OracleError(
    'JOURNAL_VERSION_OTHER',
    `${path} is no journal of version ${SCHEMA_VERSION}; move it away and start again`,
    { context: { path, version } },
  )
}

function isOurs(database: DatabaseSync): boolean {
  const version = numberOf(database, 'user_version')
  return version === SCHEMA_VERSION && numberOf(database, 'application_id') === APPLICATION_ID
}

/** Whether a journal has a table that came later. */
export function hasTable(database: DatabaseSync, name: string): boolean {
  const found = database.prepare('SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ?')
  return found.get('table', name) !== undefined
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}

/** What reading a journal failed with: a coded error stays, anything else is the file's fault. */
export function journalUnreadable(path: string, cause: unknown): OracleError {
  if (cause instanceof OracleError) return cause
  return new OracleError(
    'JOURNAL_UNREADABLE',
    `cannot read the journal ${path}; check owner and disk, or move it away: it is history`,
    { context: { path, cause: codeOf(cause) }, cause },
  )
}

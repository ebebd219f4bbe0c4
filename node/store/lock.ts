import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf, OracleError } from '../errors.ts'
import { makeFolder } from './folder.ts'

const LOCK_FILE = 'lock'

/** A data directory in use by this process alone. */
export interface DirectoryLock {
  /** Gives it back; a second call does nothing. The end of the process gives it back, too. */
  readonly release: () => void
}

/**
 * Takes a data directory for this process; it is made when it is missing. The lock is SQLite's on
 * an own empty file: the operating system drops it with the process, so a crash leaves none behind.
 *
 * @throws {OracleError} `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNUSABLE`
 */
export function lockDirectory(path: string): DirectoryLock {
  makeDataDirectory(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(path, LOCK_FILE), { timeout: 0 })
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    database?.close()
    throw lockError(path, cause)
  }
  const held = database
  let isHeld = true
  const release = () => {
    if (isHeld) held.close()
    isHeld = false
  }
  return { release }
}

/** Makes a data directory for this user. @throws {OracleError} `DATA_DIRECTORY_UNUSABLE` */
export function makeDataDirectory(path: string): void {
  try {
    makeFolder(path, 0o700)
  } catch (cause) {
    throw lockError(path, cause)
  }
}

/**
 * Whether a process holds a data directory now. Takes nothing: it reads the lock's file, which the
 * holder's lock refuses, and changes neither file nor directory.
 *
 * @throws {OracleError} `DATA_DIRECTORY_UNUSABLE`
 */
export function isDirectoryHeld(path: string): boolean {
  const file = join(path, LOCK_FILE)
  if (!existsSync(file)) return false
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 })
    database.exec('SELECT 1 FROM sqlite_master')
    return false
  } catch (cause) {
    const error = lockError(path, cause)
    if (error.code === 'DATA_DIRECTORY_IN_USE') return true
    throw error
  } finally {
    database?.close()
  }
}

/** Of a path where something else is, such as a link to a disk that is not mounted. */
export function noDirectory(path: string, cause?: unknown): OracleError {
  return new OracleError(
    'DATA_DIRECTORY_UNUSABLE',
    `${path} is no directory, or a link that leads nowhere; mount its disk, or correct the path`,
    { context: { path, cause: codeOf(cause) }, cause },
  )
}

function lockError(path: string, cause: unknown): OracleError {
  const context = { path, cause: codeOf(cause) }
  if (cause instanceof Error && /locked|busy/i.test(cause.message)) {
    return new OracleError(
      'DATA_DIRECTORY_IN_USE',
      `another process uses ${path}; stop it, or give this node a directory of its own`,
      { context, cause },
    )
  }
  if (codeOf(cause) === 'EEXIST') return noDirectory(path, cause)
  return new OracleError(
    'DATA_DIRECTORY_UNUSABLE',
    `cannot use ${path} as data directory; check its owner, its rights and the space on its disk`,
    { context, cause },
  )
}

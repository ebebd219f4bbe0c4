import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, OracleError } from '../errors.ts'
import { makeFolder } from './folder.ts'

/**
 * Puts a whole file at a path where none is, durably: after a crash it is there with every byte or
 * not at all, and of two who try one succeeds.
 *
 * @throws {OracleError} `FILE_EXISTS`, `FILE_NOT_WRITTEN`
 */
export async function createDurably(path: string, text: string): Promise<void> {
  await place({ path, text, mode: 0o600 }, async (written) => {
    await link(written, path)
    await rm(written)
  })
}

/**
 * Puts a whole file, for everybody to read, in the place of whatever is there, durably.
 *
 * @throws {OracleError} `FILE_NOT_WRITTEN`
 */
export async function replaceDurably(path: string, text: string): Promise<void> {
  await place({ path, text, mode: 0o644 }, (written) => rename(written, path))
}

/** The text of a file; null when there is none. @throws {OracleError} `FILE_UNREADABLE` */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw new OracleError(
      'FILE_UNREADABLE',
      `cannot read ${path} (${codeOf(cause)}); check path and owner`,
      { context: { path, reason: codeOf(cause) }, cause },
    )
  }
}

/**
 * Makes a directory, unless it is there; for this user alone, if no other mode is given.
 *
 * @throws {OracleError} `FILE_NOT_WRITTEN`
 */
export function makeDirectory(path: string, mode = 0o700): void {
  try {
    makeFolder(path, mode)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

async function place(
  { path, text, mode }: { readonly path: string; readonly text: string; readonly mode: number },
  put: (written: string) => Promise<void>,
): Promise<void> {
  // One process writes at a path: its data directory is locked, and the name holds the process id.
  const written = `${path}.${process.pid}.new`
  try {
    const file = await open(written, 'w', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await put(written)
    const directory = await open(dirname(path), 'r')
    await directory.sync().finally(() => directory.close())
  } catch (cause) {
    await rm(written, { force: true })
    if (codeOf(cause) !== 'EEXIST') throw notWritten(path, cause)
    throw new OracleError('FILE_EXISTS', `${path} exists; move it away if you mean to replace it`, {
      context: { path },
      cause,
    })
  }
}

function notWritten(path: string, cause: unknown): OracleError {
  const reason = codeOf(cause)
  return new OracleError(
    'FILE_NOT_WRITTEN',
    `cannot write ${path} (${reason}); check the directory and the space on its disk`,
    { context: { path, reason }, cause },
  )
}

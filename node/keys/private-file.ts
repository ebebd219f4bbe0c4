import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, OracleError } from '../errors.ts'

const FILE_BYTES_MAX = 65_536
/** Any right of the group or of others. */
const WIDER_THAN_OWNER = 0o077

/**
 * Reads a small text file that only its owner may read.
 *
 * @throws {OracleError} `FILE_UNREADABLE`, `FILE_NOT_PRIVATE`, `FILE_TOO_LARGE`
 */
export async function readPrivateFile(path: string): Promise<string> {
  const file = await openForReading(path)
  try {
    // Checked on the open file: its name may point elsewhere by now.
    const stat = await file.stat()
    if (!stat.isFile()) throw unreadable(path, 'it is no regular file')
    if ((stat.mode & WIDER_THAN_OWNER) !== 0) {
      throw new OracleError(
        'FILE_NOT_PRIVATE',
        `${path} can be read or written by others; run: chmod 600 ${path}`,
        { context: { path, mode: (stat.mode & 0o777).toString(8) } },
      )
    }
    if (stat.size > FILE_BYTES_MAX) {
      throw new OracleError('FILE_TOO_LARGE', `${path} is too large for a key or a passphrase`, {
        context: { path, bytes: stat.size, bytesMax: FILE_BYTES_MAX },
      })
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    // Without waiting: a named pipe would hold the node for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw unreadable(path, codeOf(cause), cause)
  }
}

function unreadable(path: string, reason: string, cause?: unknown): OracleError {
  return new OracleError(
    'FILE_UNREADABLE',
    `cannot read ${path} (${reason}); check path and owner`,
    {
      context: { path, reason },
      cause,
    },
  )
}

/**
 * Writes a new file that only its owner may read, durably. An existing file is never replaced.
 *
 * @throws {OracleError} `FILE_EXISTS`, `FILE_NOT_WRITTEN`
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    const directory = await open(dirname(path), 'r')
    await directory.sync().finally(() => directory.close())
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new OracleError(
        'FILE_EXISTS',
        `${path} exists; move it away if you mean to replace it`,
        {
          context: { path },
          cause,
        },
      )
    }
    throw new OracleError(
      'FILE_NOT_WRITTEN',
      `cannot write ${path} (${codeOf(cause)}); check the directory and the space on its disk`,
      { context: { path, reason: codeOf(cause) }, cause },
    )
  }
}

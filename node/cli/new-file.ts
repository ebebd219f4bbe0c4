import { type FileHandle, open } from 'node:fs/promises'
import { codeOf, OracleError } from '../errors.ts'

/** Read by everybody, as the mask of the process allows. */
const PUBLIC = 0o666

/**
 * A file that was not there before, open for writing.
 *
 * @param mode who may read it, less what the mask of the process forbids
 * @throws {OracleError} FILE_EXISTS, or FILE_NOT_WRITTEN when its directory does not take it
 */
export async function newFile(path: string, mode = PUBLIC): Promise<FileHandle> {
  try {
    return await open(path, 'wx', mode)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

/**
 * Writes a text into a file that was not there before.
 *
 * @param mode as of {@link newFile}
 * @throws {OracleError} FILE_EXISTS, or FILE_NOT_WRITTEN when directory or disk do not take it
 */
export async function writeNewFile(path: string, text: string, mode = PUBLIC): Promise<void> {
  await using file = await newFile(path, mode)
  try {
    await file.writeFile(text)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

function notWritten(path: string, cause: unknown): OracleError {
  const exists = codeOf(cause) === 'EEXIST'
  return new OracleError(
    exists ? 'FILE_EXISTS' : 'FILE_NOT_WRITTEN',
    exists
      ? `${path} exists and is not overwritten; name another file`
      : `cannot write ${path}; check its directory and the space on its disk`,
    { context: { file: path, cause: codeOf(cause) }, cause },
  )
}

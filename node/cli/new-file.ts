import { type FileHandle, open } from 'node:fs/promises'
import { codeOf, OracleError } from '../errors.ts'

/**
 * A file that was not there before, open for writing.
 *
 * @throws {OracleError} FILE_EXISTS, or FILE_NOT_WRITTEN when its directory does not take it
 */
export async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (cause) {
    const exists = codeOf(cause) === 'EEXIST'
    throw new OracleError(
      exists ? 'FILE_EXISTS' : 'FILE_NOT_WRITTEN',
      exists ? `${path} exists; name another file` : `cannot write ${path}; check its directory`,
      { context: { file: path, cause: codeOf(cause) }, cause },
    )
  }
}

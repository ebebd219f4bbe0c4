import { codeOf, OracleError } from '../errors.ts'

/** The disk gave back something else than was written. */
export function corrupt(path: string, position: number): OracleError {
  return new OracleError(
    'PROMISES_CORRUPT',
    `the disk changed what was written to ${path}; check the disk, then move the file away`,
    { context: { path, position } },
  )
}

/** What stands there is sound, and only the version that wrote it knows what it says. */
export function foreign(path: string, position: number): OracleError {
  return new OracleError(
    'PROMISES_VERSION_OTHER',
    `another version of this software wrote ${path}; start that version, or move the file away`,
    { context: { path, position } },
  )
}

/** Nothing may be promised any more. */
export function unusable(
  code: 'PROMISES_UNUSABLE' | 'PROMISES_FAILED',
  cause: unknown,
): OracleError {
  return new OracleError(
    code,
    `the promises file fails (${codeOf(cause)}) and nothing is signed; check disk and space`,
    { context: { cause: codeOf(cause) }, cause },
  )
}

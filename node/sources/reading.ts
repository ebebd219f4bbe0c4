import { codeOf, OracleError } from '../errors.ts'

/**
 * Reads what a venue said. A fault in our reading of something strange is that venue's trouble, and
 * not the end of the node.
 *
 * @param what what is read, such as `the answer of kraken`
 * @throws {OracleError} as `read` does; SOURCE_ANSWER_UNEXPECTED for whatever else it throws
 */
export function readingOf<Read>(what: string, read: () => Read): Read {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof OracleError) throw cause
    const message = `${what} has a shape that we did not foresee; report it`
    const context = { what, cause: codeOf(cause) }
    throw new OracleError('SOURCE_ANSWER_UNEXPECTED', message, { context, cause })
  }
}

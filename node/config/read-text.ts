import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { codeOf, OracleError } from '../errors.ts'
import { ConfigError } from './config-error.ts'
import { YAML_BYTES_MAX } from './yaml.ts'

export interface ReadTextOptions {
  /** What else to do when it cannot be read, such as `or write one: parallax init`. */
  readonly otherwise?: string
  /** The document that explains this kind of file. */
  readonly guide?: string
}

/**
 * Reads a file that an operator wrote.
 *
 * @throws {ConfigError} CONFIG_INVALID when it is too large or no text
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function readText(file: string, options: ReadTextOptions = {}): Promise<string> {
  const { otherwise, guide } = options
  const refused = (message: string) => new ConfigError(file, [{ path: '', message }], guide)
  try {
    // No further than the limit, because the size of a device or a pipe is not known before.
    const chunks: Buffer[] = []
    for await (const chunk of createReadStream(file, { end: YAML_BYTES_MAX })) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (bytes.length > YAML_BYTES_MAX) throw refused(`is larger than ${YAML_BYTES_MAX} bytes`)
    if (!isUtf8(bytes)) throw refused('is no UTF-8 text; save it as UTF-8')
    return bytes.toString('utf8')
  } catch (cause) {
    if (cause instanceof OracleError) throw cause
    const also = otherwise === undefined ? '' : `, ${otherwise}`
    throw new OracleError(
      'CONFIG_UNREADABLE',
      `cannot read ${file}; check the path and its permissions${also}`,
      { context: { file, cause: codeOf(cause) }, cause },
    )
  }
}

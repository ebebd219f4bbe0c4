import { open } from 'node:fs/promises'
import { codeOf, OracleError } from '../errors.ts'

/**
 * Reads a text that somebody handed over; `/dev/stdin` is a file, too.
 *
 * @throws {OracleError} `FILE_UNREADABLE`, `FILE_TOO_LARGE`
 */
export async function readTextFile(path: string, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    const file = await open(path)
    for await (const chunk of file.createReadStream()) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > bytesMax) break
    }
  } catch (cause) {
    throw new OracleError('FILE_UNREADABLE', `cannot read ${path}; check the path and its rights`, {
      context: { path, cause: codeOf(cause) },
      cause,
    })
  }
  if (bytes <= bytesMax) return Buffer.concat(chunks).toString('utf8')
  throw new OracleError('FILE_TOO_LARGE', `${path} is too large for what it should be`, {
    context: { path, bytesMax },
  })
}

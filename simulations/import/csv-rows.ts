import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'
import { createGunzip } from 'node:zlib'
import { NO_UTF8 } from '../input/files.ts'

/** Longest line of a file of trades, and the most columns of one. */
const LINE_CHARACTERS_MAX = 10_000
const COLUMNS_MAX = 200

/** A line that cannot be read; the rest of the file is not trusted after it. */
export class LineError extends Error {}

/** One line of a CSV file (RFC 4180); `line` counts from 1. */
export interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Rows of a CSV file, also of one packed with gzip (`.gz`), read as they are asked for.
 *
 * @throws {LineError} when a line is too long, or quotes do not close
 */
export async function* csvRows(path: string, signal: AbortSignal): AsyncGenerator<CsvRow> {
  const file = createReadStream(path, { signal })
  const stream = path.endsWith('.gz') ? unpacked(file) : file
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 0
  for await (const chunk of coded(stream)) {
    const lines = (rest + decoded(decoder, chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_CHARACTERS_MAX) throw tooLong(line + lines.length + 1)
    for (const text of lines) {
      line += 1
      if (text.length > LINE_CHARACTERS_MAX) throw tooLong(line)
      if (text.trim() !== '') yield { line, cells: cellsOf(text, line) }
    }
  }
  rest += decoded(decoder)
  if (rest.trim() !== '') yield { line: line + 1, cells: cellsOf(rest, line + 1) }
}

/** @throws {LineError} when a packed file is damaged */
async function* coded(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!code.startsWith('Z_')) throw error
    throw new LineError(`is no gzip, or not whole: ${(error as Error).message}`)
  }
}

/** @throws {LineError} */
function decoded(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch {
    throw new LineError(NO_UTF8)
  }
}

function unpacked(file: ReturnType<typeof createReadStream>) {
  const gunzip = createGunzip()
  file.on('error', (error) => gunzip.destroy(error))
  return file.pipe(gunzip)
}

function tooLong(line: number): LineError {
  return new LineError(`line ${line} is longer than ${LINE_CHARACTERS_MAX} characters`)
}

function cellsOf(text: string, line: number): readonly string[] {
  const bare = text.endsWith('\r') ? text.slice(0, -1) : text
  if (!bare.includes('"')) return limited(bare.split(','), line)
  const cells: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (let isLast = false; !isLast; ) {
    const found = cell.exec(bare)
    if (found === null) throw new LineError(`line ${line} has quotes that do not close`)
    const [, quoted, plain = '', end] = found
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    isLast = end === ''
  }
  return limited(cells, line)
}

function limited(cells: readonly string[], line: number): readonly string[] {
  if (cells.length <= COLUMNS_MAX) return cells
  throw new LineError(`line ${line} has more than ${COLUMNS_MAX} columns`)
}

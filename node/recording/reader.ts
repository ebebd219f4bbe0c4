import { type FileHandle, open } from 'node:fs/promises'
import { codeOf, OracleError } from '../errors.ts'
import { configuredNames } from '../sources/configured-venues.ts'
import { DERIVATIVE_VENUE_NAMES } from '../sources/registry.ts'
import {
  BEGINNING,
  BLOCK_BYTES_MAX,
  BLOCK_HEAD_BYTES,
  damaged,
  decodeBlock,
  readBlockHead,
} from './blocks.ts'
import type { Entry, RecordingHeader } from './entry.ts'
import { entrySchema, headerFrom, RECORDING_VERSION } from './entry.ts'

/** The most that `parallax record --megabytes` takes, in bytes. */
export const RECORDING_BYTES_MAX = 1_024 * 1_048_576

export interface Recording {
  readonly header: RecordingHeader
  /** By the moment at which they happened. */
  readonly entries: readonly Entry[]
  /** Bytes at the end of the file that are no whole block: the recorder did not end in order. */
  readonly tornBytes: number
  /** When the last entry happened; the start when there is none. */
  readonly endedMs: number
}

/**
 * Reads a whole recording, up to the end of its last whole block.
 *
 * @throws {OracleError} FILE_UNREADABLE, RECORDING_FOREIGN, RECORDING_VERSION_UNKNOWN,
 * RECORDING_DAMAGED, RECORDING_TOO_LARGE
 */
export async function readRecording(path: string): Promise<Recording> {
  const file = await opened(path)
  try {
    return await readAll(file, path)
  } catch (cause) {
    if (cause instanceof OracleError) throw cause
    throw unreadable(path, cause)
  } finally {
    await file.close()
  }
}

async function readAll(file: FileHandle, path: string): Promise<Recording> {
  const { size } = await file.stat()
  const beginning = await bytesAt(file, 0, BEGINNING.length)
  if (!beginning.equals(BEGINNING)) throw foreign(path)
  const entries: Entry[] = []
  let header: RecordingHeader | null = null
  let offset = BEGINNING.length
  let textLength = 0
  for (let number = 0; ; number++) {
    const block = await blockAt(file, { offset, size, number })
    if (block === null) break
    const lines = decodeBlock(block.head, block.bytes, offset)
    textLength += lines.reduce((sum, line) => sum + line.length, 0)
    if (textLength > 2 * RECORDING_BYTES_MAX) throw tooLarge(path)
    const known: RecordingHeader = header ?? headerOf(lines[0] ?? '', offset)
    const isVenue = venueCheck(known)
    for (const line of header === null ? lines.slice(1) : lines) {
      entries.push(entryFrom(line, { offset, isVenue }))
    }
    header = known
    offset += BLOCK_HEAD_BYTES + block.bytes.length
  }
  if (header === null) throw foreign(path)
  // What a clock that goes backwards or a forger wrote in another order is put into this one.
  entries.sort((a, b) => a.atMs - b.atMs)
  const endedMs = entries.at(-1)?.atMs ?? header.startedMs
  return { header, entries, tornBytes: size - offset, endedMs }
}

interface Place {
  readonly offset: number
  readonly size: number
  readonly number: number
}

/** The block at a place; null when the file ends before the block does. */
async function blockAt(
  file: FileHandle,
  { offset, size, number }: Place,
): Promise<{ readonly head: Buffer; readonly bytes: Buffer } | null> {
  if (size - offset < BLOCK_HEAD_BYTES) return null
  const head = await bytesAt(file, offset, BLOCK_HEAD_BYTES)
  const { length, number: found } = readBlockHead(head)
  if (found !== number) throw damaged(`it is number ${found} and not ${number}`, offset)
  if (length > BLOCK_BYTES_MAX) throw damaged('it is longer than a block may be', offset)
  if (size - offset - BLOCK_HEAD_BYTES < length) return null
  return { head, bytes: await bytesAt(file, offset + BLOCK_HEAD_BYTES, length) }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function headerOf(line: string, offset: number): RecordingHeader {
  const plain = jsonOf(line, offset)
  const version = typeof plain === 'object' && plain !== null && 'version' in plain && plain.version
  if (typeof version === 'number' && version !== RECORDING_VERSION) {
    const message = `the recording has version ${version}, and this program reads version 1; `
    throw new OracleError(
      'RECORDING_VERSION_UNKNOWN',
      `${message}use the release that recorded it`,
      { context: { version } },
    )
  }
  const header = headerFrom(plain)
  if (header === null) throw damaged('it has no header that this program reads', offset)
  return header
}

function entryFrom(
  line: string,
  { offset, isVenue }: { readonly offset: number; readonly isVenue: (name: string) => boolean },
): Entry {
  const outcome = entrySchema.safeParse(jsonOf(line, offset))
  if (!outcome.success) throw damaged('an entry of it has another form', offset, outcome.error)
  const entry = outcome.data
  if ('venue' in entry && !isVenue(entry.venue)) {
    throw damaged('an entry is of a venue that the header does not name', offset)
  }
  return entry
}

function jsonOf(line: string, offset: number): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw damaged('a line of it is no JSON', offset, cause)
  }
}

function venueCheck({ sources }: RecordingHeader): (name: string) => boolean {
  const names = new Set<string>([...configuredNames(sources), ...DERIVATIVE_VENUE_NAMES])
  return (name) => names.has(name)
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): OracleError {
  return new OracleError('FILE_UNREADABLE', `cannot read ${path}; check the path and its rights`, {
    context: { path, cause: codeOf(cause) },
    cause,
  })
}

function foreign(path: string): OracleError {
  const message = `${path} does not begin as a recording does; make one: parallax record`
  return new OracleError('RECORDING_FOREIGN', message, { context: { path } })
}

function tooLarge(path: string): OracleError {
  const message = `${path} holds more than any recording may; it is none of this program's`
  return new OracleError('RECORDING_TOO_LARGE', message, { context: { path } })
}

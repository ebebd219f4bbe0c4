import { type FileHandle, open } from 'node:fs/promises'
import { codeOf, OracleError } from '../errors.ts'
import { BEGINNING, BLOCK_BYTES_MAX, encodeBlock } from './blocks.ts'
import type { Entry, RecordingHeader } from './entry.ts'
import { plainHeader } from './entry.ts'

/** An entry is not split; a block ends with the one that fills it. */
const BLOCK_TEXT_LENGTH = BLOCK_BYTES_MAX / 4

/** Writes a recording block by block. Whoever uses it flushes it: what waits is in memory. */
export class RecordingWriter {
  readonly #file: FileHandle
  readonly #path: string
  readonly #bytesMax: number
  #waiting: string[] = []
  #blocks = 0
  #textBytes = 0
  #fileBytes = 0
  #isFull = false

  private constructor(file: FileHandle, path: string, bytesMax: number) {
    this.#file = file
    this.#path = path
    this.#bytesMax = bytesMax
  }

  /**
   * Begins a new file.
   *
   * @param bytesMax of all entries before they are packed, so that a replay can hold them
   * @throws {OracleError} FILE_EXISTS, FILE_NOT_WRITTEN
   */
  static async create(
    path: string,
    header: RecordingHeader,
    bytesMax: number,
  ): Promise<RecordingWriter> {
    const file = await created(path)
    const writer = new RecordingWriter(file, path, bytesMax)
    try {
      await writer.#write(BEGINNING)
      writer.#waiting.push(JSON.stringify(plainHeader(header)))
      await writer.flush()
      return writer
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Whether an entry did not fit any more; nothing is taken after it but the end. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Bytes in the file so far. */
  get fileBytes(): number {
    return this.#fileBytes
  }

  append(entry: Entry): void {
    const line = JSON.stringify(entry)
    const bytes = Buffer.byteLength(line)
    const isEnd = entry.type === 'ended'
    this.#isFull ||= this.#textBytes + bytes > this.#bytesMax
    if (this.#isFull && !isEnd) return
    this.#textBytes += bytes
    this.#waiting.push(line)
  }

  /**
   * Puts all that waits on the disk.
   *
   * @throws {OracleError} FILE_NOT_WRITTEN
   */
  async flush(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    for (const lines of inBlocks(waiting)) await this.#write(encodeBlock(this.#blocks++, lines))
    if (waiting.length > 0) await this.#file.datasync().catch((cause) => this.#fail(cause))
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.#file.close()
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#file.appendFile(bytes).catch((cause) => this.#fail(cause))
    this.#fileBytes += bytes.length
  }

  #fail(cause: unknown): never {
    throw notWritten(this.#path, cause)
  }
}

function inBlocks(lines: readonly string[]): readonly (readonly string[])[] {
  const blocks: string[][] = []
  let length = Number.POSITIVE_INFINITY
  for (const line of lines) {
    if (length >= BLOCK_TEXT_LENGTH) {
      blocks.push([])
      length = 0
    }
    blocks.at(-1)?.push(line)
    length += line.length
  }
  return blocks
}

async function created(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw notWritten(path, cause)
    throw new OracleError('FILE_EXISTS', `${path} exists; name another file`, {
      context: { file: path },
      cause,
    })
  }
}

function notWritten(path: string, cause: unknown): OracleError {
  const message = `cannot write ${path}; check its directory and the space on the disk`
  return new OracleError('FILE_NOT_WRITTEN', message, {
    context: { file: path, cause: codeOf(cause) },
    cause,
  })
}

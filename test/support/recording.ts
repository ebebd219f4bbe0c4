import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainFeed } from '../../node/config/committee-file.ts'
import { BEGINNING, encodeBlock } from '../../node/recording/blocks.ts'
import type { Entry, RecordingHeader } from '../../node/recording/entry.ts'
import { headerFrom, plainHeader } from '../../node/recording/entry.ts'
import { FEEDS } from './venues.ts'

/** A folder that is gone after the test. */
export class Folder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'parallax-recording-')))
  }

  at(name: string): string {
    return join(this.path, name)
  }

  async holding(name: string, bytes: Uint8Array): Promise<string> {
    await writeFile(this.at(name), bytes)
    return this.at(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}

/** The header of a node with default sources and the three default feeds. */
export function recordingHeader(startedMs = 1_760_000_000_000): RecordingHeader {
  const plain = { version: 1, startedMs, feeds: FEEDS.map(plainFeed), sources: {} }
  const header = headerFrom(plain)
  if (header === null) throw new Error('the header is wrong')
  return header
}

/** A recording with these entries, so many in a block. */
export function recordingOf(
  header: RecordingHeader,
  entries: readonly Entry[],
  blockEntries = 3,
): Buffer {
  const lines = [plainHeader(header), ...entries].map((each) => JSON.stringify(each))
  return fileOf(
    Array.from({ length: Math.ceil(lines.length / blockEntries) }, (_, index) =>
      lines.slice(index * blockEntries, (index + 1) * blockEntries),
    ),
  )
}

/** A file of blocks of these lines, whatever they say. */
export function fileOf(blocks: readonly (readonly string[])[]): Buffer {
  return Buffer.concat([BEGINNING, ...blocks.map((lines, index) => encodeBlock(index, lines))])
}

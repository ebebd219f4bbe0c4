import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../errors.ts'

/** Far beyond what compaction lets a promises file grow to. */
const FILE_BYTES_MAX = 268_435_456

/** Where the promises of a directory are. */
export function promisesPath(directory: string): string {
  return join(directory, 'promises')
}

/** An open promises file. */
export interface PromiseFile {
  /** Writes at an offset and returns when it is durable (fdatasync). */
  readonly append: (bytes: Uint8Array, offset: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** What a promises file needs of a disk; a fake can fail where a real one rarely does. */
export interface PromiseFiles {
  /** Whole content; empty when there is no file. */
  readonly read: (path: string) => Promise<Uint8Array>
  /** Opens an existing file cut to a length, durably. */
  readonly openAt: (path: string, length: number) => Promise<PromiseFile>
  /** Puts a new file with this content in the place of whatever is there, durably, and opens it. */
  readonly replace: (path: string, content: Uint8Array) => Promise<PromiseFile>
}

/** A promises file over an open handle. */
export function promiseFile(handle: Pick<FileHandle, 'write' | 'datasync' | 'close'>): PromiseFile {
  return {
    async append(bytes, offset) {
      await writeWhole(handle, bytes, offset)
      await handle.datasync()
    },
    close: () => handle.close(),
  }
}

/** A write may be short when the disk is filling up; the rest then fails with the reason. */
async function writeWhole(
  handle: Pick<FileHandle, 'write'>,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, undefined, offset + written)
    written += bytesWritten
  }
}

async function closeOnError<T>(handle: FileHandle, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    await handle.close()
    throw error
  }
}

export const diskFiles: PromiseFiles = {
  async read(path) {
    try {
      const { size } = await stat(path)
      if (size > FILE_BYTES_MAX) throw new RangeError(`${path} is no promises file: ${size} bytes`)
      return await readFile(path)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return new Uint8Array(0)
      throw error
    }
  },

  async openAt(path, length) {
    const handle = await open(path, 'r+')
    return await closeOnError(handle, async () => {
      await handle.truncate(length)
      await handle.sync()
      return promiseFile(handle)
    })
  },

  async replace(path, content) {
    const handle = await open(`${path}.new`, 'w', 0o600)
    return await closeOnError(handle, async () => {
      await writeWhole(handle, content, 0)
      await handle.sync()
      // Only a whole and durable file gets the name, and the name itself is made durable.
      await rename(`${path}.new`, path)
      const directory = await open(dirname(path), 'r')
      await directory.sync().finally(() => directory.close())
      return promiseFile(handle)
    })
  },
}

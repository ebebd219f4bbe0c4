import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { checkedBy, InputError, type Parsed, plainOf, TEXT_BYTES_MAX } from './problems.ts'

const MIB = 1024 * 1024
/** Read at once from what does not say how long it is, such as a pipe. */
const CHUNK_BYTES = MIB

/** All bytes of a file or pipe, or why they cannot be read and what to do. */
export function readBytes(path: string, bytesMax: number): Parsed<Buffer> {
  try {
    const bytes = bytesOf(path, bytesMax)
    if (bytes !== null) return { ok: true, value: bytes }
    return refused(`is larger than ${bytesMax / MIB} MiB; is it the file that you mean?`)
  } catch (error) {
    return refused(reasonOf(error, { path, verb: 'read' }))
  }
}

/** The same as text; a mark of the byte order is left out. */
export function readText(path: string, bytesMax: number): Parsed<string> {
  const read = readBytes(path, bytesMax)
  if (!read.ok) return read
  try {
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(read.value) }
  } catch {
    return refused(NO_UTF8)
  }
}

/** What a YAML file holds, or everything that is wrong with its form. */
export function parseFile<S extends z.ZodType>(path: string, schema: S): Parsed<z.output<S>> {
  const plain = readPlain(path)
  return plain.ok ? checkedBy(schema, plain.value) : plain
}

/** What a YAML file holds, before anything of it is checked. */
export function readPlain(path: string): Parsed<unknown> {
  const read = readText(path, TEXT_BYTES_MAX)
  return read.ok ? plainOf(read.value) : read
}

/** What is said of text that is none in UTF-8. */
export const NO_UTF8 = 'is not UTF-8; save it as text in UTF-8'

/**
 * Does what writes a file or folder.
 *
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (codeOf(error) === null) throw error
    const message = reasonOf(error, { path, verb: 'written' })
    throw new InputError('FILE_NOT_WRITTEN', path, [{ path: '', message }])
  }
}

/** Why the system lets nobody read or write a place, and what to do about it. */
export function reasonOf(
  error: unknown,
  { path, verb }: { readonly path: string; readonly verb: 'read' | 'written' },
): string {
  const another = verb === 'read' ? 'name another file' : 'name another place'
  switch (codeOf(error)) {
    case 'ENOENT':
      return verb === 'read'
        ? `is not there; looked for ${resolve(path)}`
        : `cannot be made there; ${another}`
    case 'EISDIR':
      return 'is a folder; name a file in it'
    case 'ENOTDIR':
    case 'EEXIST':
      return `has a file where a folder must be; ${another}`
    case 'EACCES':
    case 'EPERM':
      return `must not be ${verb} by this user; change its rights, or ${another}`
    case 'EROFS':
      return `is on a disk that nobody may write; ${another}`
    case 'ENOSPC':
    case 'EDQUOT':
      return 'has no room on its disk; make some, and give the same command again'
    case 'ENAMETOOLONG':
      return `has a name that is too long; ${another}`
    case 'ELOOP':
      return `is a link that leads to itself; ${another}`
    default: {
      const said = error instanceof Error ? error.message : String(error)
      return `cannot be ${verb}: ${said.slice(0, 200)}; check the path, its rights and its disk`
    }
  }
}

function refused(message: string): Parsed<never> {
  return { ok: false, problems: [{ path: '', message }] }
}

/** What the system calls an error; null where it is none of its. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return null
  return String(error.code)
}

/** Null where there are more than so many. */
function bytesOf(path: string, bytesMax: number): Buffer | null {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > bytesMax) return null
    return gathered((into) => readSync(file, into), bytesMax)
  } finally {
    closeSync(file)
  }
}

/**
 * All that is read until nothing more comes, however little comes at once; null where there are
 * more than so many bytes. A file may grow while it is read, and a device says that it has none.
 */
export function gathered(read: (into: Uint8Array) => number, bytesMax: number): Buffer | null {
  const chunks: Buffer[] = []
  for (let length = 0; length <= bytesMax; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytesMax + 1 - length))
    const count = filled(chunk, read)
    chunks.push(chunk.subarray(0, count))
    length += count
    if (count < chunk.length) return Buffer.concat(chunks)
  }
  return null
}

/** A pipe gives less at once than a chunk holds, and would keep a whole one for it. */
function filled(chunk: Uint8Array, read: (into: Uint8Array) => number): number {
  let count = 0
  while (count < chunk.length) {
    const more = read(chunk.subarray(count))
    if (more === 0) break
    count += more
  }
  return count
}

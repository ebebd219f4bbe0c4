import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { HandoverLock } from '../../aggregator/handover/machine.ts'
import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import { OracleError } from '../errors.ts'
import { hexBytes } from '../settings/scalars.ts'
import { createDurably, makeDirectory, readIfThere } from '../store/durable-file.ts'

const lockSchema = z.strictObject({ epoch: z.int().min(2), message: hexBytes(32) })
const FILE = /^lock-\d{1,10}\.json$/
/** What a crash leaves of a file that was never given its name: it promises nothing. */
const UNBORN = /^lock-\d{1,10}\.json\.\d+\.new$/

/** One hand-over ends a term; more epochs than this are no rotation, and each would be a file. */
export const HANDOVER_LOCKS_MAX = 32

/** Where a node keeps everything about the end of its committee's term. */
export function handoverDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'handover')
}

/**
 * The one hand-over that this member signs for each epoch (protocol §11.2): a file that is written
 * once, whole and durable, before a share leaves. A file that cannot be read stops the node, and so
 * does any that is called a lock in another way: it may be one of another version.
 */
export class HandoverLocks {
  readonly #directory: string
  readonly #held: Map<number, Uint8Array>

  private constructor(directory: string, held: Map<number, Uint8Array>) {
    this.#directory = directory
    this.#held = held
  }

  /** @throws {OracleError} `HANDOVER_LOCK_DAMAGED`, `FILE_UNREADABLE`, `FILE_NOT_WRITTEN` */
  static async open(dataDirectory: string): Promise<HandoverLocks> {
    const directory = handoverDirectory(dataDirectory)
    makeDirectory(directory)
    const locks = await readLocks(directory)
    return new HandoverLocks(directory, new Map(locks.map((lock) => [lock.epoch, lock.message])))
  }

  get all(): readonly HandoverLock[] {
    return [...this.#held].map(([epoch, message]) => ({ epoch, message }))
  }

  holds({ epoch, message }: HandoverLock): boolean {
    const held = this.#held.get(epoch)
    return held !== undefined && equalBytes(held, message)
  }

  /**
   * Resolves when the lock is durable; the same one may be asked for again.
   *
   * @throws {OracleError} `HANDOVER_LOCKED` when another stands, `HANDOVER_LOCKS_FULL`,
   *   `FILE_NOT_WRITTEN`: then nobody knows what the disk holds
   */
  async lock(lock: HandoverLock): Promise<void> {
    if (this.holds(lock)) return
    const { epoch, message } = lock
    if (this.#held.has(epoch)) throw lockedError(epoch)
    if (this.#held.size >= HANDOVER_LOCKS_MAX) throw fullError()
    const text = `${JSON.stringify({ epoch, message: toHex(message) })}\n`
    try {
      await createDurably(join(this.#directory, fileOf(epoch)), text)
    } catch (error) {
      if (error instanceof OracleError && error.code === 'FILE_EXISTS') throw lockedError(epoch)
      throw error
    }
    this.#held.set(epoch, message)
  }
}

/**
 * Every lock in a folder that is there.
 *
 * @throws {OracleError} `HANDOVER_LOCK_DAMAGED`, `FILE_UNREADABLE`
 */
export async function readLocks(directory: string): Promise<readonly HandoverLock[]> {
  const files = (await readdir(directory)).filter((file) => file.startsWith('lock'))
  const locks: HandoverLock[] = []
  for (const file of files.filter((each) => !UNBORN.test(each))) {
    const path = join(directory, file)
    if (!FILE.test(file)) throw damaged(path)
    const lock = parse(path, await readIfThere(path))
    if (file !== fileOf(lock.epoch)) throw damaged(path)
    locks.push(lock)
  }
  return locks
}

function fileOf(epoch: number): string {
  return `lock-${epoch}.json`
}

function lockedError(epoch: number): OracleError {
  return new OracleError(
    'HANDOVER_LOCKED',
    `this member has signed another hand-over of epoch ${epoch} and signs no second one`,
    { context: { epoch } },
  )
}

function fullError(): OracleError {
  return new OracleError(
    'HANDOVER_LOCKS_FULL',
    `this member is locked in ${HANDOVER_LOCKS_MAX} epochs already and signs in no other one`,
  )
}

function parse(path: string, text: string | null): HandoverLock {
  try {
    return lockSchema.parse(JSON.parse(text ?? ''))
  } catch (cause) {
    throw damaged(path, cause)
  }
}

function damaged(path: string, cause?: unknown): OracleError {
  return new OracleError(
    'HANDOVER_LOCK_DAMAGED',
    `${path} is no lock that this version can read; check the disk, start the version that wrote ` +
      'it, or move away what you put there, and approve no other hand-over',
    { context: { path }, cause },
  )
}

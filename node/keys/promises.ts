import { randomBytes } from 'node:crypto'
import { invariant } from '../../aggregator/assert.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { reservationAfter } from '../../aggregator/promises/reservation.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import { type Doing, doAtOnce } from '../later.ts'
import { type DirectoryLock, lockDirectory } from '../store/lock.ts'
import { corrupt, foreign, unusable } from './promise-errors.ts'
import { diskFiles, type PromiseFile, type PromiseFiles, promisesPath } from './promise-file.ts'
import {
  encodeHeader,
  encodeRecord,
  FILE_ID_BYTES,
  type PromiseKind,
  type PromiseRecord,
  RECORD_BYTES,
  recover,
  reservation,
  reservedBy,
  type Standing,
  standingOf,
  weigh,
} from './promise-records.ts'

export interface PromisesOptions {
  /** The node's data directory; taken for this process while the promises are open. */
  readonly directory: string
  /** Records after which the file is written anew; default 65_536, which is 4 MiB. */
  readonly recordsMax?: number
  /**
   * Rounds reserved ahead of the promises; default 0. Promises of a reserved round need not wait
   * for the disk: whoever opens the file after a crash refuses the whole round.
   */
  readonly reserveRounds?: number
}

export interface PromisesDependencies {
  readonly files: PromiseFiles
  /** When what nobody waits for, promises of reserved rounds, is written; at once by default. */
  readonly later?: Doing
}

interface Waiting {
  readonly promise: Promised
  readonly resolve: () => void
  readonly reject: (error: OracleError) => void
}

const RECORDS_MAX = 65_536
/** Promises waiting for one write; honest cores make five a round. */
const WAITING_MAX = 1_024

/**
 * What this member must never contradict: before anyone else sees it, it is on disk, or its round
 * is reserved there (protocol §10.1, ADR 0080). Appends are batched: while one write is under way,
 * the next ones gather. After a failed write or fdatasync this object never promises again, because
 * nobody knows what the disk holds.
 */
export class Promises {
  readonly #options: Required<PromisesOptions>
  readonly #files: PromiseFiles
  readonly #later: Doing
  readonly #lock: DirectoryLock
  #file: PromiseFile
  #fileId: Uint8Array
  #records: number
  /** With promises that are still being written. */
  #standing: Standing
  /** Only what is on disk. */
  #durable: Standing
  /** Rounds up to this one were reserved by an earlier process: nothing is promised in them. */
  readonly #floor: Round
  /** Rounds up to this one are reserved on disk. */
  #reserved: Round
  #waiting: Waiting[] = []
  #writing: Promise<void> | null = null
  #failure: OracleError | null = null
  #isClosed = false

  private constructor(
    options: Required<PromisesOptions>,
    held: {
      readonly files: PromiseFiles
      readonly later: Doing
      readonly lock: DirectoryLock
      readonly file: PromiseFile
      readonly fileId: Uint8Array
      readonly records: readonly PromiseRecord[]
    },
  ) {
    this.#options = options
    this.#files = held.files
    this.#later = held.later
    this.#lock = held.lock
    this.#file = held.file
    this.#fileId = held.fileId
    this.#records = held.records.length
    this.#standing = standingOf(held.records)
    this.#durable = this.#standing
    this.#floor = reservedBy(held.records)
    this.#reserved = this.#floor
  }

  /**
   * Opens the promises of a data directory, or begins them.
   *
   * @throws {OracleError} `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNUSABLE`, `PROMISES_CORRUPT`,
   * `PROMISES_VERSION_OTHER`, `PROMISES_UNUSABLE`
   */
  static async open(
    options: PromisesOptions,
    dependencies: PromisesDependencies = { files: diskFiles },
  ): Promise<Promises> {
    const { files, later = doAtOnce } = dependencies
    const settings = { recordsMax: RECORDS_MAX, reserveRounds: 0, ...options }
    const lock = lockDirectory(options.directory)
    try {
      const path = promisesPath(options.directory)
      const recovery = recover(await files.read(path))
      if (recovery.type === 'corrupt') throw corrupt(path, recovery.position)
      if (recovery.type === 'foreign') throw foreign(path, recovery.position)
      if (recovery.type === 'unborn') {
        const fileId = randomBytes(FILE_ID_BYTES)
        const file = await files.replace(path, encodeHeader(fileId))
        return new Promises(settings, { files, later, lock, file, fileId, records: [] })
      }
      const { fileId, records, length } = recovery
      const file = await files.openAt(path, length)
      return new Promises(settings, { files, later, lock, file, fileId, records })
    } catch (cause) {
      lock.release()
      if (cause instanceof OracleError) throw cause
      throw unusable('PROMISES_UNUSABLE', cause)
    }
  }

  /**
   * Highest round of any promise on disk, or that an earlier process reserved; 0 if none. Nothing
   * was ever promised beyond it before this process (protocol §10.3).
   */
  get watermark(): Round {
    return Math.max(this.#durable.watermark, this.#floor)
  }

  /** Why nothing can be promised any more; null while all is well. */
  get failure(): OracleError | null {
    return this.#failure
  }

  /**
   * Resolves when nobody can contradict the promise: it is durable, or its round is reserved. The
   * same promise may be made again. A write that fails behind a reserved round fails the next
   * promise, and every signature from then on.
   *
   * @throws {OracleError} `PROMISE_ROUND_PAST` below the watermark or in rounds reserved earlier,
   * `PROMISE_CONFLICT` when another digest was promised, `PROMISES_FAILED` after a failed write,
   * `PROMISES_CROWDED`
   */
  async persist(promise: Promised): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    invariant(Number.isSafeInteger(promise.round) && promise.round >= 0, 'a round counts from 0')
    invariant(promise.digest.length === 32, 'a promised digest has 32 bytes')
    const weight = promise.round <= this.#floor ? 'past' : weigh(this.#standing, promise)
    if (weight === 'past' || weight === 'conflict') throw refusal(weight, promise)
    if (this.holds(promise)) return
    if (this.#waiting.length >= WAITING_MAX) {
      throw new OracleError('PROMISES_CROWDED', 'the disk does not keep up; look at its latency')
    }
    if (weight === 'new') this.#standing = standingWith(this.#standing, promise)
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ promise, resolve, reject })
    })
    if (promise.round > this.#reserved) {
      this.#write()
      return await written
    }
    this.#later(() => this.#write())
    // The failure is kept and told to whoever promises or signs next.
    written.catch(() => undefined)
  }

  /** Whether exactly this promise was made and nobody can contradict it. */
  holds(promise: Promised): boolean {
    const { watermark, atWatermark } = this.#binding(promise.round)
    if (promise.round !== watermark) return false
    const held = atWatermark.get(promise.kind)
    return held !== undefined && equalBytes(held, promise.digest)
  }

  /** Waits for what is being written, closes the file and gives the directory back; once. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#write()
    await this.#writing
    this.#failure ??= new OracleError('PROMISES_CLOSED', 'the promises file was closed')
    await this.#file.close()
    this.#lock.release()
  }

  /** The promises that bind in a round: also those on their way to the disk when it is reserved. */
  #binding(round: Round): Standing {
    return round > this.#floor && round <= this.#reserved ? this.#standing : this.#durable
  }

  #write(): void {
    if (this.#waiting.length > 0) this.#writing ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#append(batch.map(({ promise }) => promise))
      } catch (cause) {
        this.#failure = unusable('PROMISES_FAILED', cause)
        for (const each of [...batch, ...this.#waiting]) each.reject(this.#failure)
        this.#waiting = []
        break
      }
      for (const { resolve } of batch) resolve()
    }
    this.#writing = null
  }

  async #append(promises: readonly Promised[]): Promise<void> {
    const promised = Math.max(...promises.map(({ round }) => round))
    const standing = { promised, reserved: this.#reserved }
    const upTo = reservationAfter(standing, this.#options.reserveRounds)
    const records = upTo === null ? promises : [...promises, reservation(upTo)]
    if (this.#records + records.length > this.#options.recordsMax) await this.#compact()
    const durable = this.#records
    const bytes = records.map((record, index) =>
      encodeRecord({ ...record, durable }, { fileId: this.#fileId, position: durable + index }),
    )
    await this.#file.append(Buffer.concat(bytes), (durable + 1) * RECORD_BYTES)
    this.#records += records.length
    for (const promise of promises) this.#durable = standingWith(this.#durable, promise)
    this.#reserved = upTo ?? this.#reserved
  }

  /** Puts a new file with the promises of the highest round in the old one's place. */
  async #compact(): Promise<void> {
    const { watermark, atWatermark } = this.#durable
    const fileId = randomBytes(FILE_ID_BYTES)
    const promises = [...atWatermark].map(([kind, digest]) => ({ round: watermark, kind, digest }))
    const reserved = this.#reserved > 0 ? [reservation(this.#reserved)] : []
    const records = [...reserved, ...promises].map((record, position) =>
      encodeRecord({ ...record, durable: position }, { fileId, position }),
    )
    const path = promisesPath(this.#options.directory)
    const file = await this.#files.replace(path, Buffer.concat([encodeHeader(fileId), ...records]))
    await this.#file.close()
    this.#file = file
    this.#fileId = fileId
    this.#records = records.length
  }
}

function standingWith(standing: Standing, { round, kind, digest }: Promised): Standing {
  const before: readonly (readonly [PromiseKind, Uint8Array])[] =
    round === standing.watermark ? [...standing.atWatermark] : []
  return { watermark: round, atWatermark: new Map([...before, [kind, Uint8Array.from(digest)]]) }
}

function refusal(because: 'past' | 'conflict', promise: Promised): OracleError {
  const context = { round: promise.round, kind: promise.kind }
  if (because === 'past') {
    return new OracleError(
      'PROMISE_ROUND_PAST',
      'the signer has promised something in a later round and refuses this one; report it',
      { context },
    )
  }
  return new OracleError(
    'PROMISE_CONFLICT',
    'the signer has promised something else in this round and refuses to contradict it; report it',
    { context },
  )
}

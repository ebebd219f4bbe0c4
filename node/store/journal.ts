import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import {
  type FromWriter,
  type JournalEntry,
  type JournalLimits,
  type RunFacts,
  type ToWriter,
  type WriterSetup,
  weightOf,
} from './journal-entries.ts'

export interface JournalOptions {
  /** Path of the database file, in the node's data directory. */
  readonly path: string
  readonly run: RunFacts
  /** Default: 4 GiB, 30 days. */
  readonly limits?: JournalLimits
  /** Longest an entry waits for others before they are written together; default 900. */
  readonly gatherMs?: number
  /** Bytes that may wait in memory for the disk, by `weightOf`; default 64 MiB. */
  readonly waitingBytesMax?: number
}

export interface JournalDependencies {
  /** Writing began to fail or works again (null). The node goes on without history meanwhile. */
  readonly onHealth: (failure: OracleError | null) => void
}

export interface JournalStatus {
  readonly written: number
  /** Entries lost to a failing disk or a crowded queue. */
  readonly lost: number
  readonly waiting: number
  readonly fileBytes: number
  readonly failure: OracleError | null
}

/** A journal grows no further; its oldest history goes. */
export const JOURNAL_BYTES_MAX = 4_294_967_296
const LIMITS: JournalLimits = { bytesMax: JOURNAL_BYTES_MAX, ageMsMax: 30 * 86_400_000 }
/**
 * About a round: each transaction writes whole pages of table and indices, ten times its entries. A
 * process that is killed loses so much of its history, and nothing that it has promised.
 */
const GATHER_MS = 900
/** Entries written in one transaction. */
const BATCH_MAX = 1_024
/** Bytes that may wait in memory for the disk; beyond, entries are counted and lost. */
const WAITING_BYTES_MAX = 67_108_864

interface Batch {
  readonly entries: number
  readonly bytes: number
}

/**
 * History: every message, certificate, evidence, event and effect. It may lose its tail in a crash
 * and everything on a full disk, and never holds up a round; promises are kept elsewhere
 * (`keys/promises.ts`).
 */
export class Journal implements Startable {
  readonly name = 'journal'
  readonly #options: JournalOptions
  readonly #dependencies: JournalDependencies
  readonly #inFlight = new Map<number, Batch>()
  readonly #flushing = new Set<() => void>()
  /** What is taken in turn, as there is room for it. */
  #backlog: Iterator<JournalEntry>[] = []
  #worker: Worker | null = null
  #gathered: JournalEntry[] = []
  #gatheredBytes = 0
  #inFlightBytes = 0
  #timer: NodeJS.Timeout | undefined
  #nextBatch = 0
  #written = 0
  #lost = 0
  #fileBytes = 0
  #failure: OracleError | null = null

  constructor(options: JournalOptions, dependencies: JournalDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`, `JOURNAL_FAILED` */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#worker !== null) return
    signal.throwIfAborted()
    const { path, run, limits = LIMITS } = this.#options
    const setup: WriterSetup = { path, run, limits }
    // The same extension as this file: sources run as they are, the package runs as JavaScript.
    const url = new URL(`./journal-worker${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(url, { workerData: setup, name: 'journal' })
    this.#worker = worker
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('error', (cause) => {
      this.#die(cause)
      reject(failed('JOURNAL_FAILED', cause))
    })
    worker.on('message', (message: FromWriter) => {
      if (message.type === 'opened') resolve()
      else if (message.type === 'refused') reject(new OracleError(message.code, message.message))
      else this.#onMessage(message)
    })
    try {
      await promise
    } catch (error) {
      this.#worker = null
      await worker.terminate()
      throw error
    }
  }

  /** Writes what was taken, also what comes meanwhile, then ends the thread. */
  async stop(): Promise<void> {
    const worker = this.#worker
    if (worker === null) return
    await this.flush()
    this.#send()
    // It may have died meanwhile, and would never say that it closed.
    if (this.#worker !== worker) return
    this.#worker = null
    const closed = Promise.withResolvers<void>()
    worker.on('message', (message: FromWriter) => {
      if (message.type === 'closed') closed.resolve()
    })
    worker.once('exit', () => closed.resolve())
    worker.postMessage({ type: 'close' } satisfies ToWriter)
    await closed.promise
    await worker.terminate()
    this.#settle()
  }

  /** Takes an entry; it is on its way to the disk within `gatherMs`. Never throws, never waits. */
  append(entry: JournalEntry): void {
    const bytes = weightOf(entry)
    const isCrowded = this.#waitingBytes + bytes > this.#waitingBytesMax
    if (this.#worker === null || isCrowded) {
      this.#lost += 1
      if (isCrowded) this.#report(failed('JOURNAL_CROWDED'))
      return
    }
    this.#gathered.push(entry)
    this.#gatheredBytes += bytes
    if (this.#gathered.length >= BATCH_MAX) this.#send()
    this.#timer ??= setTimeout(() => this.#send(), this.#options.gatherMs ?? GATHER_MS)
  }

  /**
   * Takes entries one after the other as the disk takes them, beside what is appended meanwhile:
   * for what may be more than may wait in memory. Never throws, never waits.
   */
  appendInTurn(entries: Iterable<JournalEntry>): void {
    this.#backlog.push(entries[Symbol.iterator]())
    if (this.#worker === null) this.#loseBacklog()
    else this.#takeInTurn()
  }

  /** Resolves when everything taken so far was written or lost. */
  async flush(): Promise<void> {
    this.#send()
    if (this.#inFlight.size === 0) return
    await new Promise<void>((resolve) => this.#flushing.add(resolve))
  }

  status(): JournalStatus {
    let waiting = this.#gathered.length
    for (const { entries } of this.#inFlight.values()) waiting += entries
    return {
      written: this.#written,
      lost: this.#lost,
      waiting,
      fileBytes: this.#fileBytes,
      failure: this.#failure,
    }
  }

  get #waitingBytes(): number {
    return this.#inFlightBytes + this.#gatheredBytes
  }

  get #waitingBytesMax(): number {
    return this.#options.waitingBytesMax ?? WAITING_BYTES_MAX
  }

  /** Half of what may wait is left to what happens meanwhile. */
  #takeInTurn(): void {
    if (this.#backlog.length === 0) return
    while (this.#waitingBytes < this.#waitingBytesMax / 2) {
      const next = this.#backlog[0]?.next()
      if (next === undefined) break
      if (next.done === true) this.#backlog.shift()
      else this.append(next.value)
    }
    this.#send()
  }

  #loseBacklog(): void {
    for (const entries of this.#backlog) {
      while (entries.next().done !== true) this.#lost += 1
    }
    this.#backlog = []
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const entries = this.#gathered
    const bytes = this.#gatheredBytes
    if (entries.length === 0 || this.#worker === null) return
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#inFlightBytes += bytes
    const batch = this.#nextBatch++
    this.#inFlight.set(batch, { entries: entries.length, bytes })
    this.#worker.postMessage({ type: 'write', batch, entries } satisfies ToWriter)
  }

  #onMessage(message: FromWriter): void {
    if (message.type !== 'written' && message.type !== 'lost') return
    const batch = this.#inFlight.get(message.batch)
    this.#inFlight.delete(message.batch)
    this.#inFlightBytes -= batch?.bytes ?? 0
    if (message.type === 'written') {
      this.#written += batch?.entries ?? 0
      this.#fileBytes = message.fileBytes
      this.#report(null)
    } else {
      this.#lost += batch?.entries ?? 0
      this.#report(failed(message.code, new Error(message.message)))
    }
    this.#takeInTurn()
    if (this.#inFlight.size === 0) this.#settle()
  }

  /** The thread is gone: what waited for it is lost, and so is everything to come. */
  #die(cause: unknown): void {
    this.#worker = null
    for (const { entries } of this.#inFlight.values()) this.#lost += entries
    this.#lost += this.#gathered.length
    this.#inFlight.clear()
    this.#inFlightBytes = 0
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#loseBacklog()
    this.#report(failed('JOURNAL_FAILED', cause))
    this.#settle()
  }

  #settle(): void {
    for (const resolve of this.#flushing) resolve()
    this.#flushing.clear()
  }

  /** Tells of changes only: a full disk would otherwise fill the log as well. */
  #report(failure: OracleError | null): void {
    const hasChanged = failure?.code !== this.#failure?.code
    this.#failure = failure
    if (hasChanged) this.#dependencies.onHealth(failure)
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  JOURNAL_DISK_FULL: 'the disk is full and history is being lost; make space',
  JOURNAL_CROWDED: 'the disk does not keep up and history is being lost; use a faster one',
}

function failed(code: string, cause?: unknown): OracleError {
  const remedy = REMEDIES[code] ?? 'the journal cannot be written; check the disk, then start again'
  return new OracleError(code, remedy, { cause })
}

import type { UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, type OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import type { ConfigChanges } from './changes.ts'
import { configDigest } from './config-digest.ts'

/** One reload as the log has it. */
export interface Reload {
  /** `refused`: nothing was changed. */
  readonly outcome: 'applied' | 'unchanged' | 'refused'
  /** `OK`, or why it was refused. */
  readonly code: string
  readonly atMs: UnixMs
  readonly digestBefore: string
  readonly digestAfter: string
  /** Paths that were taken over. */
  readonly changes: readonly string[]
  /** All that stood in the way, each with its path. */
  readonly problems: readonly string[]
}

/** Settings with the files that they name. */
export interface WithConfig {
  readonly config: object
}

/** A file that was read again, or all that is wrong with it and the files that it names. */
export type ReadAgain<Loaded> =
  | { readonly type: 'good'; readonly loaded: Loaded }
  | { readonly type: 'bad'; readonly errors: readonly OracleError[] }

/** What one kind of process takes over, and how. */
export interface ReloaderDependencies<Loaded extends WithConfig> {
  /** @throws {OracleError} when nothing can be read at all */
  readonly read: () => Promise<ReadAgain<Loaded>>
  readonly changesBetween: (before: Loaded, after: Loaded) => ConfigChanges
  /** What takes all of it over; whatever may fail fails here, where nothing is changed yet. */
  readonly prepare: (loaded: Loaded, digest: string) => () => void
  /** Counts and keeps how one ended. */
  readonly onEnded: (reload: Reload) => void
  readonly log: Log
  readonly nowMs: () => UnixMs
}

/** Texts of one reload that are kept. */
const TEXTS_MAX = 64
const TEXT_LENGTH_MAX = 300

/**
 * Takes over another configuration while a process runs. A file is checked whole first; one that
 * is wrong, or changes what only a start takes over, changes nothing at all, so that a process
 * always runs with what once stood in its file. All parts prepare first, and any of them may still
 * refuse; then all take over in the same turn of the event loop.
 */
export class Reloader<Loaded extends WithConfig> {
  readonly #use: ReloaderDependencies<Loaded>
  #loaded: Loaded
  #digest: string
  #last: Reload | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #waiting: Promise<Reload> | null = null

  constructor(loaded: Loaded, use: ReloaderDependencies<Loaded>) {
    this.#use = use
    this.#loaded = loaded
    this.#digest = configDigest(loaded.config)
  }

  /** Of what the process runs with now. */
  get digest(): string {
    return this.#digest
  }

  /** How the newest reload ended; null before the first. */
  get last(): Reload | null {
    return this.#last
  }

  /** Waits for a reload that is under way. */
  async stop(): Promise<void> {
    await this.#queue
  }

  /**
   * Reads the file again, after a reload that is under way; requests until then share one. Never
   * rejects.
   */
  reload(): Promise<Reload> {
    this.#waiting ??= this.#queue.then(() => {
      this.#waiting = null
      return this.#reloadNow()
    })
    this.#queue = this.#waiting
    return this.#waiting
  }

  async #reloadNow(): Promise<Reload> {
    const reload = await this.#outcome().catch((error: unknown) =>
      this.#refused(codeOf(error), [error instanceof Error ? error.message : String(error)]),
    )
    this.#last = reload
    const { log, onEnded } = this.#use
    if (reload.outcome === 'refused') log.error('config.refused', { ...reload })
    else log.info(`config.${reload.outcome}`, { ...reload })
    onEnded(reload)
    return reload
  }

  async #outcome(): Promise<Reload> {
    const { read, changesBetween, prepare, nowMs } = this.#use
    const again = await read()
    if (again.type === 'bad') {
      const problems = again.errors.flatMap(({ message }) => message.split('\n  '))
      return this.#refused('CONFIG_INVALID', problems)
    }
    const { loaded } = again
    const { applied, restart } = changesBetween(this.#loaded, loaded)
    if (restart.length > 0) {
      const problems = restart.map((path) => `${path}: is taken over at a start alone`)
      return this.#refused('CONFIG_NEEDS_RESTART', problems)
    }
    const before = this.#digest
    if (applied.length > 0) {
      const digest = configDigest(loaded.config)
      prepare(loaded, digest)()
      this.#loaded = loaded
      this.#digest = digest
    }
    return {
      outcome: applied.length === 0 ? 'unchanged' : 'applied',
      code: 'OK',
      atMs: nowMs(),
      digestBefore: before,
      digestAfter: this.#digest,
      changes: bounded(applied),
      problems: [],
    }
  }

  #refused(code: string, problems: readonly string[]): Reload {
    return {
      outcome: 'refused',
      code,
      atMs: this.#use.nowMs(),
      digestBefore: this.#digest,
      digestAfter: this.#digest,
      changes: [],
      problems: bounded(problems),
    }
  }
}

function bounded(texts: readonly string[]): readonly string[] {
  return texts.slice(0, TEXTS_MAX).map((text) => text.trim().slice(0, TEXT_LENGTH_MAX))
}

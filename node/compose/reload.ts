import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Metrics } from '../api/metrics.ts'
import type { ReloadView } from '../api/view.ts'
import type { ChainTarget } from '../chain/target.ts'
import { changesBetween } from '../config/changes.ts'
import { checkConfig } from '../config/check.ts'
import { configDigest } from '../config/config-digest.ts'
import type { LoadedConfig } from '../config/load.ts'
import { codeOf } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { LevelledLog, Log } from '../logging.ts'
import type { SourceEngine } from '../sources/engine.ts'
import type { Store } from './store.ts'

export interface ReloaderDependencies {
  readonly engine: Pick<SourceEngine, 'prepare'>
  readonly targets: readonly Pick<ChainTarget, 'config' | 'prepare'>[]
  readonly root: Pick<LevelledLog, 'setLevel'>
  readonly log: Log
  readonly metrics: Pick<Metrics, 'reloads' | 'buildInfo'>
  readonly version: string
  readonly nowMs: () => UnixMs
  readonly store: Pick<Store, 'keepConfig'>
}

/** One reload as log and journal have it. */
export interface Reload extends Omit<ReloadView, 'changes' | 'problems'> {
  /** Paths that were taken over. */
  readonly changes: readonly string[]
  /** All that stood in the way, each with its path. */
  readonly problems: readonly string[]
}

/** Texts of one reload that are kept. */
const TEXTS_MAX = 64
const TEXT_LENGTH_MAX = 300

/**
 * Takes over another configuration while the node runs. A file is checked whole first; one that is
 * wrong, or changes what only a start takes over, changes nothing at all, so that a node always
 * runs with what once stood in its file. All parts prepare first, and any of them may still refuse;
 * then all take over in the same turn of the event loop, and no round sees half of it.
 */
export class Reloader implements Startable {
  readonly name = 'reloader'
  readonly #use: ReloaderDependencies
  #loaded: LoadedConfig
  #digest: string
  #last: Reload | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #waiting: Promise<Reload> | null = null

  constructor(loaded: LoadedConfig, use: ReloaderDependencies) {
    this.#use = use
    this.#loaded = loaded
    this.#digest = configDigest(loaded.config)
  }

  /** Of what the node runs with now. */
  get digest(): string {
    return this.#digest
  }

  /** How the newest reload ended; null before the first. */
  get last(): ReloadView | null {
    if (this.#last === null) return null
    const { changes, problems, ...rest } = this.#last
    return { ...rest, changes: changes.length, problems: problems.length }
  }

  /** Keeps with which configuration the process began; the journal must run. */
  start(): Promise<void> {
    const { metrics, version, store, nowMs } = this.#use
    metrics.buildInfo.set({ version, config: this.#digest }, 1)
    const digests = { digestBefore: null, digestAfter: this.#digest }
    store.keepConfig({ atMs: nowMs(), outcome: 'started', code: 'OK', ...digests, details: [] })
    return Promise.resolve()
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
    const { log, metrics, store } = this.#use
    metrics.reloads.inc({ outcome: reload.outcome })
    if (reload.outcome === 'refused') log.error('config.refused', { ...reload })
    else log.info(`config.${reload.outcome}`, { ...reload })
    const { changes, problems, ...kept } = reload
    store.keepConfig({ ...kept, details: [...changes, ...problems] })
    return reload
  }

  async #outcome(): Promise<Reload> {
    const checked = await checkConfig(this.#loaded.file)
    if (checked.type === 'bad') {
      const problems = checked.errors.flatMap(({ message }) => message.split('\n  '))
      return this.#refused('CONFIG_INVALID', problems)
    }
    const { loaded } = checked
    const { applied, restart } = changesBetween(this.#loaded, loaded)
    if (restart.length > 0) {
      const problems = restart.map((path) => `${path}: is taken over at a start alone`)
      return this.#refused('CONFIG_NEEDS_RESTART', problems)
    }
    const before = this.#digest
    if (applied.length > 0) this.#prepare(loaded)()
    return {
      outcome: applied.length === 0 ? 'unchanged' : 'applied',
      code: 'OK',
      atMs: this.#use.nowMs(),
      digestBefore: before,
      digestAfter: this.#digest,
      changes: bounded(applied),
      problems: [],
    }
  }

  /** What takes all of it over; whatever may fail fails here, where nothing is changed yet. */
  #prepare(loaded: LoadedConfig): () => void {
    const { engine, targets, root, metrics, version } = this.#use
    const { sources, chains, log } = loaded.config
    const digest = configDigest(loaded.config)
    const parts = [
      engine.prepare(sources),
      ...targets.flatMap((target) => {
        const config = chains.find(({ name }) => name === target.config.name)
        return config === undefined ? [] : [target.prepare(config)]
      }),
    ]
    return () => {
      for (const takeOver of parts) takeOver()
      root.setLevel(log.level)
      this.#loaded = loaded
      this.#digest = digest
      metrics.buildInfo.reset()
      metrics.buildInfo.set({ version, config: digest }, 1)
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

import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Metrics } from '../api/metrics.ts'
import type { ApiServer } from '../api/server.ts'
import type { ReloadView } from '../api/view.ts'
import type { ChainTarget } from '../chain/target.ts'
import { changesBetween } from '../config/changes.ts'
import { checkConfig } from '../config/check.ts'
import type { LoadedConfig } from '../config/load.ts'
import { type Reload, Reloader } from '../config/reloader.ts'
import type { Startable } from '../lifecycle.ts'
import type { LevelledLog, Log } from '../logging.ts'
import type { SourceEngine } from '../sources/engine.ts'
import type { Store } from './store.ts'

export interface NodeReloaderDependencies {
  readonly engine: Pick<SourceEngine, 'prepare'>
  readonly targets: readonly Pick<ChainTarget, 'config' | 'prepare'>[]
  readonly api: () => Pick<ApiServer, 'setLimits'>
  readonly root: Pick<LevelledLog, 'setLevel'>
  readonly log: Log
  readonly metrics: Pick<Metrics, 'reloads' | 'buildInfo'>
  readonly version: string
  readonly nowMs: () => UnixMs
  readonly store: Pick<Store, 'keepConfig'>
}

/** Takes over what of a node's file changed, and keeps each reload in the journal. */
export interface NodeReloader extends Startable, Pick<Reloader<LoadedConfig>, 'reload' | 'digest'> {
  /** How the newest reload ended; null before the first. */
  readonly last: ReloadView | null
}

/** Makes it; a start keeps with which configuration the process began, so the journal must run. */
export function nodeReloader(loaded: LoadedConfig, use: NodeReloaderDependencies): NodeReloader {
  const { metrics, version, store, nowMs } = use
  const reloader = new Reloader<LoadedConfig>(loaded, {
    ...use,
    changesBetween,
    read: () => checkConfig(loaded.file),
    prepare: (next, digest) => prepareAll(next, { ...use, digest }),
    onEnded: ({ changes, problems, ...kept }) => {
      metrics.reloads.inc({ outcome: kept.outcome })
      store.keepConfig({ ...kept, details: [...changes, ...problems] })
    },
  })
  return {
    name: 'reloader',
    get digest() {
      return reloader.digest
    },
    get last() {
      return viewOf(reloader.last)
    },
    reload: () => reloader.reload(),
    start: () => {
      const { digest } = reloader
      metrics.buildInfo.set({ version, config: digest }, 1)
      const digests = { digestBefore: null, digestAfter: digest }
      store.keepConfig({ atMs: nowMs(), outcome: 'started', code: 'OK', ...digests, details: [] })
      return Promise.resolve()
    },
    stop: () => reloader.stop(),
  }
}

/** No round sees half of it: what this returns runs in one turn of the event loop. */
function prepareAll(
  { config }: LoadedConfig,
  use: NodeReloaderDependencies & { readonly digest: string },
): () => void {
  const { engine, targets, api, root, metrics, version, digest } = use
  const { sources, chains, log } = config
  const parts = [
    engine.prepare(sources),
    ...targets.flatMap((target) => {
      const chain = chains.find(({ name }) => name === target.config.name)
      return chain === undefined ? [] : [target.prepare(chain)]
    }),
  ]
  return () => {
    for (const takeOver of parts) takeOver()
    api().setLimits(config.api)
    root.setLevel(log.level)
    metrics.buildInfo.reset()
    metrics.buildInfo.set({ version, config: digest }, 1)
  }
}

/** What it was about is nobody else's business; see `ReloadView`. */
function viewOf(reload: Reload | null): ReloadView | null {
  if (reload === null) return null
  const { changes, problems, ...rest } = reload
  return { ...rest, changes: changes.length, problems: problems.length }
}

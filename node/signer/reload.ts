import type { UnixMs } from '../../aggregator/values/time.ts'
import { type Settings, sortedChanges } from '../config/changes.ts'
import { checkConfig } from '../config/check.ts'
import type { LoadedConfig } from '../config/load.ts'
import { Reloader } from '../config/reloader.ts'
import type { LevelledLog, Log } from '../logging.ts'

export interface SignerReloaderDependencies {
  readonly root: Pick<LevelledLog, 'setLevel'>
  readonly log: Log
  readonly nowMs: () => UnixMs
}

/**
 * Takes over what of a signer's file changed: the level of its log. Keys, socket and committee are
 * those of its start. What only a node reads is none of its business, since both may have one file.
 */
export function signerReloader(
  loaded: LoadedConfig,
  { root, log, nowMs }: SignerReloaderDependencies,
): Reloader<LoadedConfig> {
  return new Reloader<LoadedConfig>(loaded, {
    ...{ log, nowMs },
    read: () => checkConfig(loaded.file),
    changesBetween: (before, after) =>
      sortedChanges(ofSigner(before), { after: ofSigner(after), whileRunning: ['log.level'] }),
    prepare: (next) => () => root.setLevel(next.config.log.level),
    onEnded: () => undefined,
  })
}

function ofSigner({ config, committee }: LoadedConfig): Settings {
  const { transmitter: _, ...keys } = config.keys
  return { keys, log: config.log, 'committee file': committee }
}

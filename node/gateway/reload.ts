import type { UnixMs } from '../../aggregator/values/time.ts'
import { SERVED_WHILE_RUNNING, type Settings, sortedChanges } from '../config/changes.ts'
import { Reloader } from '../config/reloader.ts'
import type { PublicNetwork } from '../gossip/public-network.ts'
import type { LevelledLog, Log } from '../logging.ts'
import { checkGateway, type GatewayConfig, type LoadedGateway } from './config.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { GatewayServer } from './server.ts'
import type { Shelf } from './shelf.ts'

export interface GatewayReloaderDependencies {
  readonly network: Pick<PublicNetwork, 'setPeers'>
  readonly server: Pick<GatewayServer, 'setLimits'>
  readonly shelf: Pick<Shelf, 'setCertificatesMax'>
  /** The number of the committee is read anew for each answer. */
  readonly setEpoch: (epoch: number) => void
  readonly root: Pick<LevelledLog, 'setLevel'>
  readonly log: Log
  readonly metrics: Pick<GatewayMetrics, 'reloads' | 'configRefused'>
  readonly nowMs: () => UnixMs
}

/** Paths that a gateway takes over while it runs. Another committee is another gateway. */
const WHILE_RUNNING = [
  'epoch',
  'certificatesMax',
  'network.bootstrap',
  'network.peersMax',
  ...SERVED_WHILE_RUNNING,
] as const

/** Takes over what of a gateway's file changed; who reads or follows it stays connected. */
export function gatewayReloader(
  loaded: LoadedGateway & { readonly file: string },
  use: GatewayReloaderDependencies,
): Reloader<LoadedGateway> {
  const { log, nowMs, metrics } = use
  return new Reloader<LoadedGateway>(loaded, {
    ...{ log, nowMs },
    read: () => checkGateway(loaded.file),
    changesBetween: (before, after) =>
      sortedChanges(plain(before), { after: plain(after), whileRunning: WHILE_RUNNING }),
    prepare: (next) => () => takeOver(next.config, use),
    onEnded: ({ outcome }) => {
      metrics.reloads.inc({ outcome })
      metrics.configRefused.set(outcome === 'refused' ? 1 : 0)
    },
  })
}

function plain({ config, committee }: LoadedGateway): Settings {
  return { ...config, 'committee file': committee }
}

/** None of these can refuse what was checked. */
function takeOver(config: GatewayConfig, use: GatewayReloaderDependencies): void {
  const { network, certificatesMax, epoch, api, log } = config
  use.network.setPeers(network)
  use.shelf.setCertificatesMax(certificatesMax)
  use.setEpoch(epoch)
  use.server.setLimits(api)
  use.root.setLevel(log.level)
}

import { randomInt } from 'node:crypto'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { WallClock } from '../clock.ts'
import type { Reload } from '../config/reloader.ts'
import { PublicNetwork } from '../gossip/public-network.ts'
import { javascriptCrypto } from '../keys/ecdsa.ts'
import { type Running, startAll } from '../lifecycle.ts'
import type { LevelledLog } from '../logging.ts'
import type { LoadedGateway } from './config.ts'
import { certificateJudge } from './judge.ts'
import { createGatewayMetrics } from './metrics.ts'
import { type GatewayReloaderDependencies, gatewayReloader } from './reload.ts'
import { GatewayServer } from './server.ts'
import { Shelf } from './shelf.ts'

/** A gateway that runs. */
export interface RunningGateway extends Running {
  /** Where its API listens. */
  readonly address: string
  /** Where further gateways may follow it; empty when it does not listen. */
  readonly listenAddresses: readonly string[]
  /** Rejects when the gateway must not go on; never resolves. */
  readonly failed: Promise<never>
  /** Takes over what of its file changed since; null without a file. */
  readonly reload: (() => Promise<Reload>) | null
}

export interface GatewayDependencies {
  readonly log: LevelledLog
  readonly signal: AbortSignal
  readonly version: string
}

/**
 * Follows the reports topic of one committee, checks every certificate itself, and serves the
 * newest (protocol §8.4). It holds no key and needs no trust: whoever reads it can check what
 * it says.
 *
 * @throws {OracleError} whatever is wrong with addresses and ports
 */
export async function startGateway(
  loaded: LoadedGateway,
  dependencies: GatewayDependencies,
): Promise<RunningGateway> {
  const { config, committee: file } = loaded
  const log = dependencies.log.child({ gateway: config.name })
  const metrics = createGatewayMetrics()
  const clock = new WallClock({ onJump: (jump) => log.warn('clock.jumped', { ...jump }) })
  // Certificates carry the group's signature alone, so no member's signature is checked here.
  const crypto = javascriptCrypto
  const context = contextOf(crypto, committeeOf(crypto.keccak256, file))
  const { committee } = context
  const shelf = new Shelf(config)
  const { promise: failed, reject: onFault } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const judge = certificateJudge({
    context,
    nowMs: () => clock.nowMs(),
    onCertificate: (certificate) => shelf.add(certificate),
  })
  const network = await PublicNetwork.create(
    {
      version: dependencies.version,
      committeeDigest: committee.digest,
      roundMs: committee.params.timing.roundMs,
      listen: config.network.listen ?? [],
      bootstrap: config.network.bootstrap,
      peersMax: config.network.peersMax,
      messageBytesMax: messageBytesMax(committee, 'certificate'),
    },
    {
      onMessage: (bytes) => {
        const judgement = judge(bytes)
        metrics.messages.inc({ ...judgement })
        return judgement
      },
      onPeers: (peers) => log.info('peers.changed', { peers }),
      onFault,
      nowMs: () => performance.now(),
      chance: () => randomInt(2 ** 32) / 2 ** 32,
    },
  )
  let { epoch } = config
  const server = new GatewayServer(config.api, {
    context,
    certificates: shelf,
    epoch: () => epoch,
    peers: () => network.peers(),
    metrics,
    clock,
    log,
  })
  const reload = reloadOf(loaded, {
    ...{ network, server, shelf, metrics, log, root: dependencies.log },
    nowMs: () => clock.nowMs(),
    setEpoch: (next) => {
      epoch = next
    },
  })
  const running = await startAll([network, server], { signal: dependencies.signal })
  const listenAddresses = network.listenAddresses()
  const address = server.address ?? ''
  log.info('gateway.started', { address, listenAddresses })
  return { ...running, address, listenAddresses, failed, reload }
}

/** What was told on the command line stands in no file that could be read again. */
function reloadOf(
  { file, ...loaded }: LoadedGateway,
  use: GatewayReloaderDependencies,
): RunningGateway['reload'] {
  if (file === null) return null
  const reloader = gatewayReloader({ file, ...loaded }, use)
  return () => reloader.reload()
}

import { randomInt } from 'node:crypto'
import { committeeOf } from '../../aggregator/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { WallClock } from '../clock.ts'
import { PublicNetwork } from '../gossip/public-network.ts'
import { javascriptCrypto } from '../keys/ecdsa.ts'
import { type Running, startAll } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { LoadedGateway } from './config.ts'
import { certificateJudge } from './judge.ts'
import { createGatewayMetrics } from './metrics.ts'
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
}

/**
 * Follows the reports topic of one committee, checks every certificate itself, and serves the
 * newest (protocol §8.4). It holds no key and needs no trust: whoever reads it can check what
 * it says.
 *
 * @throws {OracleError} whatever is wrong with addresses and ports
 */
export async function startGateway(
  { config, committee: file }: LoadedGateway,
  dependencies: { readonly log: Log; readonly signal: AbortSignal; readonly version: string },
): Promise<RunningGateway> {
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
  const server = new GatewayServer(config.api, {
    context,
    certificates: shelf,
    epoch: () => config.epoch,
    peers: () => network.peers(),
    metrics,
    clock,
    log,
  })
  const running = await startAll([network, server], { signal: dependencies.signal })
  const listenAddresses = network.listenAddresses()
  const address = server.address ?? ''
  log.info('gateway.started', { address, listenAddresses })
  return { ...running, address, listenAddresses, failed }
}

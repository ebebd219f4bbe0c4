import { randomInt } from 'node:crypto'
import { committeeOf } from '../aggregator/committee/committee.ts'
import { heldForMs, hurriedForMs } from '../aggregator/committee/passing-on.ts'
import { type Context, contextOf } from '../aggregator/context.ts'
import { statementBytes } from '../aggregator/handover/statements.ts'
import { gossipBytesMax } from '../aggregator/messages/codec.ts'
import { encodeDirect, SYNC_ANSWER_BYTES_MAX } from '../aggregator/messages/sync.ts'
import { createMetrics, type Metrics } from './api/metrics.ts'
import { ApiServer } from './api/server.ts'
import type { WallClock } from './clock.ts'
import { counting } from './compose/counting.ts'
import { MachineWatch } from './compose/machine-watch.ts'
import { networkPort } from './compose/network-port.ts'
import { makeCertified } from './compose/public-port.ts'
import { type NodeReloader, nodeReloader } from './compose/reload.ts'
import { makeRotation, type Rotation } from './compose/rotation.ts'
import { makeSettlers } from './compose/settlers.ts'
import { type NodeSigner, openSigner } from './compose/signer.ts'
import { makeSources } from './compose/sources.ts'
import { openStore } from './compose/store.ts'
import { targetPort } from './compose/target-port.ts'
import { makeTargets, viewsOf } from './compose/targets.ts'
import { endWhenSetBack, watchedClock } from './compose/wall-clock.ts'
import { assertKeyGenerated, type LoadedConfig } from './config/load.ts'
import { Driver } from './driver.ts'
import type { Delivery, Judgement } from './gossip/gossip.ts'
import { Network } from './gossip/network.ts'
import { Inbound } from './inbound.ts'
import type { Ecdsa } from './keys/ecdsa.ts'
import { cryptoOf, loadEcdsa } from './keys/native.ts'
import type { Terminal } from './keys/passphrase.ts'
import { Later } from './later.ts'
import { type Running, startAll } from './lifecycle.ts'
import type { LevelledLog, Log } from './logging.ts'
import { type OpenKeys, openKeys, tokensOf } from './open-keys.ts'
import { makeDataDirectory } from './store/lock.ts'
import { PeerBook } from './view/peer-book.ts'
import { RoundBook } from './view/round-book.ts'
import { createView } from './view/view.ts'

export interface NodeDependencies {
  readonly log: LevelledLog
  /** Where a passphrase is asked for when the configuration says so. */
  readonly terminal: Terminal
  readonly version: string
  readonly signal: AbortSignal
}

/** A node that runs. */
export interface RunningNode extends Running {
  /** Where its API listens. */
  readonly address: string
  /** Rejects when the node must not go on; never resolves. */
  readonly failed: Promise<never>
  /** Takes over what of its file changed since; see `Reloader`. */
  readonly reload: NodeReloader['reload']
}

/**
 * Builds one oracle from its configuration and starts it. The only place where adapters are made.
 *
 * @throws {OracleError} whatever is wrong with configuration, keys, disk, ports or contracts
 */
export async function startNode(
  loaded: LoadedConfig,
  dependencies: NodeDependencies,
): Promise<RunningNode> {
  const { config } = loaded
  assertKeyGenerated(loaded)
  const base = foundation(loaded, dependencies)
  makeDataDirectory(config.dataDirectory)
  const { committee } = base.context
  const keys = await openKeys({ config: config.keys, committee }, { ...base, ...dependencies })
  const { signal } = dependencies
  const later = new Later({
    heldForMs: () => hurriedForMs(committee, base.clock.nowMs()),
  })
  const signer = await openSigner(
    { config, member: keys.member },
    { ...base, signal, later: later.do },
  )
  try {
    const node = await assemble({ ...base, loaded, keys, signer, later })
    const running = await startAll(node.parts, { signal: dependencies.signal })
    const address = node.api.address ?? ''
    const { version, failed } = base
    const { reloader } = node
    base.log.info('node.started', {
      ...{ member: signer.self, address, version, configDigest: reloader.digest },
    })
    return { ...running, address, failed, reload: () => reloader.reload() }
  } catch (error) {
    await signer.part.stop().catch(() => undefined)
    throw error
  }
}

/** What everything else is made of. */
interface Foundation {
  readonly root: LevelledLog
  readonly log: Log
  readonly version: string
  readonly clock: WallClock
  readonly metrics: Metrics
  readonly ecdsa: Ecdsa
  readonly context: Context
  readonly failed: Promise<never>
  readonly onFatal: (error: unknown) => void
}

function foundation(
  { config, committee }: LoadedConfig,
  { log, version }: NodeDependencies,
): Foundation {
  const metrics = createMetrics()
  const clock = watchedClock({ log, metrics })
  const ecdsa = loadEcdsa({ fallback: 'refuse' })
  const crypto = cryptoOf(ecdsa)
  const context = contextOf(crypto, committeeOf(crypto.keccak256, committee))
  const { promise: failed, reject: onFatal } = Promise.withResolvers<never>()
  // Whoever runs the node waits for it; until then a failure must not end the process by itself.
  failed.catch(() => undefined)
  return {
    root: log,
    log: log.child({ node: config.name }),
    version,
    clock,
    metrics,
    ecdsa,
    context,
    failed,
    onFatal,
  }
}

interface Assembly extends Foundation {
  readonly loaded: LoadedConfig
  readonly keys: OpenKeys
  readonly signer: NodeSigner
  readonly later: Later
}

async function assemble(assembly: Assembly) {
  const { loaded, keys, signer, later, context, clock, log, metrics, onFatal } = assembly
  const { config } = loaded
  const { committee } = context
  const { self } = signer
  const startedMs = clock.nowMs()
  const nowMs = () => clock.nowMs()
  const kept = { dataDirectory: config.dataDirectory, startedMs, committee, self }
  const store = openStore(kept, { nowMs, log, later: later.do })
  const { engine, sources } = makeSources(config.sources, assembly)
  const targets = makeTargets(config, { ...assembly, predecessor: loaded.predecessor })
  const chains = targets.map(({ target }) => target)
  const certified = makeCertified({ ...config, committee: loaded.committee }, assembly)
  const settlers = makeSettlers(targets, { ...assembly, self, store, shelf: certified.shelf })
  const book = new RoundBook(committee, () => clock.preciseMs())
  const peers = new PeerBook(committee, later.do)
  const counts = counting({ metrics, log, book, committee, clock })
  const inbound = makeInbound(assembly, { driver: () => driver, network: () => network })
  const rotation = makeRotation({
    ...assembly,
    targets: chains,
    network: () => network,
    onPast: (past) => driver.report({ type: 'pastLearned', nowMs: nowMs(), past }),
  })
  const network: Network = await makeNetwork(assembly, { inbound, rotation })
  const isDoubted = () => driver.state.clock === 'doubted'
  const ending = endWhenSetBack(clock, { isDoubted, onFatal })
  const driver: Driver = new Driver(
    {
      context,
      self,
      memory: () => ({ watermark: signer.watermark(), ...store.remembered(context) }),
      term: () => (rotation.term.isSpecial ? rotation.term.known : null),
    },
    {
      ...{ clock, sources, store, onFatal, signer: signer.port },
      network: networkPort({ committee, network, inbound, onFault: onFatal }),
      targets: chains.map(targetPort),
      observers: [counts, store.observer, certified.observer, peers, ending],
    },
  )
  const reloader = nodeReloader(loaded, {
    ...assembly,
    ...{ engine, targets: chains, nowMs, store, api: () => api },
  })
  rotation.term.tell((term) => driver.report({ type: 'termSet', nowMs: nowMs(), ...term }))
  const view = createView(
    { ...assembly, name: config.name, self, startedMs },
    {
      config: () => ({ configDigest: reloader.digest, reload: reloader.last }),
      clock,
      signer: signer.view,
      book,
      state: () => driver.state,
      peers: () => network.peers(),
      contested: () => network.contested(),
      measured: () => peers.statistics.figures(),
      ownPeerId: () => network.peerId,
      ...sources.shown,
      chains: () => viewsOf(targets, { settlers, rotation }),
      rotation: rotation.view,
    },
  )
  const served = { certificates: certified.shelf, history: store.history, epoch: rotation.epoch }
  const api: ApiServer = new ApiServer(config.api, { ...assembly, ...served, view })
  const watch = new MachineWatch(config, { ...assembly, ...store })
  const first = [store.journal, watch, later, signer.part, engine, ...tokensOf(keys), ...chains]
  const last = [network, ...rotation.parts, ...certified.parts, driver, ...settlers.parts]
  return { parts: [...first, reloader, ...last, ...rotation.past, api], api, reloader }
}

function makeInbound(
  { context, clock, metrics }: Assembly,
  made: { readonly driver: () => Driver; readonly network: () => Network },
): Inbound {
  const { driver, network } = made
  const acknowledgement = encodeDirect(context.committee, { type: 'syncAnswer', messages: [] })
  return new Inbound(context, {
    clock,
    report: (event) => driver().report(event),
    bestRound: () => driver().state.best?.message.round ?? 0,
    isClockDoubted: () => driver().state.clock === 'doubted',
    acknowledge: (from) => void network().answer(from, acknowledgement),
    admit: (from) => network().admit(from),
    judged: (from, judgement) => {
      countJudgement(metrics, { type: 'direct', judgement })
      network().judged(from, judgement)
    },
    later: setImmediate,
  })
}

async function makeNetwork(
  assembly: Assembly,
  { inbound, rotation }: { readonly inbound: Inbound; readonly rotation: Rotation },
): Promise<Network> {
  const { loaded, signer, context, clock, log, metrics, onFatal, version } = assembly
  const { committee } = context
  const { network } = loaded.config
  const repairs = new Later({
    heldForMs: () => heldForMs(committee, signer.self, clock.nowMs()),
  })
  const addresses = new Map(network.members.map(({ index, address }) => [index, address]))
  return await Network.create(
    {
      version,
      identity: signer.identity,
      own: signer.self,
      members: committee.params.members.map(({ identityKey }, index) => {
        const address = addresses.get(index)
        return { identityKey, addresses: address === undefined ? [] : [address] }
      }),
      committeeDigest: committee.digest,
      roundMs: committee.params.timing.roundMs,
      listen: network.listen,
      messageBytesMax: Math.max(gossipBytesMax(committee), statementBytes(context, 'session')),
      answerBytesMax: SYNC_ANSWER_BYTES_MAX,
    },
    {
      onMessage: (delivery) => {
        const judgement = rotation.onMessage(delivery) ?? inbound.onMessage(delivery)
        countJudgement(metrics, { type: delivery.topic, judgement })
        return judgement
      },
      onSyncRequest: (from, request) => {
        if (!rotation.onRequest(from, request)) inbound.onRequest(from, request)
      },
      onPeer: ({ member, change, because }) => {
        if (because !== undefined) metrics.peerBans.inc({ member: String(member), because })
        // Contradictions under one key convict a member: an operator must act before that.
        if (change === 'contested') log.error('peer.contested', { member, own: signer.self })
        else log.info(`peer.${change}`, { member, ...(because === undefined ? {} : { because }) })
      },
      onClash: (member) => metrics.clashes.inc({ member: String(member) }),
      later: repairs.do,
      onFault: onFatal,
      nowMs: () => performance.now(),
      chance,
    },
  )
}

function countJudgement(
  metrics: Metrics,
  of: { readonly type: Delivery['topic'] | 'direct'; readonly judgement: Judgement },
): void {
  const { verdict, code } = of.judgement
  metrics.messages.inc({ type: of.type, verdict })
  if (verdict === 'reject') metrics.faults.inc({ code })
}

/** A number in [0, 1) for spreading work over time; nothing secret comes of it. */
function chance(): number {
  return randomInt(2 ** 32) / 2 ** 32
}

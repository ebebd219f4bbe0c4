import { randomInt } from 'node:crypto'
import type { Address } from 'viem'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import { type Context, contextOf } from '../../aggregator/context.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { PeerStatistics } from '../../aggregator/statistics/peer-statistics.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { DryRunView } from '../api/dry-run-view.ts'
import { createMetrics, type Metrics } from '../api/metrics.ts'
import { ApiServer } from '../api/server.ts'
import type { NodeView } from '../api/view.ts'
import type { WallClock } from '../clock.ts'
import { counting } from '../compose/counting.ts'
import { makeSources } from '../compose/sources.ts'
import { contractOf } from '../compose/targets.ts'
import { watchedClock } from '../compose/wall-clock.ts'
import { configDigest } from '../config/config-digest.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Finding } from '../doctor/finding.ts'
import { Driver } from '../driver.ts'
import { certificateJudge } from '../gateway/judge.ts'
import { Shelf } from '../gateway/shelf.ts'
import { PublicNetwork } from '../gossip/public-network.ts'
import { cryptoOf, loadEcdsa } from '../keys/native.ts'
import { type Running, startAll } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { RoundBook } from '../view/round-book.ts'
import { createView } from '../view/view.ts'
import { dryRunFindings } from './findings.ts'
import { FollowBook } from './follow-book.ts'
import { NO_NETWORK, NO_SIGNER, NO_STORE } from './mute-ports.ts'
import { PricedTarget } from './priced-target.ts'

export interface DryRunOptions {
  /** Whose turns to deliver it plays. */
  readonly seat: MemberIndex
  /** Public ports of members or gateways; may be empty. */
  readonly bootstrap: readonly string[]
  /** The wallet that would pay; null when its address is not known. */
  readonly wallet: Address | null
  /** Port of the API; 0 takes a free one. */
  readonly port: number
}

export interface DryRunDependencies {
  readonly log: Log
  readonly version: string
  readonly signal: AbortSignal
}

/** A dry run that goes on. */
export interface RunningDryRun extends Running {
  /** Where its API listens. */
  readonly address: string
  /** Rejects when it cannot go on; never resolves. */
  readonly failed: Promise<never>
  /** What it has found so far. */
  readonly findings: () => readonly Finding[]
}

const PEERS_MAX = 8
const CERTIFICATES_MAX = 512

/**
 * A node without its keys: runs the machine of one member with its venues and chains, follows the
 * committee as strangers may, and signs, sends and stores nothing. It opens no key file and
 * writes nowhere, so that it may run beside the node whose configuration it has.
 *
 * @throws {OracleError} whatever is wrong with addresses and ports
 */
export async function startDryRun(
  loaded: LoadedConfig,
  options: DryRunOptions,
  dependencies: DryRunDependencies,
): Promise<RunningDryRun> {
  const scene = sceneOf(loaded, dependencies)
  const { context, clock, log, metrics } = scene
  const { engine, sources } = makeSources(loaded.config.sources, scene)
  const targets = loaded.config.chains.map((config) =>
    pricedTarget(config, { loaded, options, scene }),
  )
  const book = new RoundBook(context.committee, () => clock.preciseMs())
  const derived = () => driver.state.derived
  const follow = new FollowBook(context.committee, { sources, derived })
  const shelf = new Shelf({ certificatesMax: CERTIFICATES_MAX })
  const { promise: failed, reject: onFatal } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const observers = [counting({ metrics, log, book, committee: context.committee, clock }), follow]
  const memory = () => ({ watermark: 0, certificate: null, evidence: [], past: [] })
  const driver: Driver = new Driver(
    { context, self: options.seat, memory },
    {
      ...{ clock, sources, targets, observers, onFatal },
      ...{ signer: NO_SIGNER, network: NO_NETWORK, store: NO_STORE },
    },
  )
  const following = await follower(options.bootstrap, { scene, driver, shelf, onFatal })
  const dryRun = (): DryRunView => ({
    seat: options.seat,
    followed: options.bootstrap.length,
    ...following.figures(),
    rounds: follow.rounds(),
    certificateAgeMs: follow.certificateAgeMs(),
    feeds: follow.feeds(),
    targets: targets.map((each) => each.view()),
  })
  const view = viewOf({ loaded, options, scene, book, driver, sources: sources.shown, dryRun })
  const api = new ApiServer(
    { ...loaded.config.api, host: '127.0.0.1', port: options.port },
    { certificates: shelf, epoch: () => 1, view, history: null, ...scene },
  )
  const parts = [engine, ...targets, ...following.parts, driver, api]
  const running = await startAll(parts, { signal: dependencies.signal })
  const address = api.address ?? ''
  log.info('dryRun.started', { address, seat: options.seat, followed: options.bootstrap.length })
  const { params } = context.committee
  const findings = () => dryRunFindings({ dryRun: dryRun(), venues: view.venues(), params })
  return { ...running, address, failed, findings }
}

interface Scene {
  readonly context: Context
  readonly clock: WallClock
  readonly log: Log
  readonly metrics: Metrics
  readonly version: string
  readonly configDigest: string
}

function sceneOf({ config, committee }: LoadedConfig, use: DryRunDependencies): Scene {
  const metrics = createMetrics()
  const digest = configDigest(config)
  metrics.buildInfo.set({ version: use.version, config: digest }, 1)
  const log = use.log.child({ dryRun: config.name })
  const clock = watchedClock({ log, metrics })
  const crypto = cryptoOf(loadEcdsa({ fallback: 'allow' }))
  const context = contextOf(crypto, committeeOf(crypto.keccak256, committee))
  return { context, clock, log, metrics, version: use.version, configDigest: digest }
}

interface TargetScene {
  readonly loaded: LoadedConfig
  readonly options: DryRunOptions
  readonly scene: Scene
}

function pricedTarget(
  config: LoadedConfig['config']['chains'][number],
  { loaded, options, scene }: TargetScene,
): PricedTarget {
  const { context, clock, log, metrics } = scene
  const { dataDirectory } = loaded.config
  return new PricedTarget(
    { config, dataDirectory },
    {
      contract: contractOf(config, { context, predecessor: loaded.predecessor }),
      wallet: options.wallet,
      clock,
      log,
      onDelivery: ({ target, code }) => metrics.dryDeliveries.inc({ target, code }),
    },
  )
}

interface FollowerScene {
  readonly scene: Scene
  readonly driver: Driver
  readonly shelf: Shelf
  readonly onFatal: (error: unknown) => void
}

/** Hears certificates as a gateway does, and hands them to the machine. */
async function follower(bootstrap: readonly string[], use: FollowerScene) {
  const { scene, driver, shelf, onFatal } = use
  const { context, clock, metrics, log } = scene
  const { committee } = context
  let [certificates, refused] = [0, 0]
  const judge = certificateJudge({
    context,
    nowMs: () => clock.nowMs(),
    onCertificate: (message) => {
      certificates += 1
      shelf.add(message)
      driver.report({ type: 'received', nowMs: clock.nowMs(), message, origin: 'peer' })
    },
  })
  if (bootstrap.length === 0) {
    return { parts: [], figures: () => ({ connected: 0, certificates, refused }) }
  }
  const network = await PublicNetwork.create(
    {
      version: scene.version,
      committeeDigest: committee.digest,
      roundMs: committee.params.timing.roundMs,
      listen: [],
      bootstrap,
      peersMax: PEERS_MAX,
      messageBytesMax: messageBytesMax(committee, 'certificate'),
    },
    {
      onMessage: (bytes) => {
        const judgement = judge(bytes)
        if (judgement.verdict === 'reject') refused += 1
        metrics.messages.inc({ type: 'reports', verdict: judgement.verdict })
        return judgement
      },
      onPeers: (peers) => log.info('peers.changed', { peers }),
      onFault: onFatal,
      nowMs: () => performance.now(),
      chance: () => randomInt(2 ** 32) / 2 ** 32,
    },
  )
  const figures = () => ({ connected: network.peers(), certificates, refused })
  return { parts: [network], figures }
}

interface ViewScene extends TargetScene {
  readonly book: RoundBook
  readonly driver: Driver
  readonly sources: Pick<Parameters<typeof createView>[1], 'local' | 'quotes' | 'venues'>
  readonly dryRun: () => DryRunView
}

/** The view of a node, of which nothing is true that only a member could do. */
function viewOf({ loaded, options, scene, book, driver, sources, dryRun }: ViewScene): NodeView {
  const { committee } = scene.context
  const statistics = new PeerStatistics(committee)
  const view = createView(
    { ...scene, name: loaded.config.name, self: options.seat, startedMs: scene.clock.nowMs() },
    {
      config: () => ({ configDigest: scene.configDigest, reload: null }),
      clock: scene.clock,
      signer: () => ({ place: 'none', isReachable: false, watermark: 0, refused: {} }),
      book,
      state: () => driver.state,
      peers: () => [],
      contested: () => [],
      measured: () => statistics.figures(),
      ownPeerId: () => '',
      ...sources,
      chains: () => [],
      rotation: () => ({
        ...{ term: { fromMs: null, untilMs: null }, approved: null, approvers: [] },
        ...{ threshold: committee.signingThreshold, locked: [], signed: null },
      }),
    },
  )
  // What only a member lacks is no news of a dry run.
  const ofMembers = ['SIGNER_UNREACHABLE', 'PEERS_TOO_FEW', 'BARRIER_AHEAD', 'TERM_AHEAD']
  return {
    ...view,
    status: () => ({ ...view.status(), dryRun: dryRun() }),
    obstacles: () => ['DRY_RUN', ...view.obstacles().filter((each) => !ofMembers.includes(each))],
  }
}

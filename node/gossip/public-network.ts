import { type GossipSub, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { Startable } from '../lifecycle.ts'
import { type FrameVerdict, onFrame } from './arriving-frames.ts'
import { Follower } from './follower.ts'
import { FrameLimiter, publicFrameAllowanceFor } from './frame-limiter.ts'
import type { Judgement } from './gossip.ts'
import { GRAYLIST_SCORE } from './gossip-options.ts'
import { type Host, startHost } from './host.ts'
import { Limiter } from './limiter.ts'
import { createPublicHost, PER_HOST_MAX, remoteHostOf } from './public-host.ts'
import { channelsOf } from './topics.ts'

export interface PublicNetworkOptions {
  /** As of `HostOptions`. */
  readonly version?: string | undefined
  /** 32 bytes. */
  readonly committeeDigest: Uint8Array
  /** Δ of the committee; sizes the limiter. */
  readonly roundMs: number
  /** Multiaddrs to listen on; may be empty. */
  readonly listen: readonly string[]
  /** Multiaddrs of members' public ports and of gateways to follow; may be empty. */
  readonly bootstrap: readonly string[]
  /** Strangers connected at once. */
  readonly peersMax: number
  /** Largest certificate of the committee in bytes. */
  readonly messageBytesMax: number
}

export interface PublicNetworkDependencies {
  /** Judges what came and keeps what it accepts; accepted messages are passed on. */
  readonly onMessage: (bytes: Uint8Array) => Judgement
  readonly onPeers?: (connected: number) => void
  /** Our own code broke; the process should stop. */
  readonly onFault: (error: unknown) => void
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** A number in [0, 1); spreads redials. */
  readonly chance: () => number
}

/** What has passed since the start; every number only grows. */
export interface PublicCounters {
  readonly dropped: number
  readonly cut: number
}

interface PeerLimits {
  peersMax: number
}

interface PublicParts {
  readonly host: Host
  readonly limiter: Limiter<string>
  readonly topic: string
  readonly limits: PeerLimits
}

/** Certificates of one round that honest peers pass on: one a slot and one more. */
const MESSAGES_PER_ROUND = 4
/** Each costs a check of a signature at most; an honest peer checks before it passes on. */
const REJECTS_MAX = 5
const HOSTS_MAX = 1_024
const SCORE_INTERVAL_MS = 1_000

/** The reports topic as strangers see it: certificates of one committee, followed and passed on. */
export class PublicNetwork implements Startable {
  readonly name = 'public network'
  readonly #options: PublicNetworkOptions
  readonly #dependencies: PublicNetworkDependencies
  readonly #host: Host
  readonly #limiter: Limiter<string>
  readonly #frames: FrameLimiter<string>
  readonly #topic: string
  readonly #follower: Follower
  readonly #limits: PeerLimits
  readonly #counters = { dropped: 0, cut: 0 }
  #scoring: NodeJS.Timeout | undefined
  #isRunning = false

  private constructor(
    options: PublicNetworkOptions,
    dependencies: PublicNetworkDependencies,
    parts: PublicParts,
  ) {
    this.#options = options
    this.#dependencies = dependencies
    this.#host = parts.host
    this.#limiter = parts.limiter
    this.#topic = parts.topic
    this.#limits = parts.limits
    this.#frames = new FrameLimiter<string>(frameAllowanceOf(options), dependencies)
    onFrame(parts.host, (peer, frame) => this.#admitFrame(peer, frame))
    this.#follower = new Follower(
      { addresses: options.bootstrap, backoffMs: 500, backoffMsMax: 30_000 },
      { host: parts.host, chance: dependencies.chance },
    )
  }

  static async create(
    options: PublicNetworkOptions,
    dependencies: PublicNetworkDependencies,
  ): Promise<PublicNetwork> {
    const { nowMs } = dependencies
    const limiter = new Limiter<string>(limitsFor(options), { nowMs })
    const topic = channelsOf(options.committeeDigest).topics.reports
    const limits = { peersMax: options.peersMax }
    const host = await createPublicHost(
      { ...options, topic, peersMax: () => limits.peersMax },
      { isBanned: (remoteHost) => limiter.isBanned(remoteHost), nowMs },
    )
    return new PublicNetwork(options, dependencies, { host, limiter, topic, limits })
  }

  /** @throws {OracleError} `GOSSIP_LISTEN_FAILED` */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#isRunning) return
    signal.throwIfAborted()
    this.#isRunning = true
    await startHost(this.#host, this.#options.listen)
    for (const event of ['peer:connect', 'peer:disconnect'] as const) {
      this.#host.addEventListener(event, () => this.#dependencies.onPeers?.(this.peers()))
    }
    const { pubsub } = this.#host.services
    pubsub.topicValidators.set(this.#topic, (peer, { data }) => this.#validate(peer, data))
    pubsub.subscribe(this.#topic)
    this.#follower.start()
    this.#scoring = setInterval(() => this.#judgeScores(), SCORE_INTERVAL_MS)
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return
    this.#isRunning = false
    clearInterval(this.#scoring)
    await this.#follower.stop()
    await this.#host.stop()
  }

  /** Follows these from now on, and lets in so many; peers that are here and stay are kept. */
  setPeers({ bootstrap, peersMax }: Pick<PublicNetworkOptions, 'bootstrap' | 'peersMax'>): void {
    this.#limits.peersMax = peersMax
    this.#follower.follow(bootstrap)
  }

  /** Addresses with the real ports, for others to follow. */
  listenAddresses(): string[] {
    return this.#host.getMultiaddrs().map(String)
  }

  /** Peers that are connected. */
  peers(): number {
    return this.#host.getPeers().length
  }

  counters(): PublicCounters {
    return { ...this.#counters }
  }

  /** Publishes a certificate to every follower; having none is no failure. */
  async publish(bytes: Uint8Array): Promise<void> {
    try {
      await this.#host.services.pubsub.publish(this.#topic, bytes)
    } catch {
      // A stopping host or full buffers: the next round comes soon.
      this.#counters.dropped += 1
    }
  }

  #validate(peer: PeerId, data: Uint8Array): TopicValidatorResult {
    const remoteHost = this.#hostOf(peer)
    const admission = this.#limiter.admit(remoteHost)
    if (admission !== 'pass') {
      this.#counters.dropped += 1
      if (admission === 'cut') this.#cut(remoteHost)
      return TopicValidatorResult.Ignore
    }
    const { verdict } = this.#judge(data)
    if (verdict === 'accept') return TopicValidatorResult.Accept
    if (verdict === 'ignore') return TopicValidatorResult.Ignore
    if (this.#limiter.reject(remoteHost) === 'cut') this.#cut(remoteHost)
    return TopicValidatorResult.Reject
  }

  /** What gossipsub answers by itself reaches no validator, so it is counted here. */
  #admitFrame(peer: PeerId, frame: Uint8Array): FrameVerdict {
    const remoteHost = this.#hostOf(peer)
    // Of a connection that is gone already, a quarter of a megabyte may be here still.
    if (remoteHost === '' || this.#limiter.isBanned(remoteHost)) return 'end'
    const admission = this.#frames.admit(remoteHost, frame)
    if (admission === 'pass') return 'pass'
    this.#counters.dropped += 1
    if (admission === 'drop') return 'drop'
    this.#limiter.ban(remoteHost)
    this.#cut(remoteHost)
    return 'end'
  }

  #judge(data: Uint8Array): Judgement {
    if (data.length === 0 || data.length > this.#options.messageBytesMax) {
      return { verdict: 'reject', code: 'SIZE_INVALID' }
    }
    try {
      // A copy: the network's buffers are larger than the message and would be kept alive by it.
      return this.#dependencies.onMessage(Uint8Array.from(data))
    } catch (error) {
      this.#dependencies.onFault(error)
      return { verdict: 'ignore', code: 'JUDGE_FAILED' }
    }
  }

  /** Peer ids are free and hosts are not, so the account is the host's. */
  #hostOf(peer: PeerId): string {
    const connection = this.#host.getConnections(peer)[0]
    return connection === undefined ? '' : remoteHostOf(connection.remoteAddr)
  }

  /**
   * Ends what a host has open; while its ban lasts, the gater refuses it and nothing of it counts.
   */
  #cut(remoteHost: string): void {
    this.#counters.cut += 1
    for (const connection of this.#host.getConnections()) {
      if (remoteHostOf(connection.remoteAddr) !== remoteHost) continue
      connection.abort(new Error('cut by the limiter'))
    }
  }

  /** Second line, for what never reaches a validator (docs/adr/0031). */
  #judgeScores(): void {
    const pubsub: GossipSub & { getScore?: (peerId: string) => number } = this.#host.services.pubsub
    for (const peer of this.#host.getPeers()) {
      if ((pubsub.getScore?.(peer.toString()) ?? 0) >= GRAYLIST_SCORE) continue
      const remoteHost = this.#hostOf(peer)
      this.#limiter.ban(remoteHost)
      this.#cut(remoteHost)
    }
  }
}

function limitsFor({ roundMs }: PublicNetworkOptions) {
  return {
    burst: 16 * MESSAGES_PER_ROUND,
    perSecond: Math.ceil((1_000 * MESSAGES_PER_ROUND) / roundMs),
    rejectsMax: REJECTS_MAX,
    surplusMax: 64 * MESSAGES_PER_ROUND,
    banMs: 60_000,
    banMsMax: 3_600_000,
    accountsMax: HOSTS_MAX,
  }
}

function frameAllowanceOf({ roundMs }: PublicNetworkOptions) {
  const peers = { peers: PER_HOST_MAX, hostsMax: HOSTS_MAX }
  return publicFrameAllowanceFor({ ...peers, messagesPerRound: MESSAGES_PER_ROUND, roundMs })
}

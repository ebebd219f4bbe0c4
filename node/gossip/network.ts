import type { Connection, PeerId } from '@libp2p/interface'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Doing } from '../later.ts'
import type { Startable } from '../lifecycle.ts'
import { Agents } from './agents.ts'
import { Clashes } from './clashes.ts'
import { Dialer } from './dialer.ts'
import { type Delivery, Gossip, type GossipCounters, type Judgement } from './gossip.ts'
import { mendGossipStreams } from './gossip-streams.ts'
import { createHost, type Host, startHost } from './host.ts'
import type { NetworkIdentity } from './identity.ts'
import { Limiter, limiterOptionsFor } from './limiter.ts'
import type { BanReason, PeerChange } from './peer-change.ts'
import type { PeerStatus } from './peer-status.ts'
import { type Roster, type RosterEntry, rosterOf } from './roster.ts'
import { surplusOf } from './surplus.ts'
import { Sync } from './sync.ts'
import { channelsOf, type TopicName } from './topics.ts'
import { Upkeep } from './upkeep.ts'

export interface NetworkOptions {
  /** As of `HostOptions`. */
  readonly version?: string
  /** Of this member; a secret is copied. */
  readonly identity: NetworkIdentity
  readonly own: MemberIndex
  /** The committee by member index. */
  readonly members: readonly RosterEntry[]
  /** 32 bytes. */
  readonly committeeDigest: Uint8Array
  /** Δ of the committee; sizes the limiter. */
  readonly roundMs: number
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Largest gossip message; default 65_536. */
  readonly messageBytesMax?: number
  /** Largest sync answer; default 1_048_576. */
  readonly answerBytesMax?: number
}

export interface NetworkDependencies {
  readonly onMessage: (delivery: Delivery) => Judgement
  /** See `GossipDependencies`. */
  readonly later?: Doing
  /** A member asks over a direct stream; reply with `answer`. */
  readonly onSyncRequest: (from: MemberIndex, request: Uint8Array) => void
  readonly onPeer?: (change: PeerChange) => void
  /** Two connections under one member's key met; `contested` is told when that goes on. */
  readonly onClash?: (member: MemberIndex) => void
  /** Our own code broke; the process should stop. */
  readonly onFault: (error: unknown) => void
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** A number in [0, 1); spreads redials. */
  readonly chance: () => number
}

const MESSAGE_BYTES_MAX = 65_536
const ANSWER_BYTES_MAX = 1_048_576
/** A member also brings certificates unasked; they are as large as gossip messages. */
const REQUEST_BYTES_MAX = 262_144

interface Parts {
  readonly host: Host
  readonly roster: Roster
  readonly limiter: Limiter
  readonly clashes: Clashes
}

/** Everything one member says to the others and hears from them (protocol §5.6). */
export class Network implements Startable {
  readonly name = 'network'
  readonly #options: NetworkOptions
  readonly #dependencies: NetworkDependencies
  readonly #roster: Roster
  readonly #host: Host
  readonly #limiter: Limiter
  readonly #gossip: Gossip
  readonly #sync: Sync
  readonly #dialer: Dialer
  readonly #clashes: Clashes
  readonly #upkeep: Upkeep
  readonly #agents: Agents
  #isRunning = false

  private constructor(options: NetworkOptions, dependencies: NetworkDependencies, parts: Parts) {
    const { host, roster, limiter, clashes } = parts
    const channels = channelsOf(options.committeeDigest)
    const isBanned = (member: MemberIndex) => limiter.isBanned(member)
    this.#options = options
    this.#dependencies = dependencies
    this.#roster = roster
    this.#host = host
    this.#limiter = limiter
    this.#clashes = clashes
    this.#agents = new Agents(roster, host)
    const { roundMs, messageBytesMax = MESSAGE_BYTES_MAX } = options
    const cut = (member: MemberIndex, because: BanReason) => this.#cut(member, because)
    this.#gossip = new Gossip(
      { roster, channels, messageBytesMax, roundMs },
      { host, limiter, ...dependencies, cut },
    )
    this.#sync = new Sync(
      {
        roster,
        protocol: channels.sync,
        requestBytesMax: REQUEST_BYTES_MAX,
        answerBytesMax: options.answerBytesMax ?? ANSWER_BYTES_MAX,
        deadlineMs: 2_000,
        requestsPerWindowMax: 16,
        windowMs: 1_000,
      },
      { host, ...dependencies, onRequest: dependencies.onSyncRequest },
    )
    this.#dialer = new Dialer(
      { roster, own: options.own, backoffMs: 250, backoffMsMax: 1_000, attemptMs: 2_000 },
      { host, isBanned, chance: dependencies.chance },
    )
    this.#upkeep = new Upkeep(
      { own: options.own, roster },
      {
        ...{ host, limiter },
        listeners: () => this.#gossip.listeners(),
        mendStreams: () => mendGossipStreams(host),
        cut: (member) => this.#cut(member, 'score'),
        wallMs: () => Date.now(),
      },
    )
    host.addEventListener('peer:connect', ({ detail }) => this.#onPeer(detail, 'connected'))
    host.addEventListener('peer:disconnect', ({ detail }) => this.#onPeer(detail, 'disconnected'))
    host.addEventListener('connection:open', ({ detail }) => this.#endSurplus(detail))
    host.addEventListener('connection:close', ({ detail }) => this.#onClosed(detail))
    host.services.pubsub.addEventListener('subscription-change', ({ detail }) => {
      const topic = channels.topics.protocol
      const isOurs = (each: (typeof detail.subscriptions)[number]) => each.topic === topic
      const isListening = detail.subscriptions.some((each) => isOurs(each) && each.subscribe)
      if (isListening) this.#onPeer(detail.peerId, 'listening')
    })
  }

  /**
   * Makes the network of one member, not yet started.
   *
   * @throws {OracleError} `GOSSIP_PRIVATE_KEY_INVALID`, `GOSSIP_MEMBER_KEY_INVALID`,
   * `GOSSIP_ADDRESS_INVALID`
   */
  static async create(
    options: NetworkOptions,
    dependencies: NetworkDependencies,
  ): Promise<Network> {
    const roster = rosterOf(options.members)
    const limits = limiterOptionsFor({ members: roster.members.length, roundMs: options.roundMs })
    const limiter = new Limiter(limits, dependencies)
    const own = options.own
    const clashes = new Clashes({ own, size: roster.members.length }, dependencies)
    const host = await createHost(
      {
        ...{ identity: options.identity, listen: options.listen, version: options.version },
        roster,
        channels: channelsOf(options.committeeDigest),
        messageBytesMax: options.messageBytesMax ?? MESSAGE_BYTES_MAX,
      },
      {
        isBanned: (member) => limiter.isBanned(member),
        onSecond: (member) => clashes.second(member),
        nowMs: dependencies.nowMs,
      },
    )
    return new Network(options, dependencies, { host, roster, limiter, clashes })
  }

  /** @throws {OracleError} `GOSSIP_LISTEN_FAILED` */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#isRunning) return
    signal.throwIfAborted()
    this.#isRunning = true
    await startHost(this.#host, this.#options.listen)
    await this.#sync.start()
    this.#gossip.subscribe()
    this.#dialer.start()
    this.#upkeep.start()
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#upkeep.stop()
    this.#dialer.stop()
    await this.#sync.stop()
    await this.#host.stop()
  }

  /** Addresses this member listens on, with the real ports. */
  listenAddresses(): string[] {
    return this.#host.getMultiaddrs().map(String)
  }

  get peerId(): string {
    return this.#host.peerId.toString()
  }

  /** See `Gossip.publish`. */
  publish(topic: TopicName, bytes: Uint8Array): Promise<number> {
    return this.#gossip.publish(topic, bytes)
  }

  /** See `Sync.request`. */
  request(to: MemberIndex, request: Uint8Array): Promise<Uint8Array> {
    return this.#sync.request(to, request)
  }

  /** See `Sync.answer`. */
  answer(to: MemberIndex, answer: Uint8Array): boolean {
    return this.#sync.answer(to, answer)
  }

  /** See `Gossip.admit`. */
  admit(from: MemberIndex): boolean {
    return this.#gossip.admit(from)
  }

  /** See `Gossip.judged`. */
  judged(from: MemberIndex, judgement: Judgement): void {
    this.#gossip.judged(from, judgement)
  }

  counters(): GossipCounters {
    return this.#gossip.counters()
  }

  /** The peer table: every member but this one. */
  peers(): PeerStatus[] {
    const listeners = new Set(this.#gossip.listeners())
    const others = this.#roster.members.filter(({ index }) => index !== this.#options.own)
    return others.map(({ index, peerId }) => {
      return {
        member: index,
        peerId: peerId.toString(),
        isConnected: this.#host.getConnections(peerId).length > 0,
        isListening: listeners.has(index),
        ...this.#limiter.record(index),
        agent: this.#agents.of(index),
      }
    })
  }

  #onPeer(peerId: PeerId, change: PeerChange['change']): void {
    const member = this.#roster.indexOf(peerId)
    if (member === null) return
    if (change === 'disconnected') this.#dialer.lost(member)
    this.#dependencies.onPeer?.({ member, change })
  }

  /** One connection to a member is enough. */
  #endSurplus(newer: Connection): void {
    const member = this.#roster.indexOf(newer.remotePeer)
    if (member === null) return
    for (const older of this.#host.getConnections(newer.remotePeer)) {
      if (older.id === newer.id) continue
      this.#clashes.second(member)
      const surplus =
        surplusOf(older, newer, this.#options.own < member) === 'older' ? older : newer
      surplus.abort(new Error('one of two connections'))
    }
  }

  #onClosed({ remotePeer, timeline }: Connection): void {
    const member = this.#roster.indexOf(remotePeer)
    const livedMs = (timeline.close ?? 0) - timeline.open
    if (member !== null && this.#isRunning) this.#clashes.closed(member, livedMs)
  }

  /** Members whose keys seem to run twice now, this one included. */
  contested(): MemberIndex[] {
    return this.#roster.members
      .map(({ index }) => index)
      .filter((index) => this.#clashes.isContested(index))
  }

  #cut(member: MemberIndex, because: BanReason): void {
    const peerId = this.#roster.members[member]?.peerId
    if (peerId === undefined) return
    for (const connection of this.#host.getConnections(peerId)) {
      connection.abort(new Error('cut by the limiter'))
    }
    this.#dependencies.onPeer?.({ member, change: 'banned', because })
  }
}

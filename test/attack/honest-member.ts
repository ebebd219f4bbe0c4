import { createHash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Committee } from '../../aggregator/committee/committee.ts'
import { heldForMs } from '../../aggregator/committee/passing-on.ts'
import { gossipBytesMax } from '../../aggregator/messages/codec.ts'
import { onFrame } from '../../node/gossip/arriving-frames.ts'
import { costOf, type FrameCost } from '../../node/gossip/frame-cost.ts'
import { frameAllowanceFor } from '../../node/gossip/frame-limiter.ts'
import { Gossip } from '../../node/gossip/gossip.ts'
import { createHost, type Host, startHost } from '../../node/gossip/host.ts'
import { Limiter, limiterOptionsFor } from '../../node/gossip/limiter.ts'
import { rosterOf } from '../../node/gossip/roster.ts'
import { channelsOf, type TopicName } from '../../node/gossip/topics.ts'
import { Later } from '../../node/later.ts'

export type Peak = Record<keyof FrameCost, number>

/** What one peer has used of its burst at a member; it drains as the allowance refills. */
interface Account {
  readonly used: Peak
  sinceMs: number
}

const LISTEN = ['/ip4/127.0.0.1/tcp/0']
const nowMs = () => performance.now()

function keyOf(index: number): Uint8Array {
  return createHash('sha256').update(`honest member ${index}`).digest()
}

/** Gossip as a node runs it, which keeps the most that any peer used of its allowance. */
export class HonestMember {
  readonly index: number
  readonly #committee: Committee
  readonly #allowance: ReturnType<typeof frameAllowanceFor>
  readonly #accounts = new Map<string, Account>()
  #running: { readonly host: Host; readonly gossip: Gossip; readonly later: Later } | null = null
  #peak: Peak = { items: 0, ids: 0 }
  #refused = 0

  constructor(index: number, committee: Committee) {
    this.index = index
    this.#committee = committee
    this.#allowance = frameAllowanceFor({ members: committee.size, roundMs: this.roundMs })
  }

  get roundMs(): number {
    return this.#committee.params.timing.roundMs
  }

  addresses(): readonly string[] {
    return this.#running?.host.getMultiaddrs().map(String) ?? []
  }

  /** Starts and connects to all that run. */
  async start(others: readonly HonestMember[]): Promise<void> {
    const committee = this.#committee
    const channels = channelsOf(committee.digest)
    const roster = rosterOf(
      Array.from({ length: committee.size }, (_, each) => ({
        identityKey: secp256k1.getPublicKey(keyOf(each), true),
        addresses: ['/ip4/127.0.0.1/tcp/1'],
      })),
    )
    const bytes = { messageBytesMax: gossipBytesMax(committee) }
    const host = await createHost(
      { identity: keyOf(this.index), listen: LISTEN, roster, channels, ...bytes },
      { isBanned: () => false, onSecond: () => undefined, nowMs },
    )
    const size = { members: committee.size, roundMs: this.roundMs }
    const later = new Later({ heldForMs: () => heldForMs(committee, this.index, Date.now()) })
    const gossip = new Gossip(
      { roster, channels, roundMs: this.roundMs, ...bytes },
      {
        host,
        limiter: new Limiter(limiterOptionsFor(size), { nowMs }),
        nowMs,
        onMessage: () => ({ verdict: 'accept', code: 'ACCEPTED' }),
        cut: () => {
          this.#refused += 1
        },
        later: later.do,
        onFault: (error) => {
          throw error
        },
      },
    )
    onFrame(host, (peer, frame) => {
      this.#note(peer, frame)
      return 'pass'
    })
    await startHost(host, LISTEN)
    this.#running = { host, gossip, later }
    gossip.subscribe()
    for (const address of others.flatMap((each) => (each === this ? [] : each.addresses()))) {
      // Of two that come back at once, one may still be on its way; the later one dials it.
      await host.dial(multiaddr(address)).catch(() => undefined)
    }
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = null
    await running?.later.stop()
    await running?.host.stop()
  }

  publish(topic: TopicName, bytes: Uint8Array): void {
    void this.#running?.gossip.publish(topic, bytes)
  }

  /** Hears nothing from now on: what the others say waits in their links. */
  holdBack(): void {
    for (const stream of this.#arriving()) stream.pause()
  }

  letGo(): void {
    for (const stream of this.#arriving()) stream.resume()
  }

  forget(): void {
    this.#peak = { items: 0, ids: 0 }
    this.#refused = 0
  }

  seen(): { readonly peak: Peak; readonly refused: number } {
    const judged = this.#running?.gossip.counters().judged ?? new Map<string, number>()
    const bad = [...judged].filter(([verdict]) => verdict !== 'accept:ACCEPTED')
    const dropped = bad.reduce((sum, [, count]) => sum + count, 0)
    return { peak: { ...this.#peak }, refused: this.#refused + dropped }
  }

  #arriving() {
    const connections = this.#running?.host.getConnections() ?? []
    const streams = connections.flatMap((connection) => connection.streams)
    return streams.filter(
      ({ protocol, direction }) => protocol.startsWith('/meshsub/') && direction === 'inbound',
    )
  }

  #note(peer: PeerId, frame: Uint8Array): void {
    const cost = costOf(frame)
    const now = nowMs()
    const account = this.#accounts.get(peer.toString()) ?? {
      used: { items: 0, ids: 0 },
      sinceMs: now,
    }
    this.#accounts.set(peer.toString(), account)
    for (const kind of ['items', 'ids'] as const) {
      const drained = ((now - account.sinceMs) * this.#allowance[kind].perSecond) / 1_000
      account.used[kind] = Math.max(0, account.used[kind] - drained) + cost[kind]
      this.#peak[kind] = Math.max(this.#peak[kind], account.used[kind])
    }
    account.sinceMs = now
  }
}

import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { costOf } from '../../node/gossip/frame-cost.ts'
import { frameAllowanceFor } from '../../node/gossip/frame-limiter.ts'
import { Gossip } from '../../node/gossip/gossip.ts'
import { createHost, type Host, startHost } from '../../node/gossip/host.ts'
import { Limiter, limiterOptionsFor } from '../../node/gossip/limiter.ts'
import { rosterOf } from '../../node/gossip/roster.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import { type RpcParts, rpcBody, rpcFrame } from '../attack/rpc.ts'
import {
  addressOf,
  DIGEST,
  keyOf,
  type Member,
  publicKeyOf,
  startMember,
  stopAll,
  text,
} from './gossip-support.ts'
import { Watch } from './gossip-watch.ts'

const TOPIC = channelsOf(DIGEST).topics.protocol
const ALLOWANCE = frameAllowanceFor({ members: 4, roundMs: 500 })

let members: Member[] = []
let insiders: Libp2p[] = []
afterEach(async () => {
  await Promise.all(insiders.map((insider) => insider.stop()))
  await stopAll(members)
  members = []
  insiders = []
})

/** One honest member of four; time stands still for it, so that no machine refills an allowance. */
async function startVictim(): Promise<Member> {
  const victim = await startMember({ index: 1, size: 4, addresses: new Map(), nowMs: () => 1_000 })
  members.push(victim)
  return victim
}

/** Member 0's own key in the hands of somebody who writes frames by hand. */
async function openStream(victim: Member) {
  const insider = await createLibp2p({
    privateKey: privateKeyFromRaw(keyOf('0')),
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  insiders.push(insider)
  const connection = await insider.dial(multiaddr(addressOf(victim)))
  return await connection.newStream('/meshsub/1.2.0')
}

const bans = ({ changes }: Member) => changes.filter(({ change }) => change === 'banned')
const surplusOf = ({ network }: Member) =>
  network.counters().judged.get('ignore:FRAME_SURPLUS') ?? 0

/** Sends one frame again and again until the victim hangs up. */
async function flood(victim: Member, frame: Uint8Array): Promise<void> {
  const stream = await openStream(victim)
  while (stream.status === 'open' && bans(victim).length === 0) {
    if (!stream.send(frame)) await new Promise((resolve) => setImmediate(resolve))
  }
  await victim.watch.until(() => bans(victim).length > 0)
}

describe('a member that floods what gossipsub answers by itself (ADR 0105)', () => {
  const sixteen = <T>(make: (nth: number) => T) => Array.from({ length: 16 }, (_, nth) => make(nth))
  const ids = sixteen((nth) => new Uint8Array(32).fill(nth))
  const kinds: readonly (readonly [string, Omit<RpcParts, 'topic'>, 'items' | 'ids'])[] = [
    ['copies of one message', { messages: sixteen(() => text('valid once')) }, 'items'],
    ['messages above the number of a frame', { messages: ids.flatMap(() => ids) }, 'items'],
    ['ids that it tells of', { have: ids }, 'ids'],
    ['ids that it asks for', { want: ids }, 'ids'],
    ['ids that it does not want', { unwanted: ids }, 'ids'],
    ['grafts', { grafts: 16 }, 'items'],
    ['prunes', { prunes: 16 }, 'items'],
    ['subscriptions', { subscribe: sixteen((nth) => `topic ${nth}`) }, 'items'],
    ['frames that hold nothing', {}, 'items'],
  ]

  it.each(kinds)('is banned for %s after a bounded number of frames', async (_, parts, account) => {
    const victim = await startVictim()
    const rpc = { topic: TOPIC, ...parts }
    const { surplusMax } = ALLOWANCE[account]
    const cost = costOf(rpcBody(rpc))[account]
    await flood(victim, rpcFrame(rpc))
    expect(bans(victim)).toEqual([{ member: 0, change: 'banned', because: 'flood' }])
    expect(surplusOf(victim)).toBe(Math.ceil(surplusMax / cost))
    expect(victim.faults).toEqual([])
  })
})

/** Of gossipsub's own books, what a test turns by hand. */
interface Books {
  readonly status: { readonly heartbeatTimeout?: NodeJS.Timeout }
  readonly backoff: Map<string, Map<string, number>>
  readonly heartbeat: () => Promise<void>
}

const booksOf = (host: Host) => host.services.pubsub as unknown as Books

function untilSubscribed({ services: { pubsub } }: Host): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (pubsub.getSubscribers(TOPIC).length > 0) resolve()
    }
    pubsub.addEventListener('subscription-change', check)
    check()
  })
}

describe('a committee of 31 members', () => {
  const size = 31
  const roundMs = 500
  /** About what such a committee needs for evidence, its largest message. */
  const messageBytesMax = 20_000
  const channels = channelsOf(DIGEST)

  /** Gossip of one member, without anything that dials or mends. */
  async function startGossip(index: number, addresses: readonly string[]) {
    const watch = new Watch()
    const seen = { accepted: [] as string[], cut: [] as MemberIndex[] }
    const roster = rosterOf(
      Array.from({ length: size }, (_, each) => ({
        identityKey: publicKeyOf(keyOf(String(each))),
        addresses: [],
      })),
    )
    const nowMs = () => performance.now()
    const listen = ['/ip4/127.0.0.1/tcp/0']
    const host = await createHost(
      { identity: keyOf(String(index)), listen, roster, channels, messageBytesMax },
      { isBanned: () => false, onSecond: () => undefined, nowMs },
    )
    const gossip = new Gossip(
      { roster, channels, messageBytesMax, roundMs },
      {
        host,
        limiter: new Limiter(limiterOptionsFor({ members: size, roundMs }), { nowMs }),
        nowMs,
        onMessage: ({ bytes }) => {
          seen.accepted.push(Buffer.from(bytes).toString('latin1').trim())
          watch.notify()
          return { verdict: 'accept', code: 'ACCEPTED' }
        },
        cut: (member) => seen.cut.push(member),
        onFault: (error) => {
          throw error
        },
      },
    )
    await startHost(host, listen)
    insiders.push(host)
    for (const address of addresses) await host.dial(multiaddr(address))
    return { host, gossip, watch, ...seen }
  }

  it('hears by repairs alone what all said before, in frames within the limits', async () => {
    // Eight rounds fit into what is told in one heartbeat: an observation and a share of everybody.
    const said = Array.from({ length: 8 * 2 * size }, (_, nth) => `valid ${nth}`)
    const near = await startGossip(30, [])
    clearTimeout(booksOf(near.host).status.heartbeatTimeout)
    const far = await startGossip(0, near.host.getMultiaddrs().map(String))
    // Not in each other's mesh, as most of 31 are not.
    const outside = new Map([[far.host.peerId.toString(), Number.MAX_SAFE_INTEGER]])
    booksOf(near.host).backoff.set(TOPIC, outside)
    near.gossip.subscribe()
    for (const words of said) await near.gossip.publish('protocol', text(words.padEnd(800)))
    far.gossip.subscribe()
    await Promise.all([near, far].map(({ host }) => untilSubscribed(host)))

    await booksOf(near.host).heartbeat()
    await far.watch.until(() => far.accepted.length === said.length)
    expect(far.accepted.toSorted()).toEqual(said.toSorted())
    const refused = [near, far].flatMap(({ gossip }) => [...gossip.counters().judged.keys()])
    expect(refused).toEqual(['accept:ACCEPTED'])
    expect([...near.cut, ...far.cut]).toEqual([])
    // Each is in the other's mesh of reports: a graft that writes to a store makes floods costly.
    const { tags } = await near.host.peerStore.get(far.host.peerId)
    expect([...tags.keys()]).toEqual([])
  })
})

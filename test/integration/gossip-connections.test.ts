import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { createHost } from '../../node/gossip/host.ts'
import { rosterOf } from '../../node/gossip/roster.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import {
  addressOf,
  DIGEST,
  keyOf,
  type Member,
  publicKeyOf,
  startMember,
  text,
  untilListening,
} from './gossip-support.ts'

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(ends.map((end) => end()))
  ends = []
})

async function start(index: number, addresses: ReadonlyMap<number, string>): Promise<Member> {
  const member = await startMember({ index, size: 2, addresses })
  ends.push(() => member.network.stop())
  return member
}

/** A process with the key of member 0 that calls back, and is answered, before it lets in. */
async function startCallingBack(addressOfCaller: () => string): Promise<Libp2p> {
  const host: Libp2p = await createLibp2p({
    privateKey: privateKeyFromRaw(keyOf('0')),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundConnection: async () => {
        await host.dial(multiaddr(addressOfCaller()))
        return false
      },
    },
    connectionMonitor: { enabled: false },
  })
  ends.push(async () => void (await host.stop()))
  return host
}

const isGossip = ({ protocol }: { readonly protocol: string }) => protocol.startsWith('/meshsub/')

describe('connections of two members', () => {
  it('made at once: the one that the smaller index dialled is left', async () => {
    let caller: Member | null = null
    const smaller = await startCallingBack(() => (caller === null ? '' : addressOf(caller)))
    const address = smaller.getMultiaddrs()[0]?.toString() ?? ''
    const ended = new Promise<Connection>((resolve) => {
      smaller.addEventListener('connection:close', ({ detail }) => resolve(detail), { once: true })
    })
    caller = await start(1, new Map([[0, address]]))
    expect((await ended).direction).toBe('inbound')
    expect(smaller.getConnections().map(({ direction }) => direction)).toEqual(['outbound'])
  })

  it('that stay are given a gossip stream anew when theirs is gone', async () => {
    const first = await start(0, new Map())
    const second = await createHost(
      {
        identity: keyOf('1'),
        listen: [],
        roster: rosterOf(
          ['0', '1'].map((name) => ({ identityKey: publicKeyOf(keyOf(name)), addresses: [] })),
        ),
        channels: channelsOf(DIGEST),
        messageBytesMax: 65_536,
      },
      { isBanned: () => false, onSecond: () => undefined, nowMs: () => performance.now() },
    )
    ends.push(async () => void (await second.stop()))
    await second.start()
    second.services.pubsub.subscribe(channelsOf(DIGEST).topics.protocol)
    const heard = new Promise<string>((resolve) => {
      second.services.pubsub.addEventListener('message', ({ detail }) =>
        resolve(Buffer.from(detail.data).toString()),
      )
    })
    const publish = (count: number) =>
      first.network.publish('protocol', text(`valid words ${count}`))
    const connection = await second.dial(multiaddr(addressOf(first)))
    await untilListening(first, 1)
    const incoming = () =>
      connection.streams.find((each) => each.direction === 'inbound' && isGossip(each))
    const lost = incoming()
    lost?.abort(new Error('gone with the connection it was asked for'))
    const isRenewed = () => incoming() !== undefined && incoming() !== lost
    while (!isRenewed() && connection.status === 'open') await new Promise(setImmediate)
    expect([lost !== undefined, connection.status]).toEqual([true, 'open'])
    // The stream is open here a moment before it is in the books over there.
    for (let count = 0; (await publish(count)) === 0; count++) await new Promise(setImmediate)
    expect(await heard).toMatch(/^valid words/)
  })
})

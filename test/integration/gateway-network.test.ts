import { connect, type Socket } from 'node:net'
import { setTimeout as pauseFor } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { roundAt } from '../../aggregator/committee/committee.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { certificateJudge } from '../../node/gateway/judge.ts'
import { PublicPort } from '../../node/gateway/public-port.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { PublicNetwork } from '../../node/gossip/public-network.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { type RpcParts, rpcFrame } from '../attack/rpc.ts'
import { certifier, valuesAt } from '../support/certificates.ts'
import { Detour, Stranger } from '../support/stranger.ts'
import { Watch } from './gossip-watch.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const committee = certifier({ genesisMs: Date.now() - 3_600_000 })
const { digest, params } = committee.context.committee
const now = () => roundAt(committee.context.committee, Date.now())
const certified = (round: number) => committee.certify(round, valuesAt(round, 1))

type Stop = () => Promise<unknown>

/** What each test started; stopped in reverse. */
const stops: Stop[] = []
const stopAll = async (started: Stop[]) => {
  for (const stop of started.splice(0).toReversed()) await stop()
}
afterEach(() => stopAll(stops))

/** A follower that keeps what it accepted. */
async function startFollower(bootstrap: readonly string[], listen: readonly string[] = []) {
  const watch = new Watch()
  const shelf = new Shelf({ certificatesMax: 64 })
  const network = await PublicNetwork.create(
    {
      committeeDigest: digest,
      roundMs: params.timing.roundMs,
      listen,
      bootstrap,
      peersMax: 8,
      messageBytesMax: messageBytesMax(committee.context.committee, 'certificate'),
    },
    {
      onMessage: certificateJudge({
        context: committee.context,
        nowMs: () => Date.now(),
        onCertificate: (certificate) => {
          shelf.add(certificate)
          watch.notify()
        },
      }),
      onPeers: () => watch.notify(),
      onFault: (error) => {
        throw error
      },
      nowMs: () => performance.now(),
      chance: () => 0,
    },
  )
  stops.push(() => network.stop())
  await network.start()
  return { network, shelf, watch, address: network.listenAddresses()[0] ?? '' }
}

/** A member's public port in its own thread. */
async function startPort(peersMax = 8) {
  const watch = new Watch()
  const seen = [0]
  const port = new PublicPort(
    { committee: committee.file, version: '0.0.0', listen: [LOOPBACK], peersMax },
    {
      log: SILENT_LOG,
      onPeers: (connected) => {
        seen.push(connected)
        watch.notify()
      },
    },
  )
  stops.push(() => port.stop())
  await port.start(new AbortController().signal)
  const untilPeers = (wanted: number) => watch.until(() => seen.at(-1) === wanted)
  return { port, address: port.addresses[0] ?? '', untilPeers, seen }
}

/** Publishes newer and newer rounds until the follower has one: a mesh has no other signal. */
async function publishUntilHeard(
  publish: (bytes: Uint8Array) => unknown,
  shelf: Shelf,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  shelf.follow(({ message }) => resolve(message.round))
  let round = Math.max(now() - 100, (shelf.latest()?.message.round ?? 0) + 1)
  // Slower than the limiter allows, so that it never matters how long a mesh takes to form.
  const timer = setInterval(() => publish(certified(round++).bytes), 150)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}

/** A peer without manners that was let in, from another address of loopback. */
async function startStranger(address: string, from?: string) {
  const detour = await Detour.to(address, from)
  stops.push(async () => detour.close())
  const stranger = await Stranger.start(digest)
  stops.push(() => stranger.stop())
  const { closed } = await stranger.meet(detour.address)
  return { say: (bytes: Uint8Array) => stranger.say(bytes), closed, host: stranger.host }
}

test('a certificate goes from a member over a gateway to a gateway behind it', async () => {
  const { port, address } = await startPort()
  const first = await startFollower([address], [LOOPBACK])
  const second = await startFollower([first.address])
  const said: Uint8Array[] = []
  const round = await publishUntilHeard((bytes) => {
    said.push(bytes)
    port.publish(bytes)
  }, second.shelf)
  expect(said).toContainEqual(second.shelf.of(round)?.bytes)
  expect(first.shelf.of(round)?.bytes).toEqual(second.shelf.of(round)?.bytes)
  // Nothing of what honest peers send each other is beyond an allowance.
  const { dropped, cut } = first.network.counters()
  expect({ dropped, cut }).toEqual({ dropped: 0, cut: 0 })
})

test('other peers are followed from now on, and those that stay are not reconnected', async () => {
  const [first, second] = [await startPort(), await startPort()]
  const { network } = await startFollower([first.address])
  await first.untilPeers(1)
  network.setPeers({ bootstrap: [first.address, second.address], peersMax: 8 })
  await second.untilPeers(1)
  expect(first.seen).toEqual([0, 1])
  network.setPeers({ bootstrap: [second.address], peersMax: 8 })
  await first.untilPeers(0)
  expect([first.seen, second.seen]).toEqual([
    [0, 1, 0],
    [0, 1],
  ])
})

test('a smaller number of strangers keeps those who are here, a larger one lets in more', async () => {
  const { network, address, watch } = await startFollower([], [LOOPBACK])
  const early = await startFollower([address])
  await watch.until(() => network.peers() === 1)
  network.setPeers({ bootstrap: [], peersMax: 1 })
  await expect(startStranger(address)).rejects.toThrow()
  expect([network.peers(), early.network.peers()]).toEqual([1, 1])
  network.setPeers({ bootstrap: [], peersMax: 2 })
  await startStranger(address)
  expect(early.network.peers()).toBe(1)
})

test('a stranger who sends forged certificates is cut after a few, and others stay', async () => {
  const { port, address } = await startPort()
  const follower = await startFollower([address])
  await publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
  const stranger = await startStranger(address)
  for (let count = 0; count < 50; count++) {
    const forged = Uint8Array.from(certified(now() - 50).bytes)
    forged[forged.length - 1] = count
    await stranger.say(forged)
  }
  await stranger.closed
  expect(follower.network.peers()).toBe(1)
  const before = follower.shelf.latest()?.message.round ?? 0
  const round = await publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
  expect(round).toBeGreaterThan(before)
  // Its address is banned for a minute: it does not get past the first packet again.
  await expect(startStranger(address)).rejects.toThrow()
})

test('a certificate that a stranger brings first reaches the followers all the same', async () => {
  const { port, address } = await startPort()
  const follower = await startFollower([address])
  await publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
  const stranger = await startStranger(address)
  const certificate = certified(now())
  // gossipsub publishes nothing twice: had the port ignored this copy, the member's own would die.
  await stranger.say(certificate.bytes)
  await follower.watch.until(() => follower.shelf.of(certificate.message.round) !== null)
  port.publish(certificate.bytes)
  expect(follower.shelf.latest()?.bytes).toEqual(certificate.bytes)
})

test('600 half-open sockets of 50 hosts do not keep a follower out', async () => {
  const { port, address } = await startPort()
  const { port: tcpPort } = new URL(address.replace(/^.*tcp\/(\d+).*$/, 'tcp://host:$1'))
  const open = new Set<Socket>()
  const attack = { goesOn: true }
  const hold = (host: number): Promise<unknown> => {
    const localAddress = `127.0.1.${host}`
    const socket = connect({ host: '127.0.0.1', port: Number(tcpPort), localAddress })
    open.add(socket)
    socket.on('error', () => undefined)
    // Each place that is given back is taken again.
    socket.on('close', () => {
      open.delete(socket)
      if (attack.goesOn) setTimeout(() => attack.goesOn && hold(host), 100)
    })
    return new Promise((resolve) => {
      for (const event of ['connect', 'close']) socket.once(event, resolve)
    })
  }
  stops.push(async () => {
    attack.goesOn = false
    for (const socket of open) socket.destroy()
  })
  await Promise.all(Array.from({ length: 600 }, (_, index) => hold(1 + (index % 50))))
  const follower = await startFollower([address])
  const heard = publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
  // Half-open sockets end after two seconds, and others take their places: without limits for each
  // host the follower was out for as long as anybody waited.
  const outcome = await Promise.race([heard, pauseFor(60_000).then(() => 'kept out')])
  expect(outcome).toEqual(expect.any(Number))
})

test('a stranger who repeats old rounds without end is cut, too', async () => {
  const { port, address } = await startPort()
  const follower = await startFollower([address])
  await publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
  const stranger = await startStranger(address)
  const old = certified(now() - 1_000).bytes
  const isCut = { yet: false }
  void stranger.closed.then(() => {
    isCut.yet = true
  })
  for (let count = 0; count < 2_000 && !isCut.yet; count++) {
    const copy = Uint8Array.from(old)
    new DataView(copy.buffer).setUint32(copy.length - 4, count)
    await stranger.say(copy)
  }
  await stranger.closed
  expect(follower.network.peers()).toBe(1)
})

const sixteen = Array.from({ length: 16 }, (_, nth) => new Uint8Array(32).fill(nth))
const floods: readonly (readonly [string, Omit<RpcParts, 'topic'>])[] = [
  ['frames that hold nothing', {}],
  ['prunes', { prunes: 16 }],
  ['grafts', { grafts: 16 }],
  ['subscriptions', { subscribe: sixteen.map((_, nth) => `topic ${nth}`) }],
  ['ids that it asks for', { want: sixteen }],
  ['ids that it tells of', { have: sixteen }],
]

/** One port and one follower for all: each flood comes from a host of its own, banned with it. */
describe('a stranger who floods', () => {
  const kept: Stop[] = []
  let port: PublicPort
  let address: string
  let follower: Awaited<ReturnType<typeof startFollower>>
  beforeAll(async () => {
    ;({ port, address } = await startPort())
    follower = await startFollower([address])
    await publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
    kept.push(...stops.splice(0))
  })
  afterAll(() => stopAll(kept))

  test.each(floods.map((flood, nth) => [...flood, `127.0.2.${1 + nth}`] as const))(
    '%s is cut, and others stay',
    async (_, parts, from) => {
      const stranger = await startStranger(address, from)
      const isCut = { yet: false }
      void stranger.closed.then(() => {
        isCut.yet = true
      })
      const topic = channelsOf(digest).topics.reports
      const stream = await stranger.host.getConnections()[0]?.newStream('/meshsub/1.2.0')
      const frame = rpcFrame({ topic, ...parts })
      // Far more than any allowance, so that a port which does not count ends the loop, too.
      for (let sent = 0; sent < 40_000 && !isCut.yet && stream?.status === 'open'; sent++) {
        if (!stream.send(frame)) await new Promise((resolve) => setImmediate(resolve))
      }
      await stranger.closed
      const before = follower.shelf.latest()?.message.round ?? 0
      const round = await publishUntilHeard((bytes) => port.publish(bytes), follower.shelf)
      expect(round).toBeGreaterThan(before)
      // Banned like any other flood, not only hung up on.
      await expect(startStranger(address, from)).rejects.toThrow()
    },
  )
})

test('the protocol topic cannot be spoken of on the public port', async () => {
  const { address, untilPeers } = await startPort()
  const { host } = await startStranger(address)
  await untilPeers(1)
  const { protocol, reports } = channelsOf(digest).topics
  host.services.pubsub.subscribe(protocol)
  const remote = host.getPeers().map(String)
  expect(host.services.pubsub.getSubscribers(reports).map(String)).toEqual(remote)
  expect(host.services.pubsub.getSubscribers(protocol)).toEqual([])
  const connection = host.getConnections()[0]
  await expect(connection?.newStream(channelsOf(digest).sync)).rejects.toThrow()
})

test('strangers beyond the limit are refused and those who are here stay', async () => {
  const { address, untilPeers } = await startPort(2)
  const followers = [await startFollower([address]), await startFollower([address])]
  await untilPeers(2)
  const late = await startStranger(address).catch(() => null)
  expect(late).toBeNull()
  expect(followers.map(({ network }) => network.peers())).toEqual([1, 1])
})

test('a port that cannot be listened on is a coded error', async () => {
  const { address } = await startPort()
  const port = new PublicPort(
    {
      ...{ committee: committee.file, version: '0.0.0', peersMax: 2 },
      listen: [address.replace(/\/p2p.*/, '')],
    },
    { log: SILENT_LOG, onPeers: () => undefined },
  )
  await expect(port.start(new AbortController().signal)).rejects.toMatchObject({
    code: 'PUBLIC_PORT_FAILED',
  })
})

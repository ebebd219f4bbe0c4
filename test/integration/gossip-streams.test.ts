import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { mendGossipStreams } from '../../node/gossip/gossip-streams.ts'
import { createHost, type Host } from '../../node/gossip/host.ts'
import { rosterOf } from '../../node/gossip/roster.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import { DIGEST, keyOf, publicKeyOf, text } from './gossip-support.ts'
import { Watch } from './gossip-watch.ts'

const channels = channelsOf(DIGEST)
const TOPIC = channels.topics.protocol

let hosts: Host[] = []
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.stop()))
  hosts = []
})

async function start(index: number): Promise<Host> {
  const entryOf = (each: number) => ({
    identityKey: publicKeyOf(keyOf(String(each))),
    addresses: ['/ip4/127.0.0.1/tcp/1'],
  })
  const host = await createHost(
    {
      identity: keyOf(String(index)),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      roster: rosterOf([0, 1].map(entryOf)),
      channels,
      messageBytesMax: 65_536,
    },
    { isBanned: () => false, onSecond: () => undefined, nowMs: () => performance.now() },
  )
  await host.start()
  host.services.pubsub.subscribe(TOPIC)
  hosts.push(host)
  return host
}

/** Two members that hear each other, and what the second hears. */
async function connected() {
  const [one, other] = [await start(0), await start(1)]
  const watch = new Watch()
  const heard: string[] = []
  for (const host of [one, other]) {
    host.services.pubsub.addEventListener('subscription-change', () => watch.notify())
  }
  other.services.pubsub.addEventListener('message', ({ detail }) => {
    heard.push(Buffer.from(detail.data).toString())
    watch.notify()
  })
  await one.dial(multiaddr(other.getMultiaddrs()[0]?.toString()))
  const listeners = () =>
    [one, other].map((host) => host.services.pubsub.getSubscribers(TOPIC).length)
  await watch.until(() => listeners().every((count) => count === 1))
  const say = (words: string) => one.services.pubsub.publish(TOPIC, text(words))
  const untilHeard = (words: string) => watch.until(() => heard.includes(words))
  return { one, other, say, untilHeard }
}

interface Books {
  readonly streamsOutbound: Map<string, { readonly rawStream: { abort(error: Error): void } }>
}

describe('the gossip stream of a connection that stays', () => {
  it.each([
    ['is gone', false],
    ['is dead and still in the books', true],
  ])('is made anew when it %s', async (_, isInBooks) => {
    const { one, other, say, untilHeard } = await connected()
    await say('before')
    await untilHeard('before')
    const { streamsOutbound } = one.services.pubsub as unknown as Books
    const id = other.peerId.toString()
    const stream = streamsOutbound.get(id)
    if (stream === undefined) throw new Error('a member that was heard has a stream')
    stream.rawStream.abort(new Error('the end of the connection it was asked for'))
    if (isInBooks) streamsOutbound.set(id, stream)
    expect(one.getConnections()).toHaveLength(1)
    expect(streamsOutbound.has(id)).toBe(isInBooks)

    mendGossipStreams(one)
    await untilStream(streamsOutbound, id, stream)
    await say('after')
    await untilHeard('after')
  })

  it('is left alone while it lives', async () => {
    const { one, other } = await connected()
    const { streamsOutbound } = one.services.pubsub as unknown as Books
    const stream = streamsOutbound.get(other.peerId.toString())
    mendGossipStreams(one)
    expect(streamsOutbound.get(other.peerId.toString())).toBe(stream)
  })
})

/** Looks after every turn of the loop whether another stream stands in the books. */
async function untilStream(
  streams: Books['streamsOutbound'],
  id: string,
  dead: unknown,
): Promise<void> {
  while (!streams.has(id) || streams.get(id) === dead) await new Promise(setImmediate)
}

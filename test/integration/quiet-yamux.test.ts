import { noise } from '@chainsafe/libp2p-noise'
import type { Connection, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { quietYamux } from '../../node/gossip/quiet-yamux.ts'

const PROTOCOL = '/parallax/test/1'
const WINDOW_BYTES = 262_144

let hosts: Libp2p[] = []
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.stop()))
  hosts = []
})

interface Frames {
  data: number
  updates: number
}

interface FrameSender {
  sendFrame: (header: { readonly type: number }, data?: unknown) => boolean
}

/** Data frames are of type 0, window updates of type 1. */
function countFrames(muxer: FrameSender, frames: Frames): void {
  const send = muxer.sendFrame.bind(muxer)
  muxer.sendFrame = (header, data) => {
    if (header.type === 0) frames.data += 1
    if (header.type === 1) frames.updates += 1
    return send(header, data)
  }
}

/** A host that counts the frames its streams send. */
async function startHost(): Promise<{ readonly host: Libp2p; readonly frames: Frames }> {
  const frames = { data: 0, updates: 0 }
  const make = quietYamux({})
  const counting = () => {
    const factory = make()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection)
      countFrames(muxer as unknown as FrameSender, frames)
      return muxer
    }
    return factory
  }
  const host = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [counting],
    connectionMonitor: { enabled: false },
  })
  hosts.push(host)
  return { host, frames }
}

/** Two hosts and a stream of each direction between them. */
async function connected() {
  const [one, other] = [await startHost(), await startHost()]
  const { promise: accepted, resolve } = Promise.withResolvers<Stream>()
  await other.host.handle(PROTOCOL, (stream: Stream, _connection: Connection) => resolve(stream))
  const [address] = other.host.getMultiaddrs()
  if (address === undefined) throw new Error('a host listens')
  const outgoing = await one.host.dialProtocol(address, PROTOCOL)
  return { one, other, outgoing, incoming: await accepted }
}

async function take(stream: Stream, bytesMin: number, onChunk: () => void = () => undefined) {
  let taken = 0
  for await (const chunk of stream) {
    taken += chunk.byteLength
    onChunk()
    if (taken >= bytesMin) return taken
  }
  return taken
}

describe('windows given back by halves (ADR 0082)', () => {
  it('small messages are not answered one by one', async () => {
    const { other, outgoing, incoming } = await connected()
    const before = other.frames.updates
    const reading = take(incoming, 100 * 300)
    for (let count = 0; count < 100; count++) outgoing.send(new Uint8Array(300))
    expect(await reading).toBe(30_000)
    expect(other.frames.updates).toBe(before)
  })

  it('a stream goes on far beyond its window, both ways', async () => {
    const { one, other, outgoing, incoming } = await connected()
    const whole = 8 * WINDOW_BYTES
    const send = async (stream: Stream) => {
      for (let sent = 0; sent < whole; sent += 16_384) {
        if (!stream.send(new Uint8Array(16_384))) await stream.onDrain()
      }
    }
    const [there, back] = await Promise.all([
      take(incoming, whole),
      take(outgoing, whole),
      send(outgoing),
      send(incoming),
    ])
    expect([there, back]).toEqual([whole, whole])
    for (const { frames } of [one, other]) {
      expect(frames.updates).toBeGreaterThan(1)
      expect(frames.updates).toBeLessThan(frames.data / 2)
    }
  })
})

import { Socket } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import type { Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { quietYamux } from '../../node/gossip/quiet-yamux.ts'
import { wholeWrites } from '../../node/gossip/whole-writes.ts'

const PROTOCOL = '/parallax/test/1'
const NOISE_HEAD_AND_TAG_BYTES = 18
const FRAME_HEAD_BYTES = 12

let hosts: Libp2p[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(hosts.map((host) => host.stop()))
  hosts = []
})

async function startHost(): Promise<Libp2p> {
  const host = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [wholeWrites(noise())],
    streamMuxers: [quietYamux({})],
    connectionMonitor: { enabled: false },
  })
  hosts.push(host)
  return host
}

async function connected() {
  const [one, other] = [await startHost(), await startHost()]
  const { promise: accepted, resolve } = Promise.withResolvers<Stream>()
  await other.handle(PROTOCOL, (stream: Stream) => resolve(stream))
  const [address] = other.getMultiaddrs()
  if (address === undefined) throw new Error('a host listens')
  const outgoing = await one.dialProtocol(address, PROTOCOL)
  return { outgoing, incoming: await accepted }
}

async function take(stream: Stream, bytes: number): Promise<number[]> {
  const taken: number[] = []
  for await (const chunk of stream) {
    taken.push(...chunk.subarray())
    if (taken.length >= bytes) break
  }
  return taken
}

describe('writes to sockets (ADR 0090)', () => {
  it('messages of one turn are one write, of one encryption, and arrive in order', async () => {
    const { outgoing, incoming } = await connected()
    // Until both ends have settled what goes with the first messages of a stream.
    outgoing.send(new Uint8Array(1))
    await take(incoming, 1)
    const write = vi.spyOn(Socket.prototype, 'write')
    for (const mark of [1, 2, 3]) outgoing.send(new Uint8Array(100).fill(mark))
    const arrived = await take(incoming, 300)
    expect([arrived[0], arrived[100], arrived[200]]).toEqual([1, 2, 3])
    const lengths = write.mock.calls.map(([bytes]) => bytes.length)
    expect(lengths).toEqual([NOISE_HEAD_AND_TAG_BYTES + 3 * (FRAME_HEAD_BYTES + 100)])
  })
})

import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Host } from '../../node/gossip/host.ts'
import { createPublicHost } from '../../node/gossip/public-host.ts'
import { channelsOf } from '../../node/gossip/topics.ts'

/** Where strangers come from: not the address of the honest followers of a test. */
const ELSEWHERE = '127.0.0.9'
/** A meeting that comes to nothing, neither heard nor cut, is a fault; a slow one is none. */
const MEETING_MS_MAX = 60_000

/** A way to a listening address of loopback on which connections come from another one. */
export class Detour {
  readonly address: string
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.address = `/ip4/127.0.0.1/tcp/${port}`
  }

  /** @param from where its connections come from */
  static async to(address: string, from = ELSEWHERE): Promise<Detour> {
    const port = Number(/tcp\/(\d+)/.exec(address)?.[1])
    const server = createServer((socket) => {
      const onward = connect({ host: '127.0.0.1', port, localAddress: from })
      socket.pipe(onward).pipe(socket)
      socket.on('error', () => undefined).on('close', () => onward.destroy())
      onward.on('error', () => undefined).on('close', () => socket.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const own = server.address()
    if (own === null || typeof own === 'string') throw new Error('no port')
    return new Detour(server, own.port)
  }

  close(): void {
    this.#server.close()
  }
}

/** A peer without manners: publishes whatever it is told to on the reports topic. */
export class Stranger {
  readonly host: Host
  readonly #topic: string

  private constructor(host: Host, topic: string) {
    this.host = host
    this.#topic = topic
  }

  static async start(committeeDigest: Uint8Array): Promise<Stranger> {
    const topic = channelsOf(committeeDigest).topics.reports
    const host = await createPublicHost(
      { listen: [], topic, messageBytesMax: 65_536, peersMax: () => 4 },
      { isBanned: () => false, nowMs: () => performance.now() },
    )
    await host.start()
    host.services.pubsub.subscribe(topic)
    return new Stranger(host, topic)
  }

  /** Resolves when it is heard; rejects when it is not let in, which shows at once. */
  async meet(address: string): Promise<{ readonly closed: Promise<void> }> {
    const signal = AbortSignal.timeout(MEETING_MS_MAX)
    const heard = once(this.host.services.pubsub, 'subscription-change', { signal })
    heard.catch(() => undefined)
    const connection = await this.host.dial(multiaddr(address), { signal })
    const closed = endOf(connection)
    await Promise.race([heard, closed.then(() => Promise.reject(new Error('cut at once')))])
    return { closed }
  }

  async say(bytes: Uint8Array): Promise<void> {
    await this.host.services.pubsub.publish(this.#topic, bytes)
  }

  async stop(): Promise<void> {
    await this.host.stop()
  }
}

function endOf(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    connection.addEventListener('close', () => resolve(), { once: true })
    if (connection.status !== 'open') resolve()
  })
}

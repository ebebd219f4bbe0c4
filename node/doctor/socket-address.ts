import { createConnection, createServer } from 'node:net'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { codeOf } from '../errors.ts'

/** A TCP address of the configuration. */
export interface SocketAddress {
  readonly host: string
  readonly port: number
  /** 4 or 6 where the address says so, else 0: whatever the name leads to. */
  readonly family: 0 | 4 | 6
}

/** The parts of a multiaddr such as `/ip4/203.0.113.5/tcp/9000`, which the schema has checked. */
export function socketAddressOf(multiaddr: string): SocketAddress {
  const [, kind = '', host = '', , port = ''] = multiaddr.split('/')
  const family = kind.endsWith('4') ? 4 : kind.endsWith('6') ? 6 : 0
  return { host, port: Number(port), family }
}

/**
 * Connects, says nothing and hangs up.
 *
 * @returns `null` when the other end took the connection, else a code, such as `ECONNREFUSED`, or
 * `ETIMEDOUT` when it did not answer in time
 */
export async function connectionFailure(
  { host, port, family }: SocketAddress,
  { timeoutMs, signal }: { readonly timeoutMs: DurationMs; readonly signal: AbortSignal },
): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = createConnection({ host, port, family })
  socket.once('connect', () => resolve(null))
  socket.on('error', (error) => resolve(codeOf(error)))
  const giveUp = () => resolve('ETIMEDOUT')
  const timer = setTimeout(giveUp, timeoutMs)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}

/** Listens for a moment. @returns null when that is possible, else a code, such as `EADDRINUSE` */
export async function listeningFailure({ host, port, family }: SocketAddress) {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const server = createServer((socket) => socket.destroy())
  server.once('error', (error) => resolve(codeOf(error)))
  // As libp2p does: an address of IPv6 is not one of IPv4, too.
  server.listen({ host, port, ipv6Only: family === 6, exclusive: true }, () => resolve(null))
  const failure = await promise
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  await closed.promise
  return failure
}

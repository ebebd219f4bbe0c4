import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createMetrics } from '../../node/api/metrics.ts'
import { ApiServer } from '../../node/api/server.ts'
import { createGatewayMetrics } from '../../node/gateway/metrics.ts'
import { GatewayServer } from '../../node/gateway/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { certifier, valuesAt } from '../support/certificates.ts'
import { FakeView } from '../unit/node/api/fake-view.ts'

const committee = certifier()
const options = {
  ...{ host: '127.0.0.1', port: 0, requestsPerMinuteMax: 1_000, streamReadersMax: 8 },
  ...{ connectionsMax: 32, connectionsPerAddressMax: 3 },
}
const shelf = new Shelf({ certificatesMax: 8 })
shelf.add(committee.certify(7, valuesAt(7, 1)))
const shared = {
  ...{ context: committee.context, certificates: shelf, epoch: () => 1, log: SILENT_LOG },
  clock: { nowMs: () => 1_790_000_000_000 },
}
const SERVERS = {
  'a gateway': () =>
    new GatewayServer(options, { ...shared, peers: () => 1, metrics: createGatewayMetrics() }),
  'a node': () =>
    new ApiServer(options, {
      ...shared,
      ...{ history: null, view: new FakeView(), metrics: createMetrics() },
    }),
}
const GREEDY = '127.0.0.1'
const MODEST = '127.0.0.2'

const GET = (path: string, ...headers: readonly string[]) =>
  [`GET ${path} HTTP/1.1`, 'host: parallax', ...headers, '', ''].join('\r\n')
const UPGRADE = GET(
  '/v1/ws',
  ...['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'],
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
)

let server: GatewayServer | ApiServer
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.stop()
})

/** Opens a connection from an address of loopback, and asks. */
async function ask(localAddress: string, request: string): Promise<Socket> {
  const port = Number(new URL(server.address ?? '').port)
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(request)
  return socket
}

/** The first line of an answer; an empty one where the connection is closed instead. */
async function statusOf(socket: Socket): Promise<string> {
  const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
  return Buffer.isBuffer(first) ? (first.toString('latin1').split('\r\n')[0] ?? '') : ''
}

describe.each(Object.entries(SERVERS))('%s', (_, build) => {
  test('serves others while one address has all the connections that it may have, streams too', async () => {
    server = build()
    await server.start()
    const asked = [GET('/healthz'), GET('/v1/stream'), UPGRADE, GET('/healthz'), UPGRADE]
    const statuses: string[] = []
    for (const request of asked) statuses.push(await statusOf(await ask(GREEDY, request)))
    expect(statuses).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200 OK',
      'HTTP/1.1 101 Switching Protocols',
      '',
      '',
    ])
    expect(await statusOf(await ask(MODEST, GET('/v1/certificates/latest')))).toBe(
      'HTTP/1.1 200 OK',
    )
    const metrics = await ask(MODEST, GET('/metrics', 'connection: close'))
    const chunks: string[] = []
    for await (const chunk of metrics) chunks.push(String(chunk))
    expect(chunks.join('')).toMatch(/_connections_refused_total\{limit="address"\} 2\n/)
  })
})

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Context } from '../../aggregator/context.ts'
import { createGatewayMetrics } from '../../node/gateway/metrics.ts'
import { GatewayServer } from '../../node/gateway/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'

/** A gateway of ours on loopback; what stands on the shelf is what it serves. */
export interface TestGateway {
  readonly url: string
  readonly shelf: Shelf
  readonly stop: () => Promise<void>
}

/** @param epoch number of the committee on contracts, as the gateway was told */
export async function startTestGateway(
  context: Context,
  nowMs: () => number,
  epoch = 1,
): Promise<TestGateway> {
  const shelf = new Shelf({ certificatesMax: 8 })
  const server = new GatewayServer(
    {
      host: '127.0.0.1',
      port: 0,
      requestsPerMinuteMax: 1_000,
      connectionsMax: 16,
      connectionsPerAddressMax: 16,
      streamReadersMax: 4,
    },
    {
      context,
      certificates: shelf,
      epoch: () => epoch,
      peers: () => 1,
      metrics: createGatewayMetrics(),
      clock: { nowMs },
      log: SILENT_LOG,
    },
  )
  await server.start()
  return { url: server.address ?? '', shelf, stop: () => server.stop() }
}

/** What answers as it likes where a server should be, on loopback. */
export interface Impostor {
  readonly url: string
  readonly stop: () => void
}

export async function startImpostor(answer: RequestListener): Promise<Impostor> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

type Answer = Parameters<RequestListener>[1]

/** Sends spaces for ever, as fast as they are taken. */
export function pour(answer: Answer): void {
  const more = () => {
    while (!answer.destroyed && answer.write(' '.repeat(65_536)));
  }
  answer.on('drain', more)
  more()
}

/** Says the same again and again, often enough to look alive, until nobody listens. */
export function drip(answer: Answer, text: string): void {
  const timer = setInterval(() => answer.write(text), 50)
  answer.on('close', () => clearInterval(timer))
}

/** Packed before any deadline runs: 16 mebibytes of spaces in 16 kilobytes. */
const BOMB = gzipSync(Buffer.alloc(16_777_216, ' '))

/** A refusal of a few bytes that unpack to many; whoever reads it all calls it a refusal. */
export function bomb(answer: Answer): void {
  answer.writeHead(503, { 'content-encoding': 'gzip' })
  answer.end(BOMB)
}

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMetrics } from '../../node/api/metrics.ts'
import { ApiServer } from '../../node/api/server.ts'
import { createGatewayMetrics } from '../../node/gateway/metrics.ts'
import { GatewayServer } from '../../node/gateway/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { createHttpApp, listenOn } from '../../node/http/http.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import { FakeView } from '../unit/node/api/fake-view.ts'

const clock = { nowMs: () => 1_790_000_000_000 }
const options = {
  ...{ host: '127.0.0.1', port: 0, requestsPerMinuteMax: 1_000, streamReadersMax: 8 },
  ...{ connectionsMax: 8, connectionsPerAddressMax: 8 },
}
const SECOND_MS = 1_000
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: parallax\r\n\r\n`

const opened: Socket[] = []

// Seconds pass when a test says so; sockets and their own timers are real.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
  for (const socket of opened.splice(0)) socket.destroy()
})

/** A connection from which nothing is read until the test does. */
async function ask(address: string, path: string): Promise<Socket> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  opened.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.pause()
  socket.write(get(path))
  return socket
}

describe('an answer larger than all buffers on its way', () => {
  const BYTES = 67_108_864
  const CHUNK_BYTES = 65_536

  /** How much comes to a reader that takes a chunk and then waits for so long. */
  async function takenEvery(waitMs: number) {
    const cut: string[] = []
    const http = createHttpApp(options, {
      ...{ clock, log: SILENT_LOG, headers: {} },
      onAnswer: () => undefined,
      onConnectionRefused: () => undefined,
      onReaderCut: (kind) => cut.push(kind),
    })
    http.app.get('/large', async (_, reply) => reply.send(Buffer.alloc(BYTES)))
    try {
      const socket = await ask(await listenOn(http.app, options), '/large')
      let bytes = 0
      while (!socket.closed && bytes < BYTES) {
        const chunk: Buffer | null = socket.read(CHUNK_BYTES) ?? socket.read()
        bytes += chunk?.length ?? 0
        vi.advanceTimersByTime(waitMs)
        await turn()
      }
      return { bytes, cut }
    } finally {
      await http.app.close()
    }
  }

  test('is cut when its reader takes a little of it every second', async () => {
    const { bytes, cut } = await takenEvery(SECOND_MS)
    expect(cut).toEqual(['answer'])
    expect(bytes).toBeLessThan(BYTES)
  })

  test('comes whole to a reader that goes on', async () => {
    const { bytes, cut } = await takenEvery(1)
    expect(cut).toEqual([])
    expect(bytes).toBeGreaterThanOrEqual(BYTES)
  })
})

const FEEDS = 255
const committee = certifier({ feeds: feedsNamed(FEEDS) })
const certified = committee.certify(1, valuesAt(1, FEEDS))
/** More than a connection and the kernel's buffers hold; nobody here looks at signatures. */
const certificates = Array.from({ length: 40 }, (_, index) => ({
  ...certified,
  message: { ...certified.message, round: index + 1 },
}))

describe.each(['a gateway', 'a node'])('%s', (kind) => {
  const shelf = new Shelf({ certificatesMax: 2 })
  const shared = {
    ...{ context: committee.context, certificates: shelf, epoch: () => 1, log: SILENT_LOG, clock },
  }
  const server =
    kind === 'a gateway'
      ? new GatewayServer(options, { ...shared, peers: () => 1, metrics: createGatewayMetrics() })
      : new ApiServer(options, {
          ...shared,
          ...{ history: null, view: new FakeView(), metrics: createMetrics() },
        })

  test('cuts a reader of a stream that takes nothing, and counts it', async () => {
    await server.start()
    try {
      const address = server.address ?? ''
      const all = Array.from({ length: FEEDS }, (_, index) => index).join()
      await ask(address, `/v1/stream?feeds=${all}`)
      const metrics = async () => {
        vi.advanceTimersByTime(SECOND_MS)
        return (await fetch(`${address}/metrics`)).text()
      }
      await vi.waitUntil(async () => /_stream_readers 1\n/.test(await metrics()))
      for (const certificate of certificates) {
        shelf.add(certificate)
        await turn()
      }
      vi.advanceTimersByTime(12 * SECOND_MS)
      const [, cut] = /_readers_cut_total\{kind="stream"\} (\d+)\n/.exec(await metrics()) ?? []
      const [, left] = /_stream_readers (\d+)\n/.exec(await metrics()) ?? []
      expect([cut, left]).toEqual(['1', '0'])
    } finally {
      await server.stop()
    }
  })
})

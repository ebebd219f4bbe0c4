import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createGatewayMetrics } from '../../node/gateway/metrics.ts'
import { GatewayServer } from '../../node/gateway/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'

const FEEDS = 255
const committee = certifier({ feeds: feedsNamed(FEEDS) })
const shelf = new Shelf({ certificatesMax: 4 })
shelf.add(committee.certify(7, valuesAt(7, FEEDS)))

let server: GatewayServer
const sockets: Socket[] = []

function build(requestsPerMinuteMax: number) {
  return new GatewayServer(
    {
      ...{ host: '127.0.0.1', port: 0, requestsPerMinuteMax, streamReadersMax: 8 },
      ...{ connectionsMax: 32, connectionsPerAddressMax: 32 },
    },
    {
      ...{ context: committee.context, certificates: shelf, epoch: () => 1, peers: () => 1 },
      ...{ metrics: createGatewayMetrics(), clock: { nowMs: () => 60_000 }, log: SILENT_LOG },
    },
  )
}

beforeEach(async () => {
  server = build(1_000)
  await server.start()
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.stop()
})

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(server.address ?? '').port), '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** All that is answered until the connection ends. */
async function answersTo(text: string): Promise<string> {
  const socket = await open()
  let answers = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    answers += chunk
  })
  socket.write(text)
  await once(socket, 'close')
  return answers
}

const statusesIn = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
const codesIn = (answers: string) =>
  [...answers.matchAll(/\{"code":"(\w+)"\}/g)].map(([, code]) => code)
const get = (path: string, ...headers: readonly string[]) =>
  [`GET ${path} HTTP/1.1`, 'host: parallax', ...headers, '', ''].join('\r\n')
const last = (path: string) => get(path, 'connection: close')

describe('what is no request', () => {
  test.each([
    ['a path that is no encoding', last('/v1/certificates/%zz')],
    ['a round of 200 digits', last(`/v1/certificates/${'1'.repeat(200)}`)],
    ['bytes that are no HTTP', '\u0000\u0001garbage\r\n\r\n'],
    ['a body, though none is read', `${get('/healthz', 'content-length: 5')}12345`],
  ])('is refused in our words: %s', async (_, text) => {
    const answers = await answersTo(text)
    expect(statusesIn(answers)).toEqual([400])
    expect(codesIn(answers)).toEqual(['API_REQUEST_INVALID'])
    const metrics = await answersTo(last('/metrics'))
    expect(metrics).toContain('parallax_gateway_requests_total{status="400"} 1')
  })

  test('headers without end are refused in our words, too', async () => {
    const answers = await answersTo(get('/healthz', `x: ${'x'.repeat(10_000)}`))
    expect([statusesIn(answers), codesIn(answers)]).toEqual([[431], ['API_REQUEST_INVALID']])
  })

  test('counts as a request of its address', async () => {
    await server.stop()
    server = build(2)
    await server.start()
    const bad = '/v1/certificates/%zz'
    const answers = await answersTo(`${get(bad)}${get(bad)}${last('/healthz')}`)
    expect(statusesIn(answers)).toEqual([400, 400, 429])
  })
})

describe('what has no end', () => {
  test('is not read: a body that goes on after the answer', async () => {
    const socket = await open()
    const chunk = `4000\r\n${'x'.repeat(16_384)}\r\n`
    socket.resume().write(get('/healthz', 'transfer-encoding: chunked'))
    let taken = 0
    const closed = once(socket, 'close')
    while (!socket.destroyed && taken < 2_048) {
      taken += 1
      await Promise.race([new Promise((resolve) => socket.write(chunk, resolve)), closed])
    }
    // 32 MiB would have been; buffers of the kernel hold a few.
    expect(taken).toBeLessThan(2_048)
  })

  test('a stream that is asked for by HEAD is none', async () => {
    const answers = await answersTo(last('/v1/stream').replace('GET', 'HEAD'))
    expect(statusesIn(answers)).toEqual([404])
  })
})

test('who asks and asks on one connection without reading an answer is cut off', async () => {
  const all = Array.from({ length: FEEDS - 1 }, (_, index) => index)
  // Another choice each time, so that each answer is a text of its own.
  const paths = all.slice(0, 40).map((left) => {
    const feeds = all.filter((feed) => feed !== left)
    return `/v1/certificates/latest?feeds=${feeds.join()}`
  })
  const answers = await answersTo(`${paths.map((path) => get(path)).join('')}${last('/healthz')}`)
  expect(statusesIn(answers).length).toBeLessThan(10)
})

describe('a reader of a WebSocket', () => {
  const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0])
  const fragment = Buffer.from([0x00, 0x80, 0, 0, 0, 0])
  const start = Buffer.from([0x01, 0x80, 0, 0, 0, 0])

  test.each([
    ['pings', [ping]],
    ['fragments of a message that never ends', [start, fragment]],
  ])('that sends nothing but %s is cut off', async (_, frames) => {
    const reader = new WebSocket(`${server.address?.replace('http', 'ws')}/v1/ws?feeds=0`)
    const [, socket] = await Promise.all([
      once(reader, 'message'),
      new Promise<Socket>((resolve) => reader.once('upgrade', ({ socket: raw }) => resolve(raw))),
    ])
    reader.on('error', () => undefined)
    const closed = once(reader, 'close')
    const [first = ping, rest = first] = frames
    socket.write(first)
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => rest))
    let taken = 0
    while (!socket.destroyed && taken < 2_000) {
      taken += 1
      await Promise.race([new Promise((resolve) => socket.write(flood, resolve)), closed])
    }
    expect(taken).toBeLessThan(2_000)
  })

  test('that pings now and then is answered', async () => {
    const reader = new WebSocket(`${server.address?.replace('http', 'ws')}/v1/ws?feeds=0`)
    await once(reader, 'message')
    for (let time = 0; time < 3; time++) {
      reader.ping('are you there')
      const [payload] = await once(reader, 'pong')
      expect(String(payload)).toBe('are you there')
    }
    reader.terminate()
  })
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { leafOf } from '../../aggregator/report/merkle.ts'
import { concat, fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { createGatewayMetrics } from '../../node/gateway/metrics.ts'
import { GATEWAY_ROUTES, openApiDocument } from '../../node/gateway/openapi.ts'
import {
  certificateSchema,
  feedsSchema,
  historySchema,
  refusalSchema,
} from '../../node/gateway/schema.ts'
import { GatewayServer } from '../../node/gateway/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { answerOf } from '../support/answers.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import { referenceCrypto } from '../support/committee.ts'

const FEEDS = 5
const NOW_MS = 60_000
const committee = certifier({ feeds: feedsNamed(FEEDS) })
const certified = (round: number) => committee.certify(round, valuesAt(round, FEEDS))
const { keccak256 } = referenceCrypto

let shelf: Shelf
let server: GatewayServer
let peers: number

function build(options: { requestsPerMinuteMax?: number; streamReadersMax?: number } = {}) {
  return new GatewayServer(
    {
      host: '127.0.0.1',
      port: 0,
      requestsPerMinuteMax: 1_000,
      connectionsMax: 32,
      connectionsPerAddressMax: 32,
      streamReadersMax: 8,
      ...options,
    },
    {
      context: committee.context,
      certificates: shelf,
      epoch: () => 1,
      peers: () => peers,
      metrics: createGatewayMetrics(),
      clock: { nowMs: () => NOW_MS },
      log: SILENT_LOG,
    },
  )
}

beforeEach(async () => {
  peers = 2
  shelf = new Shelf({ certificatesMax: 4 })
  server = build()
  await server.start()
})

afterEach(() => server.stop())

const get = (path: string) => answerOf(`${server.address}${path}`)

/** Reads server-sent events until there are so many; then leaves. */
async function readEvents(path: string, count: number, meanwhile: () => void): Promise<string[]> {
  const leaving = new AbortController()
  const { body } = await request(`${server.address}${path}`, { signal: leaving.signal })
  meanwhile()
  let text = ''
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk
    const events = text.split('\n\n').slice(0, -1)
    const certificates = events.filter((event) => event.startsWith('event: certificate\n'))
    if (certificates.length < count) continue
    body.on('error', () => undefined)
    leaving.abort()
    return certificates
  }
  throw new Error('the stream ended')
}

function openSocket(path: string): WebSocket {
  return new WebSocket(`${server.address?.replace('http', 'ws')}${path}`)
}

test('the newest certificate comes with proofs and calldata for the feeds asked for', async () => {
  const certificate = certified(9)
  shelf.add(certified(8))
  shelf.add(certificate)
  const { json } = await get('/v1/certificates/latest?feeds=F3/USD,1')
  const answer = certificateSchema.parse(json)
  expect(answer.round).toBe(9)
  expect(answer.certificate).toBe(toHex(certificate.bytes))
  expect(answer.feeds.map(({ index, value }) => [index, value])).toEqual([
    [1, '0.00009001'],
    [3, '0.00009003'],
  ])
  const { publicKey } = committee.file.groupKey
  const clock = { genesisMs: 0, ...committee.file.params.timing }
  const onChain = { epoch: 1, publicKey, clock, isFirstClock: true }
  const update = { certificate: certificate.message, feeds: [1, 3], committee: onChain }
  expect(answer.calldata).toBe(`0x${toHex(encodeUpdate(keccak256, update))}`)
})

test('every proof leads from its word to one root, in a tree with promoted nodes', async () => {
  shelf.add(certified(9))
  const { json } = await get('/v1/certificates/latest?feeds=0,1,2,3,4')
  const roots = certificateSchema.parse(json).feeds.map(({ index, word, proof }) => {
    let node = leafOf(keccak256, index, fromHex(word))
    let [position, width] = [index, FEEDS]
    const siblings = proof.map(fromHex)
    for (; width > 1; width = (width + 1) >> 1, position >>= 1) {
      if ((position ^ 1) >= width) continue
      const sibling = siblings.shift() ?? new Uint8Array(0)
      node = keccak256(position & 1 ? concat(sibling, node) : concat(node, sibling))
    }
    expect(siblings).toEqual([])
    return toHex(node)
  })
  expect(new Set(roots).size).toBe(1)
})

test('a certificate is served by its round while it is kept', async () => {
  for (const round of [5, 6, 7, 8, 9]) shelf.add(certified(round))
  expect((await get('/v1/certificates/6')).json).toMatchObject({ round: 6, feeds: [] })
  expect((await get('/v1/certificates/6')).json.calldata).toBeNull()
  expect(await get('/v1/certificates/5')).toMatchObject({
    status: 404,
    json: { code: 'CERTIFICATE_NONE' },
  })
})

test('those that are kept come in pages, whatever is missing between them', async () => {
  for (const round of [5, 6, 8, 9]) shelf.add(certified(round))
  const paged = async (query: string) => {
    const { json } = await get(`/v1/certificates?${query}`)
    const { certificates, next } = historySchema.parse(json)
    return { rounds: certificates.map(({ round }) => round), next }
  }
  expect(await paged('from=6&to=9&limit=2')).toEqual({ rounds: [6, 8], next: 9 })
  expect(await paged('from=9&to=9&limit=2')).toEqual({ rounds: [9], next: null })
  expect(await paged('from=10')).toEqual({ rounds: [], next: null })
  expect((await get('/v1/certificates')).json).toEqual({ code: 'API_REQUEST_INVALID' })
})

test('feeds are listed before and after the first certificate', async () => {
  const before = feedsSchema.parse((await get('/v1/feeds')).json)
  expect(before.map(({ name, certified: held }) => [name, held]).at(-1)).toEqual(['F4/USD', null])
  shelf.add(certified(9))
  const after = feedsSchema.parse((await get('/v1/feeds')).json)
  expect(after[2]?.certified).toMatchObject({ value: '0.00009002', round: 9, status: 'ok' })
})

test.each([
  ['/v1/certificates/latest?feeds=DOGE/USD', 'FEED_UNKNOWN'],
  ['/v1/certificates/latest?feeds=5', 'FEED_UNKNOWN'],
  ['/v1/certificates/latest?feeds=01', 'FEED_UNKNOWN'],
  ['/v1/certificates/latest?feeds=0,,1', 'FEED_UNKNOWN'],
  ['/v1/certificates/latest?feeds[x]=0&feeds=%00', 'FEED_UNKNOWN'],
  ['/v1/certificates/-1', 'API_REQUEST_INVALID'],
  ['/v1/certificates/1e3', 'API_REQUEST_INVALID'],
  ['/v1/stream?feeds=nothing', 'FEED_UNKNOWN'],
])('a malformed request is refused with a code: %s', async (path, code) => {
  shelf.add(certified(9))
  const { status, json } = await get(path)
  expect([status, refusalSchema.parse(json).code]).toEqual([400, code])
})

test('the document describes what answers, and what it describes answers', async () => {
  shelf.add(certified(9))
  const document = (await get('/v1/openapi.json')).json
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument(GATEWAY_ROUTES))))
  const statuses = await Promise.all(
    Object.keys(document.paths)
      .filter((path) => path !== '/v1/stream' && path !== '/v1/ws')
      .map(async (path) => (await get(path.replace('{round}', '9'))).status),
  )
  // A range is asked for without its beginning.
  expect(statuses).toEqual([200, 200, 200, 400, 200, 200, 503, 200])
  expect([...server.paths, '/v1/ws'].toSorted()).toEqual(Object.keys(document.paths).toSorted())
  const required = document.components.schemas.Certificate.required
  const answered = (await get('/v1/certificates/latest')).json
  expect(Object.keys(answered).toSorted()).toEqual(required.toSorted())
})

test('server-sent events begin with the newest certificate and go on with newer ones', async () => {
  shelf.add(certified(7))
  const events = await readEvents('/v1/stream?feeds=2', 3, () => {
    shelf.add(certified(8))
    shelf.add(certified(9))
  })
  expect(events.map((event) => event.split('\n')[1])).toEqual(['id: 7', 'id: 8', 'id: 9'])
  const data = events[2]?.split('\n')[2]?.replace('data: ', '') ?? ''
  const answer = certificateSchema.parse(JSON.parse(data))
  expect(answer.feeds.map(({ index }) => index)).toEqual([2])
})

test('a WebSocket carries the same answers, and a reader that talks is sent away', async () => {
  shelf.add(certified(7))
  const socket = openSocket('/v1/ws?feeds=2')
  const [first] = await once(socket, 'message')
  expect(certificateSchema.parse(JSON.parse(String(first))).round).toBe(7)
  shelf.add(certified(8))
  const [second] = await once(socket, 'message')
  expect(JSON.parse(String(second))).toEqual((await get('/v1/certificates/8?feeds=2')).json)
  socket.send('hello')
  const [code, reason] = await once(socket, 'close')
  expect([code, String(reason)]).toEqual([1_008, 'STREAM_IS_ONE_WAY'])
})

test.each([
  ['/v1/ws?feeds=DOGE', 400],
  ['/v1/feeds', 404],
  ['//', 400],
])('an upgrade to %s is refused', async (path, status) => {
  const socket = openSocket(path)
  const [, response] = await once(socket, 'unexpected-response')
  expect(response.statusCode).toBe(status)
  socket.on('error', () => undefined)
  socket.terminate()
})

test('readers beyond the limit are refused on both streams', async () => {
  await server.stop()
  server = build({ streamReadersMax: 1 })
  await server.start()
  shelf.add(certified(7))
  const socket = openSocket('/v1/ws')
  await once(socket, 'message')
  expect(await get('/v1/stream')).toMatchObject({ status: 503, json: { code: 'STREAMS_TOO_MANY' } })
  const second = openSocket('/v1/ws')
  const [code] = await once(second, 'close')
  expect(code).toBe(1_013)
  socket.terminate()
})

test('a reader that takes nothing holds one certificate, and the others go on', async () => {
  await server.stop()
  const many = certifier({ feeds: feedsNamed(255) })
  // Signed once: sixty signatures may take longer than a reader may stand still.
  const certified = many.certify(1, valuesAt(1, 255))
  const wide = new Shelf({ certificatesMax: 2 })
  server = new GatewayServer(
    {
      host: '127.0.0.1',
      port: 0,
      requestsPerMinuteMax: 1_000,
      connectionsMax: 8,
      connectionsPerAddressMax: 8,
      streamReadersMax: 8,
    },
    {
      context: many.context,
      certificates: wide,
      epoch: () => 1,
      peers: () => 1,
      metrics: createGatewayMetrics(),
      clock: { nowMs: () => NOW_MS },
      log: SILENT_LOG,
    },
  )
  await server.start()
  const all = Array.from({ length: 255 }, (_, index) => index).join(',')
  const slow = connect(Number(new URL(server.address ?? '').port), '127.0.0.1')
  await once(slow, 'connect')
  slow.pause()
  slow.write(`GET /v1/stream?feeds=${all} HTTP/1.1\r\nhost: gateway\r\n\r\n`)
  const quick = openSocket('/v1/ws?feeds=0')
  await once(quick, 'open')
  const heard: number[] = []
  for (let round = 1; round <= 60; round++) {
    wide.add({ ...certified, message: { ...certified.message, round } })
    const [text] = await once(quick, 'message')
    heard.push(JSON.parse(String(text)).round)
  }
  expect(heard).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  const chunks: string[] = []
  slow.setEncoding('latin1').on('data', (chunk: string) => {
    chunks.push(chunk)
    if (chunks.slice(-2).join('').includes('id: 60\n')) slow.destroy()
  })
  slow.resume()
  await once(slow, 'close')
  const text = chunks.join('')
  const taken = [...text.matchAll(/^id: (\d+)$/gm)].map(([, round]) => Number(round))
  // What the kernel's buffers held, and then the newest; nothing in between was kept for it.
  expect(taken.length).toBeLessThan(50)
  expect(taken).toEqual([...heard.slice(0, taken.length - 1), 60])
  slow.destroy()
  quick.terminate()
})

test('more requests than allowed are answered with 429, upgrades too', async () => {
  await server.stop()
  server = build({ requestsPerMinuteMax: 2 })
  await server.start()
  const statuses = [await get('/healthz'), await get('/healthz'), await get('/healthz')]
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429])
  const socket = openSocket('/v1/ws')
  socket.on('error', () => undefined)
  const [, response] = await once(socket, 'unexpected-response')
  expect(response.statusCode).toBe(429)
  socket.terminate()
})

test('whoever asks for a past round pays for the hashing of its tree, and nobody else', async () => {
  await server.stop()
  server = build({ requestsPerMinuteMax: 6 })
  await server.start()
  for (const round of [7, 8, 9]) shelf.add(certified(round))
  // One request each, and one more where a past round is not at hand.
  const costs = [
    ['latest', 1],
    ['9', 1],
    ['7', 2],
    ['7?feeds=1', 1],
    ['latest', 1],
  ] as const
  for (const [path] of costs) expect((await get(`/v1/certificates/${path}`)).status).toBe(200)
  expect(costs.reduce((sum, [, cost]) => sum + cost, 0)).toBe(6)
  expect((await get('/healthz')).status).toBe(429)
})

test('a gateway without peers or news is alive but not ready', async () => {
  const notReady = async () => (await get('/readyz')).json.obstacles
  expect(await notReady()).toEqual(['CERTIFICATE_NONE'])
  shelf.add(certified(9))
  peers = 0
  expect(await notReady()).toEqual(['PEERS_NONE', 'CERTIFICATE_STALE'])
  peers = 1
  shelf.add(certified(NOW_MS / 500 - 1))
  expect(await get('/readyz')).toMatchObject({ status: 200, json: { ready: true } })
  expect((await get('/metrics')).text).toContain('parallax_gateway_round 119')
})

test('the end of the server ends streams that are open', async () => {
  shelf.add(certified(9))
  const socket = openSocket('/v1/ws')
  await once(socket, 'message')
  const { body } = await request(`${server.address}/v1/stream`)
  body.on('error', () => undefined)
  await once(body, 'readable')
  await server.stop()
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close')
  expect(server.address).toBeNull()
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createMetrics } from '../../node/api/metrics.ts'
import { NODE_ROUTES } from '../../node/api/openapi.ts'
import { ApiServer } from '../../node/api/server.ts'
import type { History } from '../../node/gateway/history.ts'
import {
  aliveSchema,
  certificateSchema,
  historySchema,
  readySchema,
} from '../../node/gateway/schema.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { answerOf } from '../support/answers.ts'
import { certifier, valuesAt } from '../support/certificates.ts'
import { DRY_RUN, FakeView } from '../unit/node/api/fake-view.ts'

const committee = certifier()
const certified = committee.certify(7, valuesAt(7, 1))

/** A journal with a certificate of every third round from 3 to 900, each of them twice there. */
const history: History = async ({ from, to, limit }) =>
  Array.from({ length: 300 }, (_, index) => 3 * (index + 1))
    .filter((round) => round >= from && round <= to)
    .slice(0, limit)
    .map((round) => ({ round, receivedMs: 5, bytes: certified.bytes }))

interface Described {
  readonly responses: Readonly<
    Record<number, { content?: Record<string, { schema: { readonly $ref: string } }> }>
  >
}

let nowMs: number
let view: FakeView
let shelf: Shelf
let server: ApiServer

function dependencies() {
  return {
    context: committee.context,
    certificates: shelf,
    epoch: () => 1,
    history,
    view,
    metrics: createMetrics(),
    clock: { nowMs: () => 1_790_000_000_000 },
    monotonicMs: () => nowMs,
    log: SILENT_LOG,
  }
}

function build(options: { readonly port?: number; readonly requestsPerMinuteMax?: number } = {}) {
  const limits = {
    requestsPerMinuteMax: 1_000,
    connectionsMax: 8,
    connectionsPerAddressMax: 8,
    streamReadersMax: 4,
  }
  return new ApiServer({ host: '127.0.0.1', port: 0, ...limits, ...options }, dependencies())
}

beforeEach(async () => {
  nowMs = 0
  view = new FakeView()
  shelf = new Shelf({ certificatesMax: 8 })
  server = build()
  await server.start()
})

afterEach(() => server.stop())

const get = (path: string) => answerOf(`${server.address}${path}`)

test('the document describes every route that there is, and no other', async () => {
  const { paths, components } = (await get('/v1/openapi.json')).json
  const page = ['/', '/status.css', '/status.mjs', '/members.mjs', '/write.mjs']
  const routes = [...server.paths.filter((path) => !page.includes(path)), '/v1/ws']
  expect(Object.keys(paths).toSorted()).toEqual([...new Set(routes)].toSorted())
  const named = JSON.stringify(paths).matchAll(/#\/components\/schemas\/(\w+)/g)
  expect([...named].filter(([, name]) => components.schemas[name ?? ''] === undefined)).toEqual([])
})

test('every answer is as the document describes it', async () => {
  shelf.add(certified)
  view.convicted = [2]
  view.dryRun = DRY_RUN
  view.krakenHosts = {
    host: 'b.example',
    passedOver: [{ host: 'a.example', code: 'FETCH_FAILED' }],
  }
  const { paths } = (await get('/v1/openapi.json')).json
  const shared = { History: historySchema, Alive: aliveSchema, Ready: readySchema }
  const schemas = { ...NODE_ROUTES.schemas, ...shared }
  const checked: string[] = []
  for (const [path, { get: described }] of Object.entries<{ readonly get: Described }>(paths)) {
    const content = described.responses[200]?.content?.['application/json']
    const name = content?.schema.$ref.split('/').at(-1) ?? ''
    const schema = Object.entries(schemas).find(([each]) => each === name)?.[1]
    if (schema === undefined) continue
    const { status, json } = await get(path === '/v1/certificates' ? `${path}?from=1` : path)
    expect(status, path).toBe(200)
    expect(schema.safeParse(json).error?.issues ?? [], path).toEqual([])
    checked.push(path)
  }
  expect(checked).toHaveLength(13)
})

test('a schema knows each field that an answer has, however deep', () => {
  const { schemas } = NODE_ROUTES
  const deep = JSON.stringify(Object.values(schemas).map((schema) => z.toJSONSchema(schema)))
  expect(deep).not.toContain('"additionalProperties":{}')
})

test('past certificates come in pages, and all of a range come once', async () => {
  const rounds: number[] = []
  let from: number | null = 10
  while (from !== null) {
    const { json } = await get(`/v1/certificates?from=${from}&to=602&limit=100`)
    rounds.push(...json.certificates.map((each: { readonly round: number }) => each.round))
    from = json.next
  }
  expect(rounds).toEqual(Array.from({ length: 197 }, (_, index) => 12 + 3 * index))
  const { json } = await get('/v1/certificates?from=897')
  expect(json.next).toBeNull()
  expect(json.certificates[0]).toMatchObject({
    ...{ round: 897, receivedMs: 5, timestampMs: certified.message.timestampMs },
    certificate: Buffer.from(certified.bytes).toString('hex'),
  })
})

test.each([
  '',
  '?from=',
  '?from=-1',
  '?from=1e3',
  '?from=2&to=1',
  '?from=1&limit=0',
  '?from=1&limit=129',
  '?from=1&from=2',
  '?from=99999999999999999',
])('a range like "%s" is refused', async (query) => {
  expect(await get(`/v1/certificates${query}`)).toMatchObject({
    ...{ status: 400, json: { code: 'API_REQUEST_INVALID' } },
  })
})

test('the data of the node is served as JSON', async () => {
  expect((await get('/v1/status')).json).toEqual(view.status())
  expect((await get('/v1/feeds')).json).toEqual(view.feeds())
  expect((await get('/v1/peers')).json).toEqual(view.peers())
  expect((await get('/v1/venues')).json).toEqual(view.venues())
  expect((await get('/v1/overview')).json).toMatchObject({ sources: view.sources(), obstacles: [] })
})

test('a node serves the same certificates as a gateway', async () => {
  expect(await get('/v1/certificates/latest')).toMatchObject({
    status: 404,
    json: { code: 'CERTIFICATE_NONE' },
  })
  shelf.add(certified)
  const latest = await get('/v1/certificates/latest?feeds=0')
  expect(certificateSchema.parse(latest.json)).toMatchObject({ round: 7, feeds: [{ index: 0 }] })
  expect((await get('/v1/certificates/7?feeds=0')).json).toEqual(latest.json)
  expect(await get('/v1/certificates/8')).toMatchObject({
    status: 404,
    json: { code: 'CERTIFICATE_NONE' },
  })
})

test.each(['-1', '1e9', '0x10', '1.5', 'abc', '9'.repeat(40), '%00'])(
  'a round that is no round is refused: %s',
  async (round) => {
    const { status } = await get(`/v1/certificates/${round}`)
    expect([400, 404]).toContain(status)
  },
)

test('a node that cannot work is alive but not ready', async () => {
  expect(await get('/readyz')).toMatchObject({ status: 200, json: { ready: true } })
  view.reasons = ['PEERS_TOO_FEW']
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    json: { ready: false, obstacles: ['PEERS_TOO_FEW'] },
  })
  expect(await get('/healthz')).toMatchObject({ status: 200 })
})

test('metrics are served in the format of Prometheus', async () => {
  const { headers, text } = await get('/metrics')
  expect(headers['content-type']).toContain('text/plain')
  expect(text).toContain('# TYPE parallax_rounds_total counter')
  const mirrored = [
    'parallax_round 123456',
    'parallax_peers_connected 2',
    'parallax_feed_age_seconds{feed="BTC/USD"} 0.64',
    'parallax_peer_connected{member="1"} 1',
    'parallax_peer_connected{member="3"} 0',
    'parallax_peer_observed_rounds{member="3"} 0',
    'parallax_feed_available{feed="BTC/USD"} 1',
    'parallax_feed_sources{feed="BTC/USD"} 4',
    'parallax_chain_feed_age_seconds{target="local",feed="BTC/USD"} 2',
    'parallax_source_age_seconds{venue="okx",feed="BTC/USD"} 0.28',
    'parallax_source_state{venue="okx",feed="BTC/USD",state="quarantined"} 1',
    'parallax_source_state{venue="kraken",feed="ETH/USD",state="absent"} 1',
    'parallax_peer_lateness_seconds{member="2",quantile="0.99"} 0.389',
    'parallax_peer_clock_lead_seconds{member="2",quantile="0.5"} -0.12',
    'parallax_peer_clock_lead_seconds{member="2",quantile="1"} 0.006',
    'parallax_peer_absent_ratio{member="3"} 1',
    `parallax_peer_outlier_ratio{member="2"} ${503 / 1_536}`,
    `parallax_peer_echo_ratio{member="1"} ${470 / 480}`,
    `parallax_peer_follow_ratio{member="0"} ${2 / 480}`,
    'parallax_peer_copying_suspected{member="0"} 0',
    'parallax_peer_copying_suspected{member="1"} 1',
    'parallax_wallet_spent_ether{target="local"} 0.0021',
    'parallax_rpc_endpoint_usable{target="local",endpoint="127.0.0.1:8545"} 1',
    'parallax_rpc_endpoint_usable{target="local",endpoint="127.0.0.1:8546"} 0',
    'parallax_wallet_signer_usable{target="local"} 0',
  ]
  expect(text.split('\n')).toEqual(expect.arrayContaining(mirrored))
  expect(text).not.toContain('parallax_peer_lateness_seconds{member="3"')
})

test('metrics name each reason why the node is not ready, for as long as it holds', async () => {
  view.reasons = ['PEERS_TOO_FEW', 'CLOCK_AHEAD']
  const { text } = await get('/metrics')
  expect(text).toContain('parallax_obstacle{code="PEERS_TOO_FEW"} 1')
  expect(text).toContain('parallax_obstacle{code="CLOCK_AHEAD"} 1')
  view.reasons = ['CLOCK_AHEAD']
  nowMs += 250
  const later = await get('/metrics')
  expect(later.text).not.toContain('PEERS_TOO_FEW')
  expect(later.text).toContain('parallax_obstacle{code="CLOCK_AHEAD"} 1')
})

test('however many ask within a moment, the node looks at itself once', async () => {
  let looks = 0
  const { feeds } = view
  view.feeds = () => {
    looks += 1
    return feeds()
  }
  const paths = ['/v1/feeds', '/v1/overview', '/metrics']
  const ask = () => Promise.all([...paths, ...paths, ...paths].map(get))
  await ask()
  expect(looks).toBe(paths.length)
  nowMs += 250
  await ask()
  expect(looks).toBe(2 * paths.length)
})

test('metrics say that a feed is unavailable while its reports stay young', async () => {
  const [btc, ...rest] = view.feeds()
  const certified = btc?.certified
  if (btc === undefined || !certified) throw new Error('the view has a certified feed')
  view.feeds = () => [
    { ...btc, certified: { ...certified, status: 'unavailable', value: null } },
    ...rest,
  ]
  const { text } = await get('/metrics')
  expect(text).toContain('parallax_feed_available{feed="BTC/USD"} 0')
  expect(text).toContain('parallax_feed_available{feed="ETH/USD"} 1')
  expect(text).toContain('parallax_feed_age_seconds{feed="BTC/USD"} 0.64')
})

test('every answer forbids what the page does not need', async () => {
  const { headers } = await get('/')
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test.each([
  ['/nothing', 404],
  ['/../package.json', 404],
  ['/%2e%2e/server.ts', 404],
  ['/status.html/', 404],
  [`/${'x'.repeat(20_000)}`, 431],
])('an unknown path is refused: %.30s', async (path, status) => {
  expect((await get(path)).status).toBe(status)
})

test('other methods and bodies are refused', async () => {
  const url = `${server.address}/v1/status`
  const answers = await Promise.all([
    request(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
    request(url, { method: 'DELETE' }),
  ])
  // A body is refused before anybody looks where it was sent to.
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 404])
  for (const { body } of answers) await body.dump()
})

test('more requests than allowed are answered with 429', async () => {
  await server.stop()
  server = build({ requestsPerMinuteMax: 3 })
  await server.start()
  const statuses = [1, 2, 3, 4].map(async () => (await get('/healthz')).status)
  expect((await Promise.all(statuses)).toSorted()).toEqual([200, 200, 200, 429])
})

test('given other limits while it runs, then they hold for whoever asks from then on', async () => {
  expect((await get('/healthz')).status).toBe(200)
  server.setLimits({
    requestsPerMinuteMax: 1,
    connectionsMax: 8,
    connectionsPerAddressMax: 8,
    streamReadersMax: 0,
  })
  expect((await get('/v1/stream')).status).toBe(503)
  expect((await get('/healthz')).status).toBe(429)
})

test('garbage and idle connections do not keep the server from answering or stopping', async () => {
  const port = Number(new URL(server.address ?? '').port)
  const sockets = ['\u0000\u0001garbage\r\n\r\n', 'GET / HT', ''].map((text) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(text)
    return socket
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  expect((await get('/healthz')).status).toBe(200)
  await server.stop()
  expect(server.address).toBeNull()
  for (const socket of sockets) socket.destroy()
})

test('connections beyond the limit are closed', async () => {
  const port = Number(new URL(server.address ?? '').port)
  const sockets = Array.from({ length: 12 }, () => connect(port, '127.0.0.1'))
  const closed = sockets.map((socket) => {
    socket.on('error', () => undefined)
    return once(socket, 'close')
  })
  await Promise.race(closed)
  const open = sockets.filter((socket) => !socket.destroyed)
  expect(open.length).toBeLessThanOrEqual(11)
  for (const socket of sockets) socket.destroy()
  await Promise.all(closed)
})

test('a busy port is a coded error that says what to do', async () => {
  const port = Number(new URL(server.address ?? '').port)
  await expect(build({ port }).start()).rejects.toMatchObject({
    code: 'API_PORT_BUSY',
    message: expect.stringContaining('api.port'),
  })
})

test('an address that is not of this host is a coded error', async () => {
  const limits = {
    requestsPerMinuteMax: 1,
    connectionsMax: 1,
    connectionsPerAddressMax: 1,
    streamReadersMax: 0,
  }
  const elsewhere = new ApiServer({ host: '192.0.2.1', port: 0, ...limits }, dependencies())
  await expect(elsewhere.start()).rejects.toMatchObject({ code: 'API_ADDRESS_REFUSED' })
})

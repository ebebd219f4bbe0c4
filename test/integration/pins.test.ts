import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { TlsOptions } from 'node:tls'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { execute } from '../../node/cli/execute.ts'
import { createAgent } from '../../node/sources/agent.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { VenueHosts } from '../../node/sources/hosts.ts'
import { pinOf } from '../../node/sources/pins.ts'
import { streamOpener } from '../../node/sources/stream-opener.ts'
import { VenueClient } from '../../node/sources/venue-client.ts'
import type { StreamedVenueConfig } from '../../node/sources/venue-config.ts'
import { coinbase } from '../../node/sources/venues/coinbase.ts'
import { PINNED } from '../support/pinned-hosts.ts'
import { MINIMAL_CONFIG } from '../unit/node/config/fixtures.ts'

const { first, second, stranger, roots } = PINNED
const PIN = {
  first: 'sha256/pLCx8RUhWszNi10QjPwUM6SWa6VsPf+f7a92HuPJDOE=',
  root: 'sha256/7Ts7DEYa6Sh77HqgyHMzkiir+1l8Z/pDUM1fG33a18E=',
  second: pinOf(new X509Certificate(second.cert)),
  other: `sha256/${'A'.repeat(43)}=`,
}
const TICKER = '{"ask":"101","bid":"99","volume":"10","price":"100","time":"2025-10-09T08:53:20Z"}'
const NINETY_NINE = 99n * 10n ** 18n
const LOOPBACK = async () => [{ address: '127.0.0.1', family: 4 }]

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

// The authorities of the world, and two of our own.
const trusted = getCACertificates('default')
beforeAll(() => setDefaultCACertificates([...trusted, roots.one, roots.two]))
afterAll(() => setDefaultCACertificates(trusted))

/** A venue that shows this certificate; `renew` changes it. */
async function venueShowing(identity: TlsOptions) {
  let asked = 0
  const server = createServer(identity, (_, response) => {
    asked += 1
    // The next request is another connection.
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' })
    response.end(TICKER)
  })
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => sockets.add(socket))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const renew = (next: TlsOptions) => server.setSecureContext(next)
  return { port, renew, url: `https://localhost:${port}`, asked: () => asked }
}

function configOf(baseUrls: readonly [string, ...string[]], pins: readonly string[]) {
  const { coinbase: defaults } = sourcesConfigSchema.parse({}).venues
  const more = { access: 'local' as const, retriesMax: 0, timeoutMs: 20_000 }
  return { ...defaults, ...more, baseUrls, pins: { localhost: [...pins] } }
}

/** The code of each poll, or its bid. */
function pollerOf(baseUrls: readonly [string, ...string[]], pins: readonly string[]) {
  const config = configOf(baseUrls, pins)
  const agent = createAgent(config, LOOPBACK)
  open.push(() => agent.destroy())
  const shown: unknown[] = []
  const client = new VenueClient(
    { venue: coinbase, config, circuit: { failuresMax: 9, pauseMs: 1, pauseMsMax: 1 } },
    {
      clock: { nowMs: () => Date.UTC(2025, 9, 9) },
      dispatcher: agent,
      jitter: () => 0,
      sleep: async () => undefined,
    },
  )
  const requests = coinbase.requests([{ market: 'BTC/USD', symbol: 'BTC-USD' }])
  const poll = async () => {
    const [outcome] = await client.poll(requests, new AbortController().signal)
    if (outcome?.type === 'failed') {
      shown.push(outcome.error.context.shown)
      return outcome.error.code
    }
    const answer = outcome?.answers[0]
    return answer?.type === 'quoted' ? answer.quote.bid : 'NOTHING'
  }
  return { poll, client, shown }
}

describe('a host with pins', () => {
  test.each([
    ['its own key', [PIN.other, PIN.first]],
    ['the key of who vouches for it', [PIN.root, PIN.other]],
  ])('is asked when one of them is %s', async (_, pins) => {
    const { url } = await venueShowing({ ...first, ca: roots.one })
    expect(await pollerOf([url], pins).poll()).toBe(NINETY_NINE)
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that shows another key is told nothing, however often it is asked (%s)',
    async (maxVersion) => {
      const { url, asked } = await venueShowing({ ...first, maxVersion })
      const { poll, shown } = pollerOf([url], [PIN.other, PIN.second])
      for (let each = 0; each < 3; each++) expect(await poll()).toBe('SOURCE_PIN_MISMATCH')
      expect(asked()).toBe(0)
      expect(shown[0]).toBe(`${PIN.first} ${PIN.root}`)
    },
  )

  test('that changes to the key of its backup pin is asked on; to a third one, no more', async () => {
    const { url, renew } = await venueShowing(first)
    const { poll } = pollerOf([url], [PIN.first, PIN.second])
    expect(await poll()).toBe(NINETY_NINE)
    renew(second)
    expect(await poll()).toBe(NINETY_NINE)
    renew(stranger)
    expect(await poll()).toBe('SOURCE_PIN_MISMATCH')
  })

  test('is not believed because it sends along a certificate of who is pinned', async () => {
    const cert = `${stranger.cert}\n${roots.one}`
    const { url } = await venueShowing({ key: stranger.key, cert })
    expect(await pollerOf([url], [PIN.root, PIN.other]).poll()).toBe('SOURCE_PIN_MISMATCH')
  })

  test('that does not keep to them is passed over for the next one', async () => {
    const { url, asked } = await venueShowing(first)
    const { port } = await venueShowing(second)
    const next = `https://127.0.0.1:${port}`
    const { poll, client } = pollerOf([url, next], [PIN.other, PIN.second])
    expect(await poll()).toBe(NINETY_NINE)
    expect(asked()).toBe(0)
    expect(client.hosts.passedOver).toEqual([
      { host: new URL(url).host, code: 'SOURCE_PIN_MISMATCH' },
    ])
  })

  test('must be vouched for all the same', async () => {
    setDefaultCACertificates(trusted)
    try {
      const { url } = await venueShowing(first)
      expect(await pollerOf([url], [PIN.first, PIN.other]).poll()).toBe('SOURCE_TLS_INVALID')
    } finally {
      setDefaultCACertificates([...trusted, roots.one, roots.two])
    }
  })
})

test.each([
  [[PIN.other, PIN.second], 'SOURCE_PIN_MISMATCH'],
  // It is a host that serves no stream.
  [[PIN.other, PIN.first], 'SOURCE_STATUS_UNEXPECTED'],
])('a stream keeps its host to the pins %j', async (pins, code) => {
  const { port } = await venueShowing(first)
  const streamUrl = `wss://localhost:${port}/`
  const streamed: StreamedVenueConfig = { ...configOf(['https://localhost'], pins), streamUrl }
  const opener = streamOpener(
    { venue: coinbase, config: streamed, streamed },
    { hosts: new VenueHosts(streamed.baseUrls), clock: { nowMs: Date.now }, lookup: LOOPBACK },
  )
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = opener?.({
    onOpen: () => undefined,
    mayUnpack: () => true,
    onText: () => undefined,
    onBeat: () => undefined,
    onEnd: (error) => resolve(error.code),
  })
  open.push(async () => socket?.end())
  expect(await promise).toBe(code)
})

test('the command shows what each host shows, and which of it is pinned', async () => {
  const { url, port } = await venueShowing({ ...first, cert: `${first.cert}\n${roots.one}` })
  const directory = await mkdtemp(join(tmpdir(), 'parallax-pins-'))
  open.push(() => rm(directory, { recursive: true }))
  const file = join(directory, 'node.yaml')
  const local = '{ enabled: false }'
  const names = ['okx', 'bitstamp', 'kraken', 'binance']
  const sources = [
    'sources:',
    '  venues:',
    '    coinbase:',
    `      baseUrl: ${url}`,
    '      access: local',
    `      pins: { localhost: ["${PIN.root}", "${PIN.other}"] }`,
    ...names.map((name) => `    ${name}: ${local}`),
    '  optionVenues:',
    ...['deribit', 'okx', 'bybit'].map((name) => `    ${name}-options: ${local}`),
    '  perpetualVenues:',
    ...['binance', 'okx', 'bybit', 'bitmex'].map((name) => `    ${name}-perpetuals: ${local}`),
    '  futureVenues:',
    ...['deribit', 'okx', 'bybit', 'binance'].map((name) => `    ${name}-futures: ${local}`),
    '  conversions: []',
    '  feeds:',
    '    BTC/USD: { legs: [{ venue: coinbase, market: BTC/USD }], sourcesMin: 1 }',
  ]
  await writeFile(file, `${MINIMAL_CONFIG}\n${sources.join('\n')}\n`)
  const said: string[] = []
  const output = { write: (text: string) => said.push(text) }
  const exitCode = await execute(['venues', 'pins', '--config', file], {
    stdout: output,
    stderr: output,
    terminal: { input: process.stdin, output: process.stderr },
    signal: new AbortController().signal,
  })
  expect(said.join('').split('\n')).toEqual([
    expect.stringMatching(/^VENUE +HOST +PIN +CERTIFICATE$/),
    expect.stringMatching(new RegExp(`^coinbase +localhost:${port} +.* +CN=localhost, to `)),
    expect.stringMatching(/^ +sha256\/7Ts7\S+ +pinned +CN=test root, to /),
    '',
  ])
  expect(said.join('')).toContain(PIN.first)
  expect(exitCode).toBe(0)
})

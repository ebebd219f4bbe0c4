import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createAgent } from '../../node/sources/agent.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { retryAfterMs } from '../../node/sources/fetcher.ts'
import type { HostFault } from '../../node/sources/hosts.ts'
import { LimitsBook, VenueLimits } from '../../node/sources/limits.ts'
import { optionSource } from '../../node/sources/option-source.ts'
import {
  FUTURE_VENUES,
  OPTION_VENUES,
  PERPETUAL_VENUES,
  VENUES,
} from '../../node/sources/registry.ts'
import type { Venue, VenueBudget } from '../../node/sources/venue.ts'
import { VenueClient } from '../../node/sources/venue-client.ts'
import type { VenueConfig } from '../../node/sources/venue-config.ts'
import { binance } from '../../node/sources/venues/binance.ts'
import { bybit } from '../../node/sources/venues/bybit.ts'
import { coinbase } from '../../node/sources/venues/coinbase.ts'
import { okx } from '../../node/sources/venues/okx.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'

const TICKER =
  '{"ask":"101","bid":"99","volume":"10","price":"100","time":"2025-10-09T08:53:20.000000Z"}'
const NOW_MS = Date.UTC(2025, 9, 9, 8, 53, 20)

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function serve(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  open.push(async () => {
    const closed = Promise.withResolvers<void>()
    server.close(() => closed.resolve())
    server.closeAllConnections()
    await closed.promise
  })
  return (server.address() as AddressInfo).port
}

interface Asked {
  /** One request for each. */
  readonly markets?: readonly string[]
  readonly venue?: Venue
  readonly overrides?: Partial<VenueConfig>
  readonly onHostFault?: (fault: HostFault) => void
  readonly limits?: VenueLimits
}

/** A client of one venue at a base URL, with a clock that stands still and waits that are noted. */
function clientAt(baseUrl: string, asked: Asked = {}) {
  const { venue = coinbase, markets = ['BTC/USD'], overrides = {}, onHostFault, limits } = asked
  const time = { nowMs: NOW_MS }
  const waits: number[] = []
  const defaults = sourcesConfigSchema.parse({}).venues.coinbase
  const baseUrls = [baseUrl] as const
  const config = { ...defaults, access: 'local' as const, baseUrls, ...overrides }
  const agent = createAgent(config, async () => [{ address: '127.0.0.1', family: 4 }])
  open.push(() => agent.destroy())
  const client = new VenueClient(
    { venue, config, circuit: { failuresMax: 3, pauseMs: 1_000, pauseMsMax: 60_000 } },
    {
      clock: { nowMs: () => time.nowMs },
      dispatcher: agent,
      jitter: () => 0.5,
      sleep: async (ms) => void waits.push(ms),
      limits,
      ...(onHostFault !== undefined && { onHostFault }),
    },
  )
  const requests = venue.requests(
    markets.map((market) => ({ market, symbol: venue.symbolOf(market) })),
  )
  const signal = new AbortController().signal
  /** Of each request of one poll the code, or the bid. */
  const pollAll = async () => {
    const outcomes = await client.poll(requests, signal)
    return outcomes.map((outcome) => {
      if (outcome.type === 'failed') return outcome.error.code
      const [answer] = outcome.answers
      return answer?.type === 'quoted' ? answer.quote.bid : (answer?.code ?? 'NOTHING')
    })
  }
  const poll = async () => (await pollAll())[0]
  return { client, poll, pollAll, time, waits, requests }
}

async function venueThat(listener: RequestListener, asked: Asked = {}) {
  const server = createServer(listener)
  const sockets: unknown[] = []
  server.on('connection', (socket) => sockets.push(socket))
  const port = await serve(server)
  return { ...clientAt(`http://127.0.0.1:${port}`, asked), sockets, port }
}

const json = { 'content-type': 'application/json; charset=utf-8' }
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const NINETY_NINE = 99n * 10n ** 18n

describe('a client of a venue', () => {
  test('asks for plain JSON over one connection that it keeps', async () => {
    const heads: IncomingMessage['headers'][] = []
    const { poll, sockets } = await venueThat(
      (request, response) => {
        heads.push(request.headers)
        response.writeHead(200, json).end(TICKER)
      },
      { overrides: { connectionsMax: 1 } },
    )
    for (let each = 0; each < 5; each++) expect(await poll()).toBe(NINETY_NINE)
    expect(sockets).toHaveLength(1)
    expect(heads[0]).toMatchObject({ 'accept-encoding': 'identity', accept: 'application/json' })
  })

  test('given a base URL with a path, then requests go below it', async () => {
    const paths: (string | undefined)[] = []
    const { port } = await venueThat((request, response) => {
      paths.push(request.url)
      response.writeHead(200, json).end(TICKER)
    })
    await clientAt(`http://127.0.0.1:${port}/mirror/`).poll()
    expect(paths).toEqual(['/mirror/products/BTC-USD/ticker'])
  })

  test('follows no redirect, not even to the same host', async () => {
    const paths: (string | undefined)[] = []
    const { poll } = await venueThat((request, response) => {
      paths.push(request.url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await poll()).toBe('SOURCE_REDIRECTED')
    expect(paths).toEqual(['/products/BTC-USD/ticker'])
  })

  test('given a connection that breaks once, then it asks again after a moment', async () => {
    let asked = 0
    const { poll, waits } = await venueThat((request, response) => {
      asked += 1
      if (asked === 1) request.socket.resetAndDestroy()
      else response.writeHead(200, json).end(TICKER)
    })
    expect(await poll()).toBe(NINETY_NINE)
    expect(waits).toEqual([100])
  })

  test('given a connection that keeps breaking, then retries come later and end', async () => {
    let asked = 0
    const overrides = { retriesMax: 3 }
    const { poll, waits } = await venueThat(
      (request) => {
        asked += 1
        request.socket.resetAndDestroy()
      },
      { overrides },
    )
    expect(await poll()).toBe('SOURCE_UNREACHABLE')
    expect(asked).toBe(4)
    expect(waits).toEqual([100, 200, 400])
  })

  test('an answer, however wrong, is not asked for again', async () => {
    let asked = 0
    const { poll } = await venueThat((_, response) => {
      asked += 1
      response.writeHead(500).end()
    })
    expect(await poll()).toBe('SOURCE_STATUS_UNEXPECTED')
    expect(asked).toBe(1)
  })

  test('leaves a venue alone for as long as Retry-After says', async () => {
    let asked = 0
    const { poll, time } = await venueThat((_, response) => {
      asked += 1
      if (asked > 1) response.writeHead(200, json).end(TICKER)
      else response.writeHead(418, { 'retry-after': '120' }).end()
    })
    expect(await poll()).toBe('SOURCE_RATE_LIMITED')
    time.nowMs += 119_999
    expect(await poll()).toBe('SOURCE_CIRCUIT_OPEN')
    expect(asked).toBe(1)
    time.nowMs += 1
    expect(await poll()).toBe(NINETY_NINE)
  })

  test.each([
    [502, '120', 120_000],
    [503, '120', 120_000],
    [504, '120', 120_000],
    // A day is not believed: it is asked again in an hour.
    [503, '86400', 3_600_000],
    [503, 'soon', 0],
    [500, '120', 0],
  ])('given %i with Retry-After %s, then it waits for %i ms', async (status, after, waitMs) => {
    const answer = { status, headers: { 'retry-after': after } }
    const { poll, client, time } = await venueThat((_, response) =>
      response.writeHead(answer.status, answer.headers).end(TICKER),
    )
    expect(await poll()).toBe('SOURCE_STATUS_UNEXPECTED')
    expect(client.pausedUntilMs).toBe(waitMs === 0 ? 0 : NOW_MS + waitMs)
    Object.assign(answer, { status: 200, headers: json })
    if (waitMs > 0) {
      time.nowMs += waitMs - 1
      expect(await poll()).toBe('SOURCE_CIRCUIT_OPEN')
      time.nowMs += 1
    }
    expect(await poll()).toBe(NINETY_NINE)
  })

  test('given a used weight near the limit, then it waits for the next minute', async () => {
    const body = '[{"symbol":"BTCUSD","bidPrice":"99","askPrice":"101","closeTime":1760000000000}]'
    const { poll, client } = await venueThat(
      (_, response) =>
        response.writeHead(200, { ...json, 'x-mbx-used-weight-1m': '4800' }).end(body),
      { venue: binance },
    )
    expect(await poll()).toBe(NINETY_NINE)
    expect(client.pausedUntilMs).toBe(Date.UTC(2025, 9, 9, 8, 54))
    expect(await poll()).toBe('SOURCE_CIRCUIT_OPEN')
  })

  test('spends no more than the budget of the venue', async () => {
    let asked = 0
    const limits = new VenueLimits()
    const { poll, port } = await venueThat(
      (_, response) => {
        asked += 1
        response.writeHead(200, json).end(TICKER)
      },
      { limits },
    )
    const codes: unknown[] = []
    for (let each = 0; each < 10; each++) codes.push(await poll())
    expect(asked).toBe(8)
    expect(codes.slice(8)).toEqual(['SOURCE_BUDGET_SPENT', 'SOURCE_BUDGET_SPENT'])
    // Nor does the client that takes its place, or that asks within the same limits.
    expect(await clientAt(`http://127.0.0.1:${port}`, { limits }).poll()).toBe(
      'SOURCE_BUDGET_SPENT',
    )
  })

  test('one product that is refused does not close the venue for the others', async () => {
    const { client } = await venueThat((request, response) => {
      if (request.url?.includes('ETH') === true) response.writeHead(404, json).end('{}')
      else response.writeHead(200, json).end(TICKER)
    })
    const markets = ['BTC/USD', 'ETH/USD'].map((market) => ({
      market,
      symbol: coinbase.symbolOf(market),
    }))
    const signal = new AbortController().signal
    for (let each = 0; each < 3; each++) {
      const outcomes = await client.poll(coinbase.requests(markets), signal)
      expect(outcomes.map(({ type }) => type)).toEqual(['answered', 'failed'])
    }
    expect(client.pausedUntilMs).toBe(0)
  })

  test('given an abort in the middle of an answer, then the poll ends at once', async () => {
    const controller = new AbortController()
    const { client, requests } = await venueThat(() => controller.abort())
    const [outcome] = await client.poll(requests, controller.signal)
    expect(outcome?.type).toBe('failed')
    expect(client.pausedUntilMs).toBe(0)
  })

  test('given a byte order mark or bytes that are no UTF-8, then it says so', async () => {
    const bodies = [Buffer.from([0x22, 0xff, 0x22]), Buffer.from('\u0000')]
    const { poll } = await venueThat((_, response) =>
      response.writeHead(200, json).end(bodies.shift() ?? ''),
    )
    expect(await poll()).toBe('SOURCE_JSON_INVALID')
    expect(await poll()).toBe('SOURCE_JSON_INVALID')
  })

  test('given two lengths or a header without an end, then the answer is not used', async () => {
    const heads = [
      `${HEAD}content-length: 3\r\ncontent-length: 5\r\n\r\n{}`,
      `${HEAD}x: ${'y'.repeat(40_000)}\r\n\r\n{}`,
    ]
    const { poll } = await venueThat((request) => request.socket.end(heads.shift() ?? ''), {
      overrides: { retriesMax: 0 },
    })
    expect(await poll()).toBe('SOURCE_UNREACHABLE')
    expect(await poll()).toBe('SOURCE_UNREACHABLE')
  })

  test('an answer sent before it was asked for is never taken for the next one', async () => {
    const staged = TICKER.replace('"99"', '"1"')
    const { poll } = await venueThat((request) => {
      const page = (body: string) => `${HEAD}content-length: ${body.length}\r\n\r\n${body}`
      request.socket.write(page(TICKER) + page(staged))
    })
    expect(await poll()).toBe(NINETY_NINE)
    expect(await poll()).toBe(NINETY_NINE)
  })
})

describe('a venue with several hosts', () => {
  type Answering = (response: ServerResponse, path: string) => void
  const well: Answering = (response) => response.writeHead(200, json).end(TICKER)
  const blocked: Answering = (response) => response.writeHead(451).end()

  const limited: Answering = (response) => response.writeHead(429, { 'retry-after': '120' }).end()
  /** A venue is asked for two markets at a time, and each answers for itself. */
  const MARKETS = ['BTC/USD', 'ETH/USD']
  const each = (btc: Answering, eth: Answering): Answering => {
    return (response, path) => (path.includes('BTC') ? btc : eth)(response, path)
  }

  /** Hosts that answer as they are told, in the order in which they are preferred. */
  async function hostsThat(answers: Answering[], venue: Venue = coinbase) {
    const asked = answers.map(() => 0)
    const ports: number[] = []
    for (const [index] of answers.entries()) {
      const server = createServer((request, response) => {
        asked[index] = (asked[index] ?? 0) + 1
        answers[index]?.(response, request.url ?? '')
      })
      ports.push(await serve(server))
    }
    const [first = '', ...others] = ports.map((port) => `http://127.0.0.1:${port}`)
    const baseUrls = [first, ...others] as const
    const faults: string[] = []
    const overrides = { baseUrls, retriesMax: 0 }
    const onHostFault = ({ code }: { readonly code: string }) => void faults.push(code)
    const scene = clientAt(first, { venue, markets: MARKETS, overrides, onHostFault })
    return { answers, asked, faults, ports, ...scene }
  }

  test('is asked at the next one at once when the first does not serve this region', async () => {
    const { pollAll, client, asked, faults, ports } = await hostsThat([blocked, well])
    expect(await pollAll()).toEqual([NINETY_NINE, NINETY_NINE])
    expect(asked).toEqual([2, 2])
    expect(faults).toEqual(['SOURCE_REGION_BLOCKED'])
    expect(client.hosts).toEqual({
      host: `127.0.0.1:${ports[1]}`,
      passedOver: [{ host: `127.0.0.1:${ports[0]}`, code: 'SOURCE_REGION_BLOCKED' }],
    })
    // The venue is well: nothing is to be waited for.
    expect(client.pausedUntilMs).toBe(0)
    expect(await pollAll()).toEqual([NINETY_NINE, NINETY_NINE])
    expect(asked).toEqual([2, 4])
  })

  test('is asked where it is preferred again when that had its rest', async () => {
    const { poll, client, time, asked, answers, ports } = await hostsThat([blocked, well])
    await poll()
    time.nowMs += 599_999
    await poll()
    expect(asked).toEqual([2, 4])
    answers[0] = well
    time.nowMs += 1
    expect(await poll()).toBe(NINETY_NINE)
    expect(asked).toEqual([4, 4])
    expect(client.hosts).toEqual({ host: `127.0.0.1:${ports[0]}`, passedOver: [] })
  })

  test('is asked elsewhere for as long as the first host said that it is away', async () => {
    const away: Answering = (response) => response.writeHead(503, { 'retry-after': '300' }).end()
    const { poll, client, time, asked, answers } = await hostsThat([away, well])
    expect(await poll()).toBe(NINETY_NINE)
    expect(client.pausedUntilMs).toBe(0)
    answers[0] = well
    time.nowMs += 299_999
    await poll()
    expect(asked).toEqual([2, 4])
    time.nowMs += 1
    await poll()
    expect(asked).toEqual([4, 4])
  })

  test('is not asked while all of its hosts said that they are away', async () => {
    const awayFor = (seconds: string): Answering => {
      return (response) => response.writeHead(503, { 'retry-after': seconds }).end()
    }
    const { poll, time, asked } = await hostsThat([awayFor('300'), awayFor('120')])
    expect(await poll()).toBe('SOURCE_STATUS_UNEXPECTED')
    time.nowMs += 119_999
    expect(await poll()).toBe('SOURCE_CIRCUIT_OPEN')
    expect(asked).toEqual([2, 2])
    time.nowMs += 1
    expect(await poll()).toBe('SOURCE_STATUS_UNEXPECTED')
    expect(asked).toEqual([2, 4])
  })

  test('is left alone as one venue when no host serves this region', async () => {
    const { poll, client, time, asked } = await hostsThat([blocked, blocked])
    expect(await poll()).toBe('SOURCE_REGION_BLOCKED')
    expect(asked).toEqual([2, 2])
    expect(client.pausedUntilMs).toBe(NOW_MS + 60_000)
    time.nowMs += 60_000
    expect(await poll()).toBe('SOURCE_REGION_BLOCKED')
    expect(asked).toEqual([4, 2])
  })

  test('whose hosts are all slow is asked once at each in a poll, and no more', async () => {
    const { poll, time, asked } = await hostsThat([
      (response) => {
        time.nowMs += 120_000
        response.writeHead(503).end()
      },
      (response) => {
        time.nowMs += 120_000
        response.writeHead(503).end()
      },
    ])
    expect(await poll()).toBe('SOURCE_STATUS_UNEXPECTED')
    expect(asked).toEqual([2, 2])
  })

  test.each<[string, Answering]>([
    ['a limit of requests', limited],
    ['a limit of one of the requests', each(blocked, limited)],
    ['what it says', (response) => response.writeHead(200, json).end('{"message":"NotFound"}')],
  ])('is not asked elsewhere because of %s', async (_, answer) => {
    const { poll, asked, faults } = await hostsThat([answer, well])
    expect(await poll()).toMatch(/^SOURCE_/)
    expect(asked).toEqual([2, 0])
    expect(faults).toEqual([])
  })

  test('that limits one request while it blocks another, is left alone as long as it asks', async () => {
    const { poll, client } = await hostsThat([each(blocked, limited), well])
    await poll()
    expect(client.pausedUntilMs).toBe(NOW_MS + 120_000)
  })

  test('is asked at the next one though its budget left out a request', async () => {
    const requests: Venue['requests'] = (markets) =>
      coinbase.requests(markets).map((each, index) => ({ ...each, weight: index === 0 ? 9 : 1 }))
    const { pollAll, asked, faults } = await hostsThat([blocked, well], { ...coinbase, requests })
    expect(await pollAll()).toEqual(['SOURCE_BUDGET_SPENT', NINETY_NINE])
    expect(asked).toEqual([1, 1])
    expect(faults).toEqual(['SOURCE_REGION_BLOCKED'])
  })

  test('whose 403 is a limit is left alone at all of them, as Bybit for ten minutes', async () => {
    const shut: Answering = (response) => response.writeHead(403).end()
    const { pollAll, client, asked, faults } = await hostsThat([shut, well], bybit)
    expect(await pollAll()).toEqual(['SOURCE_RATE_LIMITED', 'SOURCE_RATE_LIMITED'])
    expect(asked).toEqual([2, 0])
    expect(faults).toEqual([])
    expect(client.pausedUntilMs).toBe(NOW_MS + 600_000)
  })
})

const nameOf = ({ name }: { readonly name: string }) => name

describe('limits that a venue counts for several names together', () => {
  test('shut out of one, an address asks for none; okx counts spot by itself', async () => {
    const book = new LimitsBook()
    const bybitOptions = optionSource(OPTION_VENUES['bybit-options'], [])
    expect(book.of(bybit)).toBe(book.of(bybitOptions))
    expect(book.of(okx)).not.toBe(book.of(optionSource(OPTION_VENUES['okx-options'], [])))
    const shut = await venueThat((_, response) => response.writeHead(403).end(), {
      ...{ venue: bybit, limits: book.of(bybit) },
    })
    expect(await shut.poll()).toBe('SOURCE_RATE_LIMITED')
    const other = clientAt(`http://127.0.0.1:${shut.port}`, { limits: book.of(bybitOptions) })
    expect(await other.poll()).toBe('SOURCE_CIRCUIT_OPEN')
    expect(other.client.pausedUntilMs).toBe(NOW_MS + 600_000)
  })

  test('what all of them ask at their fastest is within what they may ask together', () => {
    const all: readonly Pick<Venue, 'name' | 'budget' | 'sharedLimits'>[] = [
      ...Object.values(VENUES),
      ...Object.values(OPTION_VENUES),
      ...Object.values(PERPETUAL_VENUES),
      ...Object.values(FUTURE_VENUES),
    ]
    const groups = Map.groupBy(all, ({ sharedLimits }) => sharedLimits)
    groups.delete(undefined)
    const names = [...groups].map(([limits, venues]) => [limits?.name, venues.map(nameOf)])
    expect(Object.fromEntries(names)).toEqual({
      bybit: ['bybit', 'bybit-options', 'bybit-perpetuals', 'bybit-futures'],
      deribit: ['deribit-options', 'deribit-futures'],
      'okx-tickers': ['okx-options', 'okx-futures'],
      // One name each, with whatever a configuration declares at their hosts.
      'binance-linear': ['binance-perpetuals'],
      bitmex: ['bitmex-perpetuals'],
      'binance-inverse': ['binance-futures'],
    })
    const rate = (budget: VenueBudget | undefined) =>
      budget === undefined ? 0 : budget.weightMax / budget.perMs
    for (const [limits, venues] of groups) {
      const together = venues.reduce((sum, { budget }) => sum + rate(budget), 0)
      // Sums of thousandths are not exact.
      expect(together).toBeLessThanOrEqual(rate(limits?.budget) + 1e-9)
    }
  })
})

describe('a venue that cannot prove who it is', () => {
  test('given a certificate that nobody vouches for, then nothing it says is used', async () => {
    let asked = 0
    const server = createTlsServer(SELF_SIGNED, (_, response) => {
      asked += 1
      response.writeHead(200, json).end(TICKER)
    })
    const port = await serve(server)
    expect(await clientAt(`https://localhost:${port}`).poll()).toBe('SOURCE_TLS_INVALID')
    expect(asked).toBe(0)
  })

  test('given plain text where TLS should be, then it says so', async () => {
    const { port } = await venueThat((_, response) => response.writeHead(200, json).end(TICKER))
    expect(await clientAt(`https://127.0.0.1:${port}`).poll()).toBe('SOURCE_TLS_INVALID')
  })

  test('given nobody at the address, then it cannot be reached', async () => {
    const { port } = await venueThat(() => undefined)
    await open.shift()?.()
    expect(await clientAt(`http://127.0.0.1:${port}`).poll()).toBe('SOURCE_UNREACHABLE')
  })
})

test.each([
  ['5', 5_000],
  ['0', null],
  ['-5', null],
  ['soon', null],
  ['999999999', 3 * 86_400_000],
  ['Thu, 09 Oct 2025 08:54:20 GMT', 60_000],
  ['Thu, 09 Oct 2025 08:52:20 GMT', null],
  [undefined, null],
])('Retry-After %s is a wait of %s ms', (header, waitMs) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(waitMs)
})

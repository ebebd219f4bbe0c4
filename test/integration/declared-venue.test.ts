import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterEach, expect, test } from 'vitest'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { MARKET_DECIMALS } from '../../node/devnet/market/model.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { feedDefaults } from '../../node/sources/defaults.ts'
import type { Declaration } from '../support/declared.ts'
import { declaration } from '../support/declared.ts'
import { DrivenEngine, FEEDS, SteppedTime, venuesAt } from '../support/venues.ts'

const START_MS = 1_760_000_000_000
const SYMBOLS = { 'BTC/USD': 'b:1', 'ETH/USD': 'e:2', 'SOL/USD': 's:3' }

let open: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.toReversed()) await each.stop()
  open = []
})

/** A venue of which nobody has heard: every ticker in one list, errors with HTTP 200. */
async function startStranger() {
  const asked: string[] = []
  const said = { status: 200, type: 'application/json', body: '' }
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(said.status, { 'content-type': said.type, location: 'https://a.example' })
    response.end(said.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { asked, said, port, stop }
}

/** The default feeds with a leg at the stranger, among the five venues of the market server. */
async function scene(more: Partial<Declaration> = {}) {
  const time = new SteppedTime(START_MS)
  const market = await startMarketServer({ seed: 1, nowMs: time.nowMs })
  const stranger = await startStranger()
  const tickers = () =>
    Object.entries(SYMBOLS).map(([feed, id]) => {
      const [base = ''] = feed.split('/')
      const nowMs = time.nowMs()
      const mid = market.model.honestMid({ venue: 'coinbase', base, quote: 'USD', nowMs })
      const price = formatDecimal(mid, MARKET_DECIMALS)
      return {
        id,
        best: { bid: price, ask: [price] },
        vol: 1_000.5,
        ns: `${nowMs}000000`,
      }
    })
  const answers = (body: object) => {
    stranger.said.body = JSON.stringify(body)
  }
  const declared = declaration({
    baseUrl: `http://127.0.0.1:${stranger.port}/api`,
    access: 'local',
    path: '/v9/tickers?type=spot',
    success: { pointer: '/error', equals: false },
    list: '/result/tickers',
    symbol: '/id',
    fields: {
      bid: '/best/bid',
      ask: '/best/ask/0',
      baseVolume: '/vol',
      time: { pointer: '/ns', unit: 'ns' },
    },
    symbols: SYMBOLS,
    ...more,
  })
  const legs = (feed: string, own: { readonly venue: string; readonly market: string }[]) => [
    ...own,
    { venue: 'stranger', market: feed },
  ]
  const feeds = Object.entries(feedDefaults()).map(([feed, rules]) => [
    feed,
    { ...rules, legs: legs(feed, rules.legs) },
  ])
  const config = sourcesConfigSchema.parse({
    ...venuesAt(market),
    declaredVenues: { stranger: declared },
    feeds: Object.fromEntries(feeds),
  })
  const driven = new DrivenEngine({ config, feeds: FEEDS, declared: ['stranger'] }, time)
  open.push(market, stranger, driven.engine)
  answers({ error: false, result: { tickers: tickers() } })
  await driven.engine.start()
  const verdicts = () =>
    driven.engine
      .sampleFeeds(time.nowMs())
      .feeds.map(({ venues }) => venues.find(({ venue }) => venue === 'stranger')?.code)
  return { time, driven, stranger, answers, tickers, verdicts }
}

test('a venue that stands only in the configuration has a vote like any other', async () => {
  const { driven, stranger, time, verdicts } = await scene()
  await driven.round(1_000)
  expect(driven.codes.get('stranger')).toEqual(['ok'])
  expect(verdicts()).toEqual(['USED', 'USED', 'USED'])
  expect(stranger.asked).toEqual(['/api/v9/tickers?type=spot'])
  const sample = driven.engine.sampleFeeds(time.nowMs())
  const used = sample.quotesUsed.filter(({ venue }) => venue === 'stranger')
  expect(used.map(({ market }) => market)).toEqual(Object.keys(SYMBOLS))
  expect(used.map(({ venueMs }) => venueMs)).toEqual([START_MS, START_MS, START_MS])
  expect(sample.sourceCommitment).toEqual(sourceCommitment(keccak_256, sample.quotesUsed))
  const { weightBps } = sample.feeds[0]?.venues.at(-1) ?? {}
  expect(weightBps).toBeGreaterThan(0)
  expect(driven.engine.venues().map(({ venue }) => venue)).toContain('stranger')
})

test('given prices far from the others, then it is quarantined and moves nothing', async () => {
  const { driven, time, answers, tickers, verdicts } = await scene()
  const far = tickers().map((ticker) => ({ ...ticker, best: { bid: '1', ask: ['1'] } }))
  answers({ error: false, result: { tickers: far } })
  await driven.round(1_000)
  expect(verdicts()).toEqual(['QUARANTINED', 'QUARANTINED', 'QUARANTINED'])
  expect(driven.engine.sampleFeeds(time.nowMs()).values).not.toContain(null)
})

test.each<[string, (ticker: object) => object, string]>([
  ['an error with HTTP 200', () => ({ error: 'maintenance' }), 'SOURCE_REFUSED'],
  ['another shape', () => ({ error: false, result: [] }), 'SOURCE_ANSWER_UNEXPECTED'],
  ['no tickers', () => ({ error: false, result: { tickers: [] } }), 'SOURCE_SYMBOL_ABSENT'],
  [
    'a ticker without a price',
    (ticker) => ({ error: false, result: { tickers: [{ ...ticker, best: {} }] } }),
    'SOURCE_POINTER_ABSENT',
  ],
  [
    'a price of words',
    (ticker) => ({ error: false, result: { tickers: [{ ...ticker, best: { bid: 'x' } }] } }),
    'SOURCE_NUMBER_INVALID',
  ],
])('given %s, then it costs one venue and has a code', async (_, body, code) => {
  const { driven, time, answers, tickers, verdicts } = await scene()
  answers(body(tickers()[0] ?? {}))
  await driven.round(1_000)
  expect(driven.codes.get('stranger')).toEqual([code])
  expect(driven.log.lines).toContainEqual({
    level: 'warn',
    event: 'source.venue.failed',
    fields: expect.objectContaining({ venue: 'stranger', code }),
  })
  expect(verdicts()[0]).toBe('QUOTE_ABSENT')
  expect(driven.engine.sampleFeeds(time.nowMs()).values).not.toContain(null)
})

test.each([
  ['a redirect', { status: 302 }, 'SOURCE_REDIRECTED'],
  ['a page for people', { type: 'text/html' }, 'SOURCE_TYPE_UNEXPECTED'],
  ['a limit', { status: 429 }, 'SOURCE_RATE_LIMITED'],
])(
  'is held to what holds for every venue: given %s, then it is left out',
  async (_, said, code) => {
    const { driven, stranger } = await scene()
    Object.assign(stranger.said, said)
    await driven.round(1_000)
    expect(driven.codes.get('stranger')).toEqual([code])
  },
)

test('no connection is made when its name leads to a private address', async () => {
  const { driven, stranger } = await scene({ baseUrl: 'https://localhost', access: 'public' })
  await driven.round(1_000)
  expect(driven.codes.get('stranger')).toEqual(['SOURCE_ADDRESS_FORBIDDEN'])
  expect(stranger.asked).toEqual([])
})

test('is asked no more often than its declared budget allows', async () => {
  const { driven, stranger, time } = await scene({ budget: { requestsMax: 1, perMs: 4_000 } })
  await driven.round(4_000)
  expect(stranger.asked).toHaveLength(1)
  time.advance(3_999)
  expect(stranger.asked).toHaveLength(1)
  await driven.round(1)
  expect(stranger.asked).toHaveLength(2)
})

import { describe, expect, test } from 'vitest'
import { formatDecimal } from '../../../../aggregator/values/decimal.ts'
import { codeOf } from '../../../../node/errors.ts'
import { forwardSource } from '../../../../node/sources/forward-source.ts'
import type { FutureVenue } from '../../../../node/sources/future-venue.ts'
import { binanceFutures } from '../../../../node/sources/future-venues/binance.ts'
import { bybitFutures } from '../../../../node/sources/future-venues/bybit.ts'
import { deribitFutures } from '../../../../node/sources/future-venues/deribit.ts'
import { okxFutures } from '../../../../node/sources/future-venues/okx.ts'
import { readJson } from '../../../../node/sources/json.ts'
import { underlyingRequests } from '../../../../node/sources/underlying-requests.ts'

const text = (value: bigint | null) =>
  value === null ? null : formatDecimal(value, 18).replace(/\.?0+$/, '')

/** The futures of an answer, or the code of its refusal. */
function parse(venue: FutureVenue, body: string, symbol = venue.symbolOf('BTC/USD')) {
  try {
    return venue.parse(readJson(body), symbol).map(({ expiryMs, bid, ask, venueMs }) => {
      const day = expiryMs === null ? 'perpetual' : new Date(expiryMs).toISOString()
      return [day, text(bid), text(ask), venueMs]
    })
  } catch (error) {
    return codeOf(error)
  }
}

function edit(body: string, from: string, to: string): string {
  expect(body).toContain(from)
  return body.replaceAll(from, to)
}

const EXPIRY = '2027-03-26T08:00:00.000Z'
const TIME_MS = 1_789_990_000_123

/** A dated future and the perpetual in one venue's format, and what both say. */
const VENUES: readonly {
  readonly venue: FutureVenue
  readonly path: string
  readonly body: string
  readonly said: readonly unknown[]
  /** An answer that refuses. */
  readonly refusal: string
}[] = [
  {
    venue: deribitFutures,
    path: '/api/v2/public/get_book_summary_by_currency?currency=BTC&kind=future',
    body:
      '{"jsonrpc":"2.0","result":[{"instrument_name":"BTC-26MAR27","base_currency":"BTC",' +
      '"quote_currency":"USD","bid_price":66010.5,"ask_price":6.6015e4,"mark_price":66012.0,' +
      '"mid_price":66012.75,"creation_timestamp":1789990000123},' +
      '{"instrument_name":"BTC-PERPETUAL","bid_price":65000.0,"ask_price":65000.5,' +
      '"current_funding":0.0,"funding_8h":0.00001,"creation_timestamp":1789990000123}]}',
    said: [
      [EXPIRY, '66010.5', '66015', TIME_MS],
      ['perpetual', '65000', '65000.5', TIME_MS],
    ],
    refusal: '{"jsonrpc":"2.0","error":{"message":"Invalid params","code":-32602}}',
  },
  {
    venue: okxFutures,
    path: '/api/v5/market/tickers?instType=FUTURES&instFamily=BTC-USD',
    body:
      '{"code":"0","msg":"","data":[{"instType":"FUTURES","instId":"BTC-USD-270326",' +
      '"last":"66012.1","bidPx":"66010.5","bidSz":"12","askPx":"66015","askSz":"3",' +
      '"ts":"1789990000123"}]}',
    said: [[EXPIRY, '66010.5', '66015', TIME_MS]],
    refusal: '{"code":"50011","msg":"Too Many Requests","data":[]}',
  },
  {
    venue: bybitFutures,
    path: '/v5/market/tickers?category=linear',
    body:
      '{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[' +
      '{"symbol":"BTC-26MAR27","bid1Price":"1","ask1Price":"1","deliveryTime":"1806048000000"},' +
      '{"symbol":"BTCUSDT-26MAR27","bid1Price":"66010.5","ask1Price":"66015.00",' +
      '"fundingRate":"","predictedDeliveryPrice":"","deliveryTime":"1806048000000"},' +
      '{"symbol":"BTCUSDT","bid1Price":"65000.00","ask1Price":"65000.50","deliveryTime":"0"},' +
      '{"symbol":"BTCUSDTX","bid1Price":"1","ask1Price":"1","deliveryTime":"0"}]},' +
      '"retExtInfo":{},"time":1789990000123}',
    said: [
      [EXPIRY, '66010.5', '66015', TIME_MS],
      ['perpetual', '65000', '65000.5', TIME_MS],
    ],
    refusal: '{"retCode":10006,"retMsg":"Too many visits!","result":{}}',
  },
  {
    venue: binanceFutures,
    path: '/dapi/v1/ticker/bookTicker?pair=BTCUSD',
    body:
      '[{"lastUpdateId":1,"symbol":"BTCUSD_270326","pair":"BTCUSD","bidPrice":"66010.5",' +
      '"bidQty":"16","askPrice":"66015.0","askQty":"7","time":1789990000123},' +
      '{"lastUpdateId":1,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bidPrice":"65000.0",' +
      '"bidQty":"16","askPrice":"65000.5","askQty":"7","time":1789990000123}]',
    said: [
      [EXPIRY, '66010.5', '66015', TIME_MS],
      ['perpetual', '65000', '65000.5', TIME_MS],
    ],
    refusal: '{"code":-1121,"msg":"Invalid symbol."}',
  },
]

describe.each(VENUES)('$venue.name', ({ venue, path, body, said, refusal }) => {
  test('asks for all futures at once and reads books and times', () => {
    expect(venue.pathOf(venue.symbolOf('BTC/USD'))).toBe(path)
    expect(parse(venue, body)).toEqual(said)
  })

  test.each([
    ['a price in words', '66010.5', 'cheap'],
    ['a price beyond all bounds', '66010.5', '1e400'],
    ['a price below zero', '66010.5', '-66010.5'],
  ])('leaves out a future with %s, and keeps the others', (_, from, to) => {
    const changed = edit(body, from, to)
    // As a text where the venue writes numbers.
    const isJson = !changed.includes(':cheap')
    expect(parse(venue, isJson ? changed : edit(changed, ':cheap', ':"cheap"'))).toEqual(
      said.slice(1),
    )
  })

  test('takes no bid for nobody', () => {
    const isNumber = body.includes(':66010.5')
    const none = edit(body, isNumber ? ':66010.5' : '"66010.5', isNumber ? ':null' : '"0')
    expect(parse(venue, none)).toMatchObject([[EXPIRY, null, '66015', TIME_MS], ...said.slice(1)])
  })

  test.each([
    ['SOURCE_REFUSED', refusal],
    ['SOURCE_ANSWER_UNEXPECTED', '"maintenance"'],
  ])('says %s', (code, answer) => {
    expect(parse(venue, answer)).toBe(code)
  })

  test('knows nothing of another coin', () => {
    expect(parse(venue, body, venue.symbolOf('ETH/USD'))).toEqual([])
  })
})

describe('names of futures', () => {
  test.each([
    [deribitFutures, '26MAR27', '31FEB27'],
    [deribitFutures, 'BTC-26MAR27', 'BTC-26MAR27-90000-C'],
    [deribitFutures, 'BTC-26MAR27', 'BTC-FS-26MAR27_PERP'],
    [okxFutures, '270326', '271332'],
    [okxFutures, 'BTC-USD-270326', 'BTC-USD-270326-90000-C'],
    [okxFutures, 'BTC-USD-270326', 'BTC-USDT-270326'],
    [binanceFutures, 'BTCUSD_270326', 'BTCUSD_NEXT'],
    [binanceFutures, 'BTCUSD_270326', 'BTCUSDT_270326'],
  ] as const)('of %o pass over what is none: %s is %s', (venue, from, to) => {
    const found = VENUES.find((each) => each.venue === venue)
    if (found === undefined) throw new Error('every venue has an answer')
    expect(parse(venue, edit(found.body, from, to))).toEqual(found.said.slice(1))
  })

  test('say in which currency they are', () => {
    const quotes = [
      deribitFutures.quoteOf('BTC'),
      deribitFutures.quoteOf('BTC_USDC'),
      okxFutures.quoteOf('BTC-USD'),
      okxFutures.quoteOf('BTC-USDT'),
      bybitFutures.quoteOf('BTC-USDT'),
      binanceFutures.quoteOf('BTCUSD'),
    ]
    expect(quotes).toEqual(['USD', 'USDC', 'USD', 'USDT', 'USDT', 'USD'])
    expect(deribitFutures.pathOf('SOL_USDC')).toContain('currency=USDC&kind=future')
  })

  test('in another currency are read by another symbol', () => {
    const bybit = VENUES[2]?.body ?? ''
    expect(parse(bybitFutures, bybit, 'BTC-USDC')).toEqual([[EXPIRY, '1', '1', TIME_MS]])
  })
})

describe('a venue of futures as a source', () => {
  const rules = { ageMsMax: 60_000, aheadMsMax: 5_000, futureSpreadBpsMax: 100, expiryMsMin: 1 }
  const feed = (name: string, underlying: string, days: number) => {
    return { name, underlying, tenorMs: days * 86_400_000, rules }
  }

  test('is asked once for everything that one answer holds', () => {
    const feeds = [feed('A', 'BTC/USD', 30), feed('B', 'ETH/USD', 30), feed('C', 'BTC/USD', 90)]
    const named = (venue: FutureVenue) =>
      underlyingRequests(venue, { feeds, symbols: {} }).map(({ markets }) =>
        markets.map(({ market, symbol }) => `${market} ${symbol}`),
      )
    expect(named(bybitFutures)).toEqual([['A BTC-USDT', 'B ETH-USDT', 'C BTC-USDT']])
    expect(named(binanceFutures)).toEqual([['A BTCUSD', 'C BTCUSD'], ['B ETHUSD']])
  })

  test('quotes the price at each tenor, or says why there is none', () => {
    const feeds = [feed('NEAR', 'BTC/USD', 30), feed('FAR', 'BTC/USD', 700)]
    const [request] = underlyingRequests(binanceFutures, { feeds, symbols: {} })
    if (request === undefined) throw new Error('there is one request')
    const body = readJson(VENUES[3]?.body ?? '')
    const [near, far] = forwardSource(binanceFutures, feeds).parse(body, request, TIME_MS)
    if (near?.type !== 'quoted') throw new Error('the month has a price')
    // 30 of 185.8 days on the way from 65,000.25 to 66,012.75.
    expect(Number(near.quote.bid) / 1e18).toBeCloseTo(65_162.7, 0)
    expect(near.quote).toMatchObject({ ask: near.quote.bid, venueMs: TIME_MS })
    expect(near.quote.futures).toHaveLength(2)
    expect(far).toEqual({
      type: 'refused',
      market: 'FAR',
      code: 'SOURCE_FORWARD_ABSENT',
      detail: 'EXPIRIES_ONE_SIDED',
    })
  })
})

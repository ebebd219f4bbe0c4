import { describe, expect, test } from 'vitest'
import { intervalMsMin } from '../../../../node/sources/budget.ts'
import { STREAM_DEFAULTS } from '../../../../node/sources/defaults.ts'
import { readJson } from '../../../../node/sources/json.ts'
import type { KnownVenue } from '../../../../node/sources/registry.ts'
import { VENUE_NAMES, VENUES } from '../../../../node/sources/registry.ts'
import type { Venue } from '../../../../node/sources/venue.ts'
import { bids, frame, frames, marketsOf, parse, streamOf } from '../../../support/venue-answers.ts'

describe('every venue', () => {
  const venues: readonly Venue[] = VENUE_NAMES.map((name) => VENUES[name])
  const numbers = [
    '"1e400"',
    '"NaN"',
    '"Infinity"',
    '"0x10"',
    '" 1"',
    '"١"',
    '"-5"',
    'true',
    '[]',
    '{}',
  ]
  const bodies: Readonly<Record<KnownVenue, (bid: string) => string>> = {
    binance: (bid) => `[{"symbol":"BTCUSD","bidPrice":${bid},"closeTime":1732147200123}]`,
    coinbase: (bid) => `{"bid":${bid},"time":"2023-06-16T02:26:52Z"}`,
    kraken: (bid) => `{"error":[],"result":{"XBTUSD":{"b":[${bid}],"a":[],"c":[],"v":[]}}}`,
    bitstamp: (bid) => `{"bid":${bid}}`,
    okx: (bid) => `{"code":"0","data":[{"instId":"BTC-USD","bidPx":${bid}}]}`,
    gemini: (bid) => `{"bid":${bid},"volume":{}}`,
    bitfinex: (bid) => `[["tBTCUSD",${bid}]]`,
    cryptocom: (bid) => `{"code":0,"result":{"data":[{"i":"BTC_USD","b":${bid}}]}}`,
    bybit: (bid) => `{"retCode":0,"result":{"list":[{"symbol":"BTCUSD","bid1Price":${bid}}]}}`,
    kucoin: (bid) => `{"code":"200000","data":{"symbol":"BTC-USD","buy":${bid}}}`,
    gate: (bid) => `[{"currency_pair":"BTC_USD","highest_bid":${bid}}]`,
    htx: (bid) =>
      `{"status":"ok","ch":"market.btcusd.detail.merged","tick":{"bid":[${bid}],"ask":[]}}`,
  }
  const bodyOf = (venue: Venue, bid: string) => bodies[venue.name as KnownVenue](bid)

  test.each(venues.flatMap((venue) => numbers.map((bid) => [venue.name, bid, venue] as const)))(
    '%s: given the bid %s, then the market is refused with a code',
    (_, bid, venue) => {
      const body = bodyOf(venue, bid)
      expect(parse(venue, body, 'BTC/USD')).toEqual(['SOURCE_NUMBER_INVALID'])
    },
  )

  test.each(
    venues.flatMap((venue) =>
      ['null', '""', '"0"', '0'].map((bid) => [venue.name, bid, venue] as const),
    ),
  )('%s: given the bid %s, then it is absent', (_, bid, venue) => {
    const body = bodyOf(venue, bid)
    expect(bids(venue, body, 'BTC/USD')).toEqual([null])
  })

  /** Frames of a connection up to one with a book. */
  const streamed: Readonly<Record<KnownVenue, (bid: string) => readonly string[]>> = {
    binance: (bid) => [`{"stream":"btcusd@bookTicker","data":{"s":"BTCUSD","b":${bid}}}`],
    coinbase: (bid) => [`{"type":"ticker","product_id":"BTC-USD","best_bid":${bid}}`],
    kraken: (bid) => [`{"channel":"ticker","data":[{"symbol":"BTC/USD","bid":${bid}}]}`],
    bitstamp: (bid) => [
      `{"channel":"order_book_btcusd","event":"data","data":{"bids":[[${bid}]],"asks":[]}}`,
    ],
    okx: (bid) => [`{"arg":{"channel":"tickers"},"data":[{"instId":"BTC-USD","bidPx":${bid}}]}`],
    gemini: (bid) => [`{"s":"btcusd","b":${bid},"a":null}`],
    bitfinex: (bid) => [
      '{"event":"subscribed","channel":"ticker","chanId":1,"symbol":"tBTCUSD"}',
      `[1,[${bid}]]`,
    ],
    cryptocom: (bid) => [`{"result":{"channel":"ticker","data":[{"i":"BTC_USD","b":${bid}}]}}`],
    bybit: (bid) => [
      `{"topic":"orderbook.1.BTCUSD","type":"snapshot","data":{"b":[[${bid},"1"]],"a":[]}}`,
    ],
    kucoin: (bid) => [
      `{"type":"message","topic":"/market/ticker:BTC-USD","data":{"bestBid":${bid}}}`,
    ],
    gate: (bid) => [
      `{"channel":"spot.book_ticker","event":"update","result":{"s":"BTC_USD","b":${bid}}}`,
    ],
    htx: (bid) => [`{"ch":"market.btcusd.bbo","tick":{"bid":${bid}}}`],
  }

  test.each(venues.flatMap((venue) => numbers.map((bid) => [venue.name, bid, venue] as const)))(
    '%s: given the bid %s in its stream, then the market is refused with a code',
    (_, bid, venue) => {
      const texts = streamed[venue.name as KnownVenue](bid)
      expect(frames(venue, texts, 'BTC/USD').at(-1)).toEqual(['SOURCE_NUMBER_INVALID'])
    },
  )

  test.each(
    venues.flatMap((venue) =>
      ['null', '{}', '[]', '5', 'true', '"pong"', '"x"', '[[]]', '[{}]'].map(
        (text) => [venue.name, text, venue] as const,
      ),
    ),
  )('%s: given the frame %s, then it is no price', (_, text, venue) => {
    expect(frame(venue, text, 'BTC/USD')).toMatch(/^(heartbeat|ignored|SOURCE_ANSWER_UNEXPECTED)$/)
  })

  test.each(
    venues.filter(({ stream }) => stream !== null).map((venue) => [venue.name, venue] as const),
  )('%s: subscribes to what it was asked for, in frames that are JSON', (_, venue) => {
    const markets = marketsOf(venue, 'BTC/USD', 'ETH/USD')
    const frames = streamOf(venue).subscribe(markets, 1_760_000_000_000)
    expect(frames.length).toBeGreaterThan(0)
    for (const text of frames) expect(() => readJson(text)).not.toThrow()
    const all = frames.join()
    for (const { market, symbol } of markets) {
      expect([market, symbol, symbol.toLowerCase()].some((name) => all.includes(name))).toBe(true)
    }
  })

  test('a stream that is pinged is pinged before its silence counts', () => {
    for (const { stream } of venues) {
      const pingMs = stream?.ping?.everyMs ?? 0
      const idleMs = stream?.idleMs ?? STREAM_DEFAULTS.streamIdleMs
      expect(pingMs).toBeLessThanOrEqual(idleMs - 5_000)
    }
  })

  test.each(venues.map((venue) => [venue.name, venue] as const))(
    '%s: asks once for each market, below its base URL, within its budget',
    (_, venue) => {
      const markets = marketsOf(venue, 'BTC/USD', 'ETH/USD', 'SOL/USD', 'USDT/USD')
      const requests = venue.requests(markets)
      expect(requests.flatMap((request) => request.markets)).toEqual(markets)
      for (const { path } of requests) expect(path).toMatch(/^\/[a-z0-9]/)
      const weight = requests.reduce((sum, request) => sum + request.weight, 0)
      expect(weight).toBeLessThanOrEqual(venue.budget.weightMax)
      expect(intervalMsMin(venue.budget, weight)).toBeLessThanOrEqual(5_000)
      expect(venue.requests([])).toEqual([])
    },
  )

  test.each(
    venues.flatMap((venue) =>
      ['null', '[]', '{}', '"ok"', '7', 'true', '[[]]', '[null]'].map(
        (body) => [venue.name, body, venue] as const,
      ),
    ),
  )('%s: given %s for an answer, then it is refused or says nothing', (_, body, venue) => {
    const answers = parse(venue, body, 'BTC/USD')
    const codes = [answers].flat(1)
    for (const code of codes) {
      if (typeof code === 'string') expect(code).toMatch(/^SOURCE_/)
      else expect(code.slice(0, 3)).toEqual([null, null, null])
    }
  })
})

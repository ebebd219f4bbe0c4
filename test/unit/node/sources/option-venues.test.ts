import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { OptionQuote } from '../../../../aggregator/aggregation/option-chain.ts'
import { formatDecimal } from '../../../../aggregator/values/decimal.ts'
import { codeOf } from '../../../../node/errors.ts'
import { expiryFrom } from '../../../../node/sources/expiries.ts'
import { readJson } from '../../../../node/sources/json.ts'
import type { OptionVenue } from '../../../../node/sources/option-venue.ts'
import { bybitOptions } from '../../../../node/sources/option-venues/bybit.ts'
import { deribitOptions } from '../../../../node/sources/option-venues/deribit.ts'
import { okxOptions } from '../../../../node/sources/option-venues/okx.ts'
import { hasRecordings, NO_RECORDINGS, RECORDINGS } from '../../../support/recordings.ts'

/** 27 March 2026, 08:00 UTC. */
const EXPIRY_MS = 1_774_598_400_000

const text = (value: bigint | null) =>
  value === null ? null : formatDecimal(value, 18).replace(/\.?0+$/, '')

/** An option in a form that reads. */
function shown({ expiryMs, side, strike, bid, ask, forward, venueMs }: OptionQuote) {
  const day = new Date(expiryMs).toISOString()
  return [day, side, text(strike), text(bid), text(ask), text(forward), venueMs]
}

/** The options of an answer, or the code of its refusal. */
function parse(venue: OptionVenue, body: string, symbol = venue.symbolOf('BTC/USD')) {
  try {
    return venue.parse(readJson(body), symbol).options.map(shown)
  } catch (error) {
    return codeOf(error)
  }
}

const edit = (body: string, from: string, to: string) => {
  expect(body).toContain(from)
  return body.replace(from, to)
}

const CALL = ['2026-03-27T08:00:00.000Z', 'call'] as const
const PUT = ['2026-03-27T08:00:00.000Z', 'put'] as const

describe('deribit', () => {
  const call =
    '{"instrument_name":"BTC-27MAR26-90000-C","base_currency":"BTC","quote_currency":"BTC",' +
    '"mark_price":0.0512,"mark_iv":44.31,"bid_price":0.0505,"ask_price":5.2e-2,' +
    '"last":0.051,"underlying_price":88123.4,"underlying_index":"BTC-27MAR26",' +
    '"mid_price":0.05125,"interest_rate":0.0,"open_interest":1234.5,"volume":88.1,' +
    '"creation_timestamp":1766000000123}'
  const put = call.replace('90000-C', '60000-P').replace('0.0505', 'null')
  const body = `{"jsonrpc":"2.0","result":[${call},${put}],"usIn":1,"usOut":2,"testnet":false}`

  test('asks for the whole chain at once', () => {
    expect(deribitOptions.pathOf('BTC')).toBe(
      '/api/v2/public/get_book_summary_by_currency?currency=BTC&kind=option',
    )
    expect(deribitOptions.symbolOf('ETH/USD')).toBe('ETH')
  })

  test('reads prices in coins, the forward and the time; null is nobody', () => {
    expect(deribitOptions.parse(readJson(body), 'BTC').unit).toBe('coin')
    expect(parse(deribitOptions, body)).toEqual([
      [...CALL, '90000', '0.0505', '0.052', '88123.4', 1_766_000_000_123],
      [...PUT, '60000', null, '0.052', '88123.4', 1_766_000_000_123],
    ])
  })

  test('reads a strike below one, and no option in another coin', () => {
    const small = edit(body, 'BTC-27MAR26-90000-C', 'BTC-27MAR26-0d55-C')
    expect(parse(deribitOptions, small)[0]).toEqual([
      ...[...CALL, '0.55', '0.0505', '0.052', '88123.4', 1_766_000_000_123],
    ])
    expect(parse(deribitOptions, body, 'ETH')).toEqual([])
  })

  test.each([
    ['a perpetual', 'BTC-27MAR26-90000-C', 'BTC-PERPETUAL'],
    ['a day that does not exist', '27MAR26-90000-C', '31FEB26-90000-C'],
    ['a month that does not exist', '27MAR26-90000-C', '27MRZ26-90000-C'],
    ['no strike', '90000-C', '-C'],
    ['another side', '90000-C', '90000-X'],
    ['a price that is none', '0.0505', '1e400'],
    ['a negative price', '0.0505', '-0.1'],
    ['a price in words', '0.0505', '"cheap"'],
    ['a time of another century', '1766000000123', '17'],
  ])('leaves out an option with %s, and keeps the others', (_, from, to) => {
    expect(parse(deribitOptions, edit(body, from, to))).toHaveLength(1)
  })

  test.each([
    ['SOURCE_REFUSED', '{"jsonrpc":"2.0","error":{"message":"Invalid params","code":-32602}}'],
    ['SOURCE_ANSWER_UNEXPECTED', '[]'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"result":{}}'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"result":[7]}'],
    ['SOURCE_CHAIN_TOO_LARGE', `{"result":[${'{},'.repeat(5_000)}{}]}`],
  ])('%s', (code, answer) => {
    expect(parse(deribitOptions, answer)).toBe(code)
  })
})

describe('okx', () => {
  const call =
    '{"instType":"OPTION","instId":"BTC-USD-260327-90000-C","last":"0.0505","lastSz":"6",' +
    '"askPx":"0.052","askSz":"330","bidPx":"0.0505","bidSz":"12","open24h":"0.05",' +
    '"volCcy24h":"0","vol24h":"0","ts":"1766000000123"}'
  const put = call.replace('90000-C', '60000-P').replace('"bidPx":"0.0505"', '"bidPx":""')
  const body = `{"code":"0","msg":"","data":[${call},${put}]}`

  test('asks for the whole chain at once', () => {
    expect(okxOptions.pathOf(okxOptions.symbolOf('BTC/USD'))).toBe(
      '/api/v5/market/tickers?instType=OPTION&instFamily=BTC-USD',
    )
  })

  test('reads prices in coins; an empty side is nobody, and there is no forward', () => {
    expect(okxOptions.parse(readJson(body), 'BTC-USD').unit).toBe('coin')
    expect(parse(okxOptions, body)).toEqual([
      [...CALL, '90000', '0.0505', '0.052', null, 1_766_000_000_123],
      [...PUT, '60000', null, '0.052', null, 1_766_000_000_123],
    ])
  })

  test.each([
    ['of another family', 'BTC-USD-260327', 'ETH-USD-260327'],
    ['with a day that does not exist', '260327', '260231'],
    ['with a month that does not exist', '260327', '261327'],
    ['with more behind it', '90000-C', '90000-C-USDT'],
    ['with a price that is none', '"0.052"', '"1e400"'],
  ])('leaves out an option %s', (_, from, to) => {
    expect(parse(okxOptions, edit(body, from, to))).toHaveLength(1)
  })

  test.each([
    ['SOURCE_REFUSED', '{"code":"51000","msg":"Parameter instFamily error","data":[]}'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"data":[]}'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"code":"0"}'],
  ])('%s', (code, answer) => {
    expect(parse(okxOptions, answer)).toBe(code)
  })
})

describe('bybit', () => {
  const call =
    '{"symbol":"BTC-27MAR26-90000-C-USDT","bid1Price":"4450","bid1Size":"3.2","bid1Iv":"0.4421",' +
    '"ask1Price":"4580.5","ask1Size":"1.1","ask1Iv":"0.4512","lastPrice":"4500",' +
    '"markPrice":"4512.3","indexPrice":"87990","markIv":"0.4466",' +
    '"underlyingPrice":"88123.4","openInterest":"12","delta":"0.43","predictedDeliveryPrice":"0"}'
  const put = call.replace('90000-C', '60000-P').replace('"4450"', '"0"')
  const body =
    '{"retCode":0,"retMsg":"SUCCESS","result":{"category":"option","list":' +
    `[${call},${put}]},"retExtInfo":{},"time":1766000000123}`

  test('asks for the whole chain at once', () => {
    expect(bybitOptions.pathOf(bybitOptions.symbolOf('BTC/USD'))).toBe(
      '/v5/market/tickers?category=option&baseCoin=BTC',
    )
  })

  test('reads prices in the currency, with the time of the answer; zero is nobody', () => {
    expect(bybitOptions.parse(readJson(body), 'BTC-USDT').unit).toBe('currency')
    expect(parse(bybitOptions, body)).toEqual([
      [...CALL, '90000', '4450', '4580.5', '88123.4', 1_766_000_000_123],
      [...PUT, '60000', null, '4580.5', '88123.4', 1_766_000_000_123],
    ])
  })

  test('does not mix options that settle in two currencies', () => {
    const mixed = edit(body, '90000-C-USDT', '90000-C')
    expect(parse(bybitOptions, mixed)).toHaveLength(1)
    expect(parse(bybitOptions, mixed, 'BTC')).toEqual([
      [...CALL, '90000', '4450', '4580.5', '88123.4', 1_766_000_000_123],
    ])
  })

  test.each([
    ['SOURCE_REFUSED', '{"retCode":10006,"retMsg":"Too many visits!","result":{},"time":1}'],
    ['SOURCE_REFUSED', '{"retCode":"0"}'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"retCode":0}'],
    ['SOURCE_TIME_INVALID', '{"retCode":0,"result":{"list":[]},"time":"soon"}'],
  ])('%s', (code, answer) => {
    expect(parse(bybitOptions, answer)).toBe(code)
  })
})

describe('the day in a name', () => {
  test.each([
    ['27MAR26', EXPIRY_MS],
    ['260327', EXPIRY_MS],
    ['7MAR26', EXPIRY_MS - 20 * 86_400_000],
    ['29FEB28', Date.UTC(2028, 1, 29, 8)],
  ])('%s', (name, expiryMs) => {
    expect(expiryFrom(name)).toBe(expiryMs)
  })

  test.each(['', '29FEB26', '0MAR26', '27mar26', '27MAR2026', '2603270', '260000', 'PERPETUAL'])(
    'refuses %s',
    (name) => {
      expect(expiryFrom(name)).toBeNull()
    },
  )

  test('is read from every option that the venue named', (context) => {
    if (!hasRecordings) context.skip(NO_RECORDINGS)
    const capture = new URL('DERIBIT.ws.1.0', RECORDINGS)
    const names = readFileSync(capture, 'utf8').matchAll(/"[A-Z]+-(\d+[A-Z]{3}\d\d)-\d+-[CP]"/g)
    const days = [...names].map(([, day]) => expiryFrom(day ?? ''))
    expect(days.length).toBeGreaterThan(100)
    expect(days).not.toContain(null)
  })
})

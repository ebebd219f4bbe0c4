import { describe, expect, test } from 'vitest'
import { formatDecimal } from '../../../../aggregator/values/decimal.ts'
import { codeOf } from '../../../../node/errors.ts'
import { objectAt } from '../../../../node/sources/fields.ts'
import { readJson } from '../../../../node/sources/json.ts'
import type { PerpetualVenue } from '../../../../node/sources/perpetual-venue.ts'
import { binancePerpetuals } from '../../../../node/sources/perpetual-venues/binance.ts'
import { bitmexPerpetuals } from '../../../../node/sources/perpetual-venues/bitmex.ts'
import { bybitPerpetuals } from '../../../../node/sources/perpetual-venues/bybit.ts'
import { okxPerpetuals } from '../../../../node/sources/perpetual-venues/okx.ts'

const HOUR_MS = 3_600_000

/** What an answer says of the perpetual on bitcoin, or the code of its refusal. */
function parse(venue: PerpetualVenue, body: string): unknown {
  try {
    const { rows, key, read } = venue.parse(readJson(body))
    const symbol = venue.symbolOf('BTC/USD')
    const row = rows.map((each) => objectAt(each, 'a row')).find((each) => each.get(key) === symbol)
    if (row === undefined) return 'absent'
    const { rate, intervalMs, venueMs } = read(row)
    const text = formatDecimal(rate, 18).replace(/\.?0+$/, '')
    return [text, intervalMs === null ? null : intervalMs / HOUR_MS, venueMs]
  } catch (error) {
    return codeOf(error)
  }
}

function edit(body: string, from: string, to: string): string {
  expect(body).toContain(from)
  return body.replace(from, to)
}

describe('binance', () => {
  const rows =
    '{"symbol":"BTCUSDT","markPrice":"64000.10000000","indexPrice":"64010.00000000",' +
    '"estimatedSettlePrice":"64005.00000000","lastFundingRate":"-0.00002310",' +
    '"interestRate":"0.00010000","nextFundingTime":1790000000000,"time":1789990000123},' +
    '{"symbol":"BTCUSDT_270326","lastFundingRate":"","nextFundingTime":0,"time":1789990000123}'
  const info = (symbol: string, hours: unknown) =>
    JSON.stringify({ symbol, adjustedFundingRateCap: '0.02', fundingIntervalHours: hours })

  test('reads the estimate for the running interval, and no interval', () => {
    expect(parse(binancePerpetuals, `[${rows}]`)).toEqual(['-0.0000231', null, 1_789_990_000_123])
    expect(binancePerpetuals.symbolOf('ETH/USD')).toBe('ETHUSDT')
  })

  test('reads intervals where they are whole hours, and knows no others', () => {
    const infos = [info('BTCUSDT', 8), info('AUSDT', 4), info('BUSDT', null), info('CUSDT', 0)]
    const answer = readJson(`[${[...infos, info('DUSDT', 1.5), info('EUSDT', '2')].join()}]`)
    expect([...(binancePerpetuals.intervals?.parse(answer) ?? [])]).toEqual([
      ['BTCUSDT', 8 * HOUR_MS],
      ['AUSDT', 4 * HOUR_MS],
      ['EUSDT', 2 * HOUR_MS],
    ])
  })

  test.each([
    ['SOURCE_NUMBER_INVALID', `[${edit(rows, '"-0.00002310"', '""')}]`],
    ['SOURCE_NUMBER_INVALID', `[${edit(rows, '"-0.00002310"', '"low"')}]`],
    ['SOURCE_NUMBER_INVALID', `[${edit(rows, '"-0.00002310"', 'null')}]`],
    ['SOURCE_TIME_INVALID', `[${edit(rows, '1789990000123', '17')}]`],
    ['SOURCE_REFUSED', '{"code":-1121,"msg":"Invalid symbol."}'],
    ['SOURCE_ANSWER_UNEXPECTED', '"maintenance"'],
    ['absent', '[]'],
  ])('says %s', (code, body) => {
    expect(parse(binancePerpetuals, body)).toBe(code)
  })
})

describe('okx', () => {
  const row =
    '{"instType":"SWAP","instId":"BTC-USDT-SWAP","method":"current_period",' +
    '"fundingRate":"0.0001515","nextFundingRate":"","fundingTime":"1790006400000",' +
    '"nextFundingTime":"1790035200000","minFundingRate":"-0.00375","ts":"1789990000123"}'
  const body = `{"code":"0","msg":"","data":[${row}]}`

  test('reads the rate of the interval that ends next, and its length from two ends', () => {
    expect(okxPerpetuals.path).toBe('/api/v5/public/funding-rate?instId=ANY')
    expect(parse(okxPerpetuals, body)).toEqual(['0.0001515', 8, 1_789_990_000_123])
    const four = edit(body, '1790035200000', '1790020800000')
    expect(parse(okxPerpetuals, four)).toEqual(['0.0001515', 4, 1_789_990_000_123])
  })

  test.each([
    [['0.0001515', null, 1_789_990_000_123], edit(body, '"1790035200000"', '""')],
    [['0.0001515', null, 1_789_990_000_123], edit(body, '"fundingTime"', '"other"')],
    [['0.0001515', 8, null], edit(body, '"1789990000123"', '""')],
    ['absent', edit(body, 'BTC-USDT-SWAP', 'BTC-USD-SWAP')],
    ['SOURCE_REFUSED', '{"code":"50011","msg":"Too Many Requests","data":[]}'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"code":"0","data":{}}'],
  ])('says %j', (said, changed) => {
    expect(parse(okxPerpetuals, changed)).toEqual(said)
  })
})

describe('bybit', () => {
  const row =
    '{"symbol":"BTCUSDT","lastPrice":"107089.20","indexPrice":"107135.27",' +
    '"fundingRate":"0.00001938","nextFundingTime":"1790006400000","deliveryTime":"0",' +
    '"bid1Price":"107089.10","ask1Price":"107089.20","fundingIntervalHour":"8"}'
  const dated = '{"symbol":"BTCUSDT-26MAR27","fundingRate":"","deliveryTime":"1806048000000"}'
  const body =
    `{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[${dated},${row}]},` +
    '"retExtInfo":{},"time":1789990000123}'

  test('reads the rate beside futures that have none', () => {
    expect(parse(bybitPerpetuals, body)).toEqual(['0.00001938', 8, 1_789_990_000_123])
  })

  test.each([
    [['0.00001938', null, 1_789_990_000_123], edit(body, '"fundingIntervalHour":"8"', '"x":0')],
    [['0.00001938', null, 1_789_990_000_123], edit(body, '"8"', '"eight"')],
    [['0', 8, 1_789_990_000_123], edit(body, '0.00001938', '0')],
    ['SOURCE_NUMBER_INVALID', edit(body, '0.00001938', '')],
    ['SOURCE_REFUSED', '{"retCode":10006,"retMsg":"Too many visits!","result":{}}'],
    ['SOURCE_ANSWER_UNEXPECTED', '{"retCode":0,"result":{"list":null},"time":1789990000123}'],
  ])('says %j', (said, changed) => {
    expect(parse(bybitPerpetuals, changed)).toEqual(said)
  })

  test('is shut out by the same status as its spot markets', () => {
    expect(bybitPerpetuals.limitStatus).toEqual({ status: 403, pauseMs: 600_000 })
  })
})

describe('bitmex', () => {
  const body =
    '[{"symbol":"XBTUSDT","fundingInterval":"2000-01-01T08:00:00.000Z","fundingRate":-0.00011,' +
    '"timestamp":"2026-09-21T12:26:40.123Z"},' +
    '{"symbol":"XBTZ26","fundingInterval":null,"fundingRate":null,' +
    '"timestamp":"2026-09-21T12:26:40.123Z"}]'

  test('reads a number, and the length of an interval as a moment of the year 2000', () => {
    const venueMs = Date.UTC(2026, 8, 21, 12, 26, 40, 123)
    expect(parse(bitmexPerpetuals, body)).toEqual(['-0.00011', 8, venueMs])
    expect(parse(bitmexPerpetuals, edit(body, '-0.00011', '1.1e-7'))).toEqual([
      '0.00000011',
      8,
      venueMs,
    ])
    expect(parse(bitmexPerpetuals, edit(body, '01-01T08', '01-02T00'))).toEqual([
      '-0.00011',
      24,
      venueMs,
    ])
    expect(bitmexPerpetuals.symbolOf('SOL/USD')).toBe('SOLUSDT')
  })

  test.each([
    ['an interval of another form', '"2000-01-01T08:00:00.000Z"', '28800000'],
    ['an interval of another year', '2000-01-01T08', '2001-01-01T08'],
    ['an interval of no hour', 'T08:00', 'T99:00'],
  ])('knows no interval from %s', (_, from, to) => {
    expect(parse(bitmexPerpetuals, edit(body, from, to))).toMatchObject({ 1: null })
  })

  test.each([
    ['SOURCE_NUMBER_INVALID', edit(body, '-0.00011', 'null')],
    ['SOURCE_TIME_INVALID', edit(body, '2026-09-21T12:26:40.123Z', 'today')],
    ['SOURCE_REFUSED', '{"error":{"message":"Rate limit exceeded","name":"RateLimitError"}}'],
  ])('says %s', (code, changed) => {
    expect(parse(bitmexPerpetuals, changed)).toBe(code)
  })
})

import { describe, expect, test } from 'vitest'
import { bitfinex } from '../../../../node/sources/venues/bitfinex.ts'
import { bybit } from '../../../../node/sources/venues/bybit.ts'
import { cryptocom } from '../../../../node/sources/venues/cryptocom.ts'
import { gate } from '../../../../node/sources/venues/gate.ts'
import { gemini } from '../../../../node/sources/venues/gemini.ts'
import { htx } from '../../../../node/sources/venues/htx.ts'
import { kucoin } from '../../../../node/sources/venues/kucoin.ts'
import { bids, edit, frame, marketsOf, parse } from '../../../support/venue-answers.ts'

const paths = (...[venue, ...markets]: Parameters<typeof marketsOf>) =>
  venue.requests(marketsOf(venue, ...markets)).map(({ path }) => path)

describe('bybit', () => {
  const ticker =
    '{"symbol":"BTCUSDT","bid1Price":"20517.96","bid1Size":"2","ask1Price":"20527.77","ask1Size":' +
    '"1.862172","lastPrice":"20533.13","prevPrice24h":"20393.48","turnover24h":' +
    '"243765620.65899866","volume24h":"11801.27771","usdIndexPrice":"20784.12009279"}'
  const body =
    `{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[${ticker}]},` +
    '"retExtInfo":{},"time":1673859087947}'

  test('takes its own last trade and not the index, the volume in coins and not the turnover', () => {
    expect(paths(bybit, 'BTC/USDT')).toEqual(['/v5/market/tickers?category=spot&symbol=BTCUSDT'])
    expect(parse(bybit, body, 'BTC/USDT')).toEqual([
      ['20517.96', '20527.77', '20533.13', '11801.27771', null, null],
    ])
  })

  test('given a frozen book, then no time of the answer makes it look new', () => {
    const later = edit(body, '1673859087947', '1673859999999')
    expect(parse(bybit, later, 'BTC/USDT')).toEqual(parse(bybit, body, 'BTC/USDT'))
  })

  test('given HTTP 200 with a code, then it is a refusal; its limit is told from others', () => {
    const refused = '{"retCode":10001,"retMsg":"Not supported symbols","result":{}}'
    expect(parse(bybit, refused, 'BTC/USDT')).toBe('SOURCE_REFUSED')
    const limited = '{"retCode":10006,"retMsg":"Too many visits!","result":{}}'
    expect(parse(bybit, limited, 'BTC/USDT')).toBe('SOURCE_RATE_LIMITED')
    expect(parse(bybit, edit(body, 'BTCUSDT', 'ETHUSDT'), 'BTC/USDT')).toEqual([
      'SOURCE_SYMBOL_ABSENT',
    ])
  })
})

describe('the stream of bybit', () => {
  const book =
    '{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT",' +
    '"b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},' +
    '"cts":1672304484976}'
  const ticker =
    '{"topic":"tickers.BTCUSDT","ts":1673853746003,"type":"snapshot","data":{"symbol":"BTCUSDT",' +
    '"lastPrice":"21109.77","volume24h":"6780.866843","turnover24h":"141946527.22907118",' +
    '"usdIndexPrice":"21120.2400136"}}'

  test('takes the book from its own channel, with the time of the matching engine', () => {
    expect(frame(bybit, book, 'ETH/USDT', 'BTC/USDT')).toEqual([
      ['16493.5', '16611', '-', '-', '-', 1_672_304_484_976],
    ])
  })

  test('takes the last trade and the coins of the ticker, which makes no book look new', () => {
    expect(frame(bybit, ticker, 'BTC/USDT')).toEqual([
      ['-', '-', '21109.77', '6780.866843', '-', '-'],
    ])
  })

  test('given a side without offers, then it is gone; without a change, it stays', () => {
    const bidGone = edit(book, '[["16493.50","0.006"]]', '[]')
    expect(frame(bybit, bidGone, 'BTC/USDT')).toEqual([
      [null, '16611', '-', '-', '-', 1_672_304_484_976],
    ])
    const same = edit(bidGone, 'snapshot', 'delta')
    expect(frame(bybit, same, 'BTC/USDT')).toEqual([
      ['-', '16611', '-', '-', '-', 1_672_304_484_976],
    ])
    const moved = edit(book, '["16493.50","0.006"]', '["16493.50","0"],["16493.00","1"]')
    expect(frame(bybit, moved, 'BTC/USDT')).toEqual([
      ['16493', '16611', '-', '-', '-', 1_672_304_484_976],
    ])
  })

  test('tells answers of its own from prices, and a refusal from both', () => {
    expect(frame(bybit, '{"success":true,"ret_msg":"pong","op":"ping"}')).toBe('heartbeat')
    expect(frame(bybit, '{"success":false,"ret_msg":"x","op":"subscribe"}')).toBe('SOURCE_REFUSED')
    expect(frame(bybit, book, 'ETH/USDT')).toBe('ignored')
    expect(frame(bybit, edit(book, '16493.50', '1e400'), 'BTC/USDT')).toEqual([
      'SOURCE_NUMBER_INVALID',
    ])
  })
})

describe('gemini', () => {
  const body =
    '{"bid":"9117.95","ask":"9117.96","volume":{"BTC":"1615.46861748","USD":' +
    '"14727307.57545006088","timestamp":1594982700000},"last":"9115.23"}'

  test('takes the volume of the base currency, and no time from the hour it counts', () => {
    expect(paths(gemini, 'BTC/USD', 'SOL/USD')).toEqual([
      '/v1/pubticker/btcusd',
      '/v1/pubticker/solusd',
    ])
    expect(parse(gemini, body, 'BTC/USD')).toEqual([
      ['9117.95', '9117.96', '9115.23', '1615.46861748', null, null],
    ])
  })

  test('given a volume of other currencies, then it is absent and the price stays', () => {
    expect(parse(gemini, body, 'ETH/USD')).toEqual([
      ['9117.95', '9117.96', '9115.23', null, null, null],
    ])
  })

  test('given an error, then it is a refusal', () => {
    const refused = '{"result":"error","reason":"InvalidSymbol","message":"x"}'
    expect(parse(gemini, refused, 'BTC/USD')).toBe('SOURCE_REFUSED')
  })
})

describe('kucoin', () => {
  const body =
    '{"code":"200000","data":{"time":1602832092060,"symbol":"BTC-USDT","buy":"11328.9","sell":' +
    '"11329","changeRate":"-0.0055","changePrice":"-63.6","high":"11610","low":"11200","vol":' +
    '"2282.70993217","volValue":"25984946.157790431","last":"11328.95","averagePrice":' +
    '"11360.66065903"}}'

  test('takes the last trade and not the mean of the day, coins and not their value', () => {
    expect(paths(kucoin, 'BTC/USDT')).toEqual(['/api/v1/market/stats?symbol=BTC-USDT'])
    expect(parse(kucoin, body, 'BTC/USDT')).toEqual([
      ['11328.9', '11329', '11328.95', '2282.70993217', null, 1_602_832_092_060],
    ])
  })

  test('counts the weight that it documents', () => {
    const weights = kucoin.requests(marketsOf(kucoin, 'BTC/USDT')).map(({ weight }) => weight)
    expect(weights).toEqual([15])
  })

  test('given HTTP 200 with a code, then it is a refusal; nulls are of no such market', () => {
    expect(parse(kucoin, '{"code":"400100","msg":"symbol not exists"}', 'BTC/USDT')).toBe(
      'SOURCE_REFUSED',
    )
    const nothing = '{"code":"200000","data":{"time":1602832092060,"symbol":null,"buy":null}}'
    expect(parse(kucoin, nothing, 'BTC/USDT')).toEqual(['SOURCE_SYMBOL_ABSENT'])
    expect(parse(kucoin, edit(body, '1602832092060', '1602832092'), 'BTC/USDT')).toEqual([
      'SOURCE_TIME_INVALID',
    ])
  })
})

describe('gate', () => {
  const body =
    '[{"currency_pair":"BTC_USDT","last":"15743.4","lowest_ask":"15744.4","lowest_size":"0.2",' +
    '"highest_bid":"15743.5","highest_size":"0.4","change_percentage":"-1.8254","base_volume":' +
    '"9110.473081735","quote_volume":"145082083.2535","high_24h":"16280.9","low_24h":"15468.5"}]'

  test('takes the highest bid and the lowest ask, and the volume in the base currency', () => {
    expect(paths(gate, 'BTC/USDT')).toEqual(['/api/v4/spot/tickers?currency_pair=BTC_USDT'])
    expect(parse(gate, body, 'BTC/USDT')).toEqual([
      ['15743.5', '15744.4', '15743.4', '9110.473081735', null, null],
    ])
  })

  test('given an empty side, an error or another pair, then it says so', () => {
    expect(bids(gate, edit(body, '"15743.5"', '""'), 'BTC/USDT')).toEqual([null])
    const refused = '{"label":"INVALID_CURRENCY_PAIR","message":"Invalid currency pair"}'
    expect(parse(gate, refused, 'BTC/USDT')).toBe('SOURCE_REFUSED')
    expect(parse(gate, body, 'ETH/USDT')).toEqual(['SOURCE_SYMBOL_ABSENT'])
  })
})

describe('cryptocom', () => {
  const body =
    '{"id":-1,"method":"public/get-tickers","code":0,"result":{"data":[{"i":"BTC_USD","h":' +
    '"87000.00","l":"84870.33","a":"85768.30","v":"1042.4626","vv":"89605257.17","c":"0.0099",' +
    '"b":"85765.12","k":"85765.13","oi":"0","t":1791179115094}]}}'

  test('takes k for the ask, because a is the last trade', () => {
    expect(paths(cryptocom, 'BTC/USD')).toEqual([
      '/exchange/v1/public/get-tickers?instrument_name=BTC_USD',
    ])
    expect(parse(cryptocom, body, 'BTC/USD')).toEqual([
      ['85765.12', '85765.13', '85768.3', '1042.4626', null, 1_791_179_115_094],
    ])
  })

  test('given nulls for prices, then they are absent', () => {
    const quiet = ['"a":"85768.30"', '"b":"85765.12"', '"k":"85765.13"'].reduce(
      (text, field) => edit(text, field, `${field.slice(0, 4)}null`),
      body,
    )
    expect(parse(cryptocom, quiet, 'BTC/USD')).toEqual([
      [null, null, null, '1042.4626', null, 1_791_179_115_094],
    ])
  })

  test('given HTTP 200 with a code, then it is a refusal; a perpetual is no spot market', () => {
    const refused = '{"id":-1,"method":"public/get-tickers","code":40004,"message":"x"}'
    expect(parse(cryptocom, refused, 'BTC/USD')).toBe('SOURCE_REFUSED')
    expect(parse(cryptocom, edit(body, 'BTC_USD', 'BTCUSD-PERP'), 'BTC/USD')).toEqual([
      'SOURCE_SYMBOL_ABSENT',
    ])
  })
})

describe('bitfinex', () => {
  const row = '["tBTCUSD",85765,12.5,85766.5,7.25,-120,-0.0014,85765.75,1234.5678,87000,84870]'

  test('asks for all markets at once and counts the places of its rows', () => {
    expect(paths(bitfinex, 'BTC/USD', 'ETH/USD')).toEqual(['/v2/tickers?symbols=tBTCUSD,tETHUSD'])
    expect(parse(bitfinex, `[${row}]`, 'BTC/USD')).toEqual([
      ['85765', '85766.5', '85765.75', '1234.5678', null, null],
    ])
  })

  test.each([
    ['USDT/USD', 'tUSTUSD'],
    ['BTC/USDT', 'tBTCUST'],
    ['DOGE/USD', 'tDOGE:USD'],
    ['BTC/EURQ', 'tBTC:EURQ'],
  ])('spells %s as %s, and it stands in the path as it is read', (market, symbol) => {
    expect(bitfinex.symbolOf(market)).toBe(symbol)
    expect(paths(bitfinex, market)).toEqual([`/v2/tickers?symbols=${encodeURIComponent(symbol)}`])
    expect(bids(bitfinex, `[${edit(row, 'tBTCUSD', symbol)}]`, market)).toEqual(['85765'])
  })

  test('given a price in exponents, then it is read as it stands', () => {
    expect(bids(bitfinex, `[${edit(row, '85765,', '8.5765e-7,')}]`, 'BTC/USD')).toEqual([
      '0.00000085765',
    ])
  })

  test('given HTTP 200 with an error, no row or a short one, then it says so', () => {
    expect(parse(bitfinex, '["error",10020,"symbol: invalid"]', 'BTC/USD')).toBe('SOURCE_REFUSED')
    expect(bids(bitfinex, `[${row}]`, 'BTC/USD', 'ETH/USD')).toEqual([
      '85765',
      'SOURCE_SYMBOL_ABSENT',
    ])
    expect(parse(bitfinex, '[["tBTCUSD",85765]]', 'BTC/USD')).toEqual([
      ['85765', null, null, null, null, null],
    ])
  })
})

describe('htx', () => {
  const body =
    '{"status":"ok","ch":"market.btcusdt.detail.merged","ts":1583494336669,"tick":{"amount":' +
    '26228.672978342216,"open":9078.95,"close":9146.865,"high":9155.41,"id":209988544334,"low":' +
    '8988.0,"ask":[9146.87,0.156134],"vol":2.3822168242201668E8,"bid":[9146.86,0.080758]}}'

  test('reads JSON numbers from their text, coins and not their value', () => {
    expect(paths(htx, 'BTC/USDT')).toEqual(['/market/detail/merged?symbol=btcusdt'])
    expect(parse(htx, body, 'BTC/USDT')).toEqual([
      ['9146.86', '9146.87', '9146.865', '26228.672978342216', null, null],
    ])
    const large = edit(body, '26228.672978342216', '2.6228672978342216E4')
    expect(parse(htx, large, 'BTC/USDT')).toEqual(parse(htx, body, 'BTC/USDT'))
  })

  test('given a frozen book, then no time of the answer makes it look new', () => {
    const later = edit(body, '1583494336669', '1583499999999')
    expect(parse(htx, later, 'BTC/USDT')).toEqual(parse(htx, body, 'BTC/USDT'))
  })

  test('given nobody on a side, then it is absent', () => {
    expect(bids(htx, edit(body, '[9146.86,0.080758]', 'null'), 'BTC/USDT')).toEqual([null])
    expect(bids(htx, edit(body, ',"bid":[9146.86,0.080758]', ''), 'BTC/USDT')).toEqual([null])
  })

  test('given HTTP 200 with an error or another market, then it says so', () => {
    const refused = '{"status":"error","err-code":"invalid-parameter","err-msg":"invalid symbol"}'
    expect(parse(htx, refused, 'BTC/USDT')).toBe('SOURCE_REFUSED')
    expect(parse(htx, body, 'ETH/USDT')).toEqual(['SOURCE_SYMBOL_ABSENT'])
  })
})

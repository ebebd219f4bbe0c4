import { describe, expect, test } from 'vitest'
import { binance } from '../../../../node/sources/venues/binance.ts'
import { bitstamp } from '../../../../node/sources/venues/bitstamp.ts'
import { coinbase } from '../../../../node/sources/venues/coinbase.ts'
import { kraken } from '../../../../node/sources/venues/kraken.ts'
import { okx } from '../../../../node/sources/venues/okx.ts'
import { bids, edit, frame, marketsOf, parse } from '../../../support/venue-answers.ts'

describe('binance', () => {
  const body =
    '[{"symbol":"BTCUSDT","priceChange":"-94.99999800","weightedAvgPrice":"0.29628482",' +
    '"lastPrice":"64000.20","lastQty":"200.0","bidPrice":"64000.00","bidQty":"1","askPrice":' +
    '"64000.40","askQty":"1","volume":"8913.30000000","quoteVolume":"15.3","openTime":' +
    '1499783499040,"closeTime":1732147200123,"firstId":28385,"lastId":28460,"count":76}]'

  test('asks for all markets at once and keeps the time of the venue', () => {
    const [request, ...more] = binance.requests(marketsOf(binance, 'BTC/USDT', 'ETH/USDT'))
    expect(request?.path).toBe('/api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D')
    expect(more).toEqual([])
    expect(parse(binance, body, 'BTC/USDT')).toEqual([
      ['64000', '64000.4', '64000.2', '8913.3', null, 1_732_147_200_123],
    ])
  })

  test('asks for 20 symbols in one request, because 21 cost twenty times as much', () => {
    const many = Array.from({ length: 21 }, (_, i) => `A${i}/USDT`)
    expect(
      binance.requests(marketsOf(binance, ...many)).map(({ markets }) => markets.length),
    ).toEqual([20, 1])
    expect(binance.requests([])).toEqual([])
  })

  test('given a zero bid, then it is absent', () => {
    const halted = edit(body, '"bidPrice":"64000.00"', '"bidPrice":"0.00000000"')
    expect(bids(binance, halted, 'BTC/USDT')).toEqual([null])
  })

  test('given a bad number in one market, then the other is still answered', () => {
    const second = edit(body, 'BTCUSDT', 'ETHUSDT')
    const both = `[${edit(body, '"64000.00"', '"1e400"').slice(1, -1)},${second.slice(1)}`
    expect(bids(binance, both, 'BTC/USDT', 'ETH/USDT')).toEqual(['SOURCE_NUMBER_INVALID', '64000'])
  })

  test('given an error object, then it is a refusal; a missing symbol is named', () => {
    expect(parse(binance, '{"code":-1121,"msg":"Invalid symbol."}', 'BTC/USDT')).toBe(
      'SOURCE_REFUSED',
    )
    expect(bids(binance, body, 'BTC/USDT', 'SOL/USDT')).toEqual(['64000', 'SOURCE_SYMBOL_ABSENT'])
  })

  test('reads its streams', () => {
    const book =
      '{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000",' +
      '"B":"31.21","a":"25.36520000","A":"40.66"}}'
    expect(frame(binance, book, 'BTC/USDT')).toEqual([['25.3519', '25.3652', '-', '-', '-', '-']])
    const ticker =
      '{"stream":"bnbbtc@ticker","data":{"e":"24hrTicker","E":1672515782136,"s":"BNBBTC","w":' +
      '"0.0018","c":"0.0025","b":"0.0024","a":"0.0026","v":"10000","q":"18"}}'
    expect(frame(binance, ticker, 'BNB/BTC')).toEqual([
      ['0.0024', '0.0026', '0.0025', '10000', '-', 1_672_515_782_136],
    ])
    expect(frame(binance, '{"result":null,"id":1}', 'BTC/USDT')).toBe('ignored')
    expect(frame(binance, book, 'ETH/USDT')).toBe('ignored')
    expect(frame(binance, '{"e":"serverShutdown","E":1770123456789}')).toBe('reconnect')
    expect(frame(binance, '{"error":{"code":2,"msg":"x"}}')).toBe('SOURCE_REFUSED')
  })
})

describe('coinbase', () => {
  const body =
    '{"ask":"25499.81","bid":"25499.8","volume":"17697.96099093","trade_id":539894971,"price":' +
    '"25499.81","size":"0.00003172","time":"2023-06-16T02:26:52.037760Z"}'
  const timeMs = Date.UTC(2023, 5, 16, 2, 26, 52, 37)

  test('asks for one product per request and takes the time of its trade', () => {
    expect(
      coinbase.requests(marketsOf(coinbase, 'BTC/USD', 'ETH/USD')).map(({ path }) => path),
    ).toEqual(['/products/BTC-USD/ticker', '/products/ETH-USD/ticker'])
    expect(parse(coinbase, body, 'BTC/USD')).toEqual([
      ['25499.8', '25499.81', '25499.81', '17697.96099093', timeMs, timeMs],
    ])
  })

  test.each([
    '"2023-06-16 02:26:52Z"',
    '"2023-06-16T02:26:52+02:00"',
    '"2023-13-40T00:00:00Z"',
    '"soon"',
    '5',
  ])('given the time %s, then the market is left out', (time) => {
    const odd = edit(body, '"2023-06-16T02:26:52.037760Z"', time)
    expect(parse(coinbase, odd, 'BTC/USD')).toEqual(['SOURCE_TIME_INVALID'])
  })

  test('given a message of the venue, then it is a refusal', () => {
    expect(parse(coinbase, '{"message":"NotFound"}', 'BTC/USD')).toBe('SOURCE_REFUSED')
  })

  test('reads its stream', () => {
    const ticker =
      '{"type":"ticker","sequence":37475248783,"product_id":"ETH-USD","price":"1285.22",' +
      '"volume_24h":"245532.79269678","best_bid":"1285.04","best_ask":"1285.27","time":' +
      '"2022-10-19T23:28:22.061769Z","trade_id":370843401}'
    const tradeMs = Date.UTC(2022, 9, 19, 23, 28, 22, 61)
    expect(frame(coinbase, ticker, 'ETH/USD')).toEqual([
      ['1285.04', '1285.27', '1285.22', '245532.79269678', tradeMs, tradeMs],
    ])
    expect(frame(coinbase, '{"type":"heartbeat","sequence":90}')).toBe('heartbeat')
    expect(frame(coinbase, '{"type":"subscriptions","channels":[]}')).toBe('ignored')
    expect(frame(coinbase, '{"type":"error","message":"x"}')).toBe('SOURCE_REFUSED')
  })
})

describe('kraken', () => {
  const ticker =
    '{"a":["29207.50000","1","1.000"],"b":["29207.40000","1","1.000"],' +
    '"c":["29207.45000","0.00044"],' +
    '"v":["0.78648221","163.28908096"],"p":["105960.64756","105904.39279"],"t":[35,3276]}'
  const body = `{"error":[],"result":{"XXBTZUSD":${ticker}}}`

  test("finds the answer under Kraken's name for it, and never takes the day's average", () => {
    expect(kraken.requests(marketsOf(kraken, 'BTC/USD', 'ETH/USD'))[0]?.path).toBe(
      '/0/public/Ticker?pair=XBTUSD,ETHUSD',
    )
    expect(parse(kraken, body, 'BTC/USD')).toEqual([
      ['29207.4', '29207.5', '29207.45', '163.28908096', null, null],
    ])
  })

  test.each([
    ['ETH/USD', 'XETHZUSD'],
    ['SOL/USD', 'SOLUSD'],
    ['USDT/USD', 'USDTZUSD'],
    ['ETH/BTC', 'XETHXXBT'],
    ['DOGE/USD', 'XDGUSD'],
  ])('knows %s as %s', (market, key) => {
    expect(bids(kraken, `{"error":[],"result":{"${key}":${ticker}}}`, market)).toEqual(['29207.4'])
  })

  test('given HTTP 200 with an error, then it is a refusal', () => {
    const refused = '{"error":["EQuery:Unknown asset pair"]}'
    expect(parse(kraken, refused, 'BTC/USD')).toBe('SOURCE_REFUSED')
  })

  test.each([
    [
      'no list',
      edit(body, '["29207.40000","1","1.000"]', '"29207.4"'),
      ['SOURCE_ANSWER_UNEXPECTED'],
    ],
    ['an empty list', edit(body, '["29207.40000","1","1.000"]', '[]'), [null]],
    ['another pair', body.replace('XXBTZUSD', 'XETHZUSD'), ['SOURCE_SYMBOL_ABSENT']],
    ['no result', '{"error":[]}', 'SOURCE_ANSWER_UNEXPECTED'],
    ['a list', '[]', 'SOURCE_ANSWER_UNEXPECTED'],
    ['null', 'null', 'SOURCE_ANSWER_UNEXPECTED'],
  ])('given %s, then it says so', (_, odd, answer) => {
    expect(bids(kraken, odd, 'BTC/USD')).toEqual(answer)
  })

  test('reads the JSON numbers of its stream from their text', () => {
    const update =
      '{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":105944.20,' +
      '"bid_qty":2.5,"ask":105944.300000000000000001,"ask_qty":3.2,"last":105899.40,' +
      '"volume":163.28908096,"vwap":105904.39279,"timestamp":"2022-12-25T09:30:59.123456Z"}]}'
    expect(frame(kraken, update, 'BTC/USD')).toEqual([
      [
        '105944.2',
        '105944.300000000000000001',
        '105899.4',
        '163.28908096',
        null,
        Date.UTC(2022, 11, 25, 9, 30, 59, 123),
      ],
    ])
    expect(frame(kraken, '{"channel":"heartbeat"}')).toBe('heartbeat')
    expect(frame(kraken, '{"channel":"status","data":[{"system":"online"}]}')).toBe('ignored')
    expect(frame(kraken, '{"method":"subscribe","success":false,"error":"x"}')).toBe(
      'SOURCE_REFUSED',
    )
  })
})

describe('bitstamp', () => {
  const body =
    '{"ask":"2211.00","bid":"2188.97","high":"2811.00","last":"2211.00","low":"2188.97","open":' +
    '"2211.00","pair":"BTC/USD","timestamp":"1643640186","volume":"213.26801100","vwap":"2189.80"}'

  test('turns its seconds into milliseconds', () => {
    expect(bitstamp.requests(marketsOf(bitstamp, 'BTC/USD'))[0]?.path).toBe(
      '/api/v2/ticker/btcusd/',
    )
    expect(parse(bitstamp, body, 'BTC/USD')).toEqual([
      ['2188.97', '2211', '2211', '213.268011', null, 1_643_640_186_000],
    ])
  })

  test('given the answer for another pair on the same connection, then it is not ours', () => {
    expect(parse(bitstamp, body, 'ETH/USD')).toEqual(['SOURCE_SYMBOL_ABSENT'])
  })

  test('given an error, then it is a refusal', () => {
    expect(parse(bitstamp, '{"status":"error","reason":"x","code":"400.002"}', 'BTC/USD')).toBe(
      'SOURCE_REFUSED',
    )
  })

  test.each(['"16436401860000000000000"', '"-1"', '"0"', '1643640186.5', 'true'])(
    'given the timestamp %s, then the market is left out',
    (timestamp) => {
      const odd = edit(body, '"1643640186"', timestamp)
      expect(parse(bitstamp, odd, 'BTC/USD')).toEqual(['SOURCE_TIME_INVALID'])
    },
  )

  test('reads its streams', () => {
    const book =
      '{"channel":"order_book_btcusd","event":"data","data":{"timestamp":"1643643584",' +
      '"microtimestamp":"1643643584684047","bids":[["100.5","1"],["100","1"]],' +
      '"asks":[["101","1"]]}}'
    expect(frame(bitstamp, book, 'ETH/USD', 'BTC/USD')).toEqual([
      ['100.5', '101', '-', '-', '-', 1_643_643_584_684],
    ])
    const trade =
      '{"channel":"live_trades_ethusd","event":"trade","data":{"id":317319339,"timestamp":' +
      '"1706302442","amount":0.062,"price":2253.7,"price_str":"2253.7","microtimestamp":' +
      '"1706302442078000"}}'
    expect(frame(bitstamp, trade, 'ETH/USD')).toEqual([
      ['-', '-', '2253.7', '-', 1_706_302_442_078, '-'],
    ])
    expect(frame(bitstamp, '{"event":"bts:request_reconnect","channel":"","data":""}')).toBe(
      'reconnect',
    )
    expect(frame(bitstamp, '{"event":"bts:heartbeat"}')).toBe('heartbeat')
    expect(frame(bitstamp, '{"event":"bts:subscription_succeeded","channel":"x","data":{}}')).toBe(
      'ignored',
    )
    expect(frame(bitstamp, trade, 'BTC/USD')).toBe('ignored')
  })
})

describe('okx', () => {
  const ticker =
    '{"instType":"SPOT","instId":"BTC-USDT","last":"9999.99","lastSz":"0.1","askPx":"9999.99",' +
    '"askSz":"11","bidPx":"8888.88","bidSz":"5","volCcy24h":"2222","vol24h":"1111",' +
    '"ts":"1597026383085"}'
  const body = `{"code":"0","msg":"","data":[${ticker}]}`

  test('keeps the volume in the base currency', () => {
    expect(okx.requests(marketsOf(okx, 'BTC/USDT'))[0]?.path).toBe(
      '/api/v5/market/ticker?instId=BTC-USDT',
    )
    expect(parse(okx, body, 'BTC/USDT')).toEqual([
      ['8888.88', '9999.99', '9999.99', '1111', null, 1_597_026_383_085],
    ])
  })

  test('given an empty price, then it is absent and not zero', () => {
    expect(bids(okx, edit(body, '"bidPx":"8888.88"', '"bidPx":""'), 'BTC/USDT')).toEqual([null])
  })

  test('given HTTP 200 with a code, then it is a refusal', () => {
    expect(parse(okx, '{"code":"50011","msg":"Too Many Requests","data":[]}', 'BTC/USDT')).toBe(
      'SOURCE_REFUSED',
    )
    expect(parse(okx, '{"code":"0","msg":"","data":[]}', 'BTC/USDT')).toEqual([
      'SOURCE_SYMBOL_ABSENT',
    ])
  })

  test('reads its stream', () => {
    const update = `{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[${ticker}]}`
    expect(frame(okx, update, 'BTC/USDT')).toEqual([
      ['8888.88', '9999.99', '9999.99', '1111', null, 1_597_026_383_085],
    ])
    expect(frame(okx, '"pong"')).toBe('heartbeat')
    expect(frame(okx, '{"event":"subscribe","arg":{"channel":"tickers"}}')).toBe('ignored')
    expect(frame(okx, '{"event":"error","code":"60012","msg":"x"}')).toBe('SOURCE_REFUSED')
  })
})

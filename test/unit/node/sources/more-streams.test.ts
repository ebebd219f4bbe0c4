import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../node/errors.ts'
import { readJson } from '../../../../node/sources/json.ts'
import { bitfinex } from '../../../../node/sources/venues/bitfinex.ts'
import { cryptocom } from '../../../../node/sources/venues/cryptocom.ts'
import { gate } from '../../../../node/sources/venues/gate.ts'
import { gemini } from '../../../../node/sources/venues/gemini.ts'
import { htx } from '../../../../node/sources/venues/htx.ts'
import { kucoin } from '../../../../node/sources/venues/kucoin.ts'
import { edit, frame, frames, marketsOf, streamOf } from '../../../support/venue-answers.ts'

const NOW_MS = 1_760_000_000_123

const subscriptions = (...[venue, ...markets]: Parameters<typeof marketsOf>) =>
  streamOf(venue).subscribe(marketsOf(venue, ...markets), NOW_MS)

describe('the stream of gemini', () => {
  const book =
    '{"u":8213,"E":1751505576085123456,"s":"btcusd","b":"108150.10","B":"0.5","a":"108150.20",' +
    '"A":"1.25"}'

  test('takes both sides of the book with its own time, which is in nanoseconds', () => {
    expect(subscriptions(gemini, 'BTC/USD', 'ETH/USD')).toEqual([
      '{"id":"subscribe","method":"subscribe","params":["btcusd@bookTicker","ethusd@bookTicker"]}',
    ])
    const quote = [['108150.1', '108150.2', '-', '-', '-', 1_751_505_576_085]]
    expect(frame(gemini, book, 'ETH/USD', 'BTC/USD')).toEqual(quote)
    expect(frame(gemini, edit(book, 'btcusd', 'BTCUSD'), 'BTC/USD')).toEqual(quote)
  })

  test('given a time in another unit, then the market is left out instead of looking new', () => {
    for (const time of ['1751505576085', '1751505576', '1751505576085123456789']) {
      const odd = edit(book, '1751505576085123456', time)
      expect(frame(gemini, odd, 'BTC/USD')).toEqual(['SOURCE_TIME_INVALID'])
    }
  })

  test('tells answers of its own from prices, and a refusal from both', () => {
    expect(frame(gemini, '{"id":"ping","status":200,"result":{}}')).toBe('heartbeat')
    const refusal = '{"id":"subscribe","status":400,"error":{"code":-1013,"msg":"bad stream"}}'
    expect(frame(gemini, refusal)).toBe('SOURCE_REFUSED')
    expect(frame(gemini, book, 'ETH/USD')).toBe('ignored')
    const trade = '{"E":1751505576085123456,"s":"btcusd","t":1,"p":"1","q":"1","m":true}'
    expect(frame(gemini, trade, 'BTC/USD')).toBe('ignored')
  })
})

describe('the stream of kucoin', () => {
  const ticker =
    '{"type":"message","topic":"/market/ticker:BTC-USDT","subject":"trade.ticker","data":{' +
    '"sequence":"1545896668986","price":"67269","size":"0.011","bestAsk":"67267.6","bestAskSize":' +
    '"0.18","bestBid":"67267.5","bestBidSize":"0.036","time":1729172965609}}'
  const ticket =
    '{"code":"200000","data":{"token":"2neA/+ =","instanceServers":[{"endpoint":' +
    '"wss://ws-api-spot.kucoin.com/","encrypt":true,"protocol":"websocket","pingInterval":18000,' +
    '"pingTimeout":10000}]}}'

  const address = (text: string) => {
    try {
      return streamOf(kucoin).ticket?.parse(readJson(text))
    } catch (error) {
      return codeOf(error)
    }
  }

  test('takes the book and the last trade, under either spelling of their time', () => {
    expect(subscriptions(kucoin, 'BTC/USDT', 'ETH/USDT')).toEqual([
      '{"id":"subscribe","type":"subscribe","topic":"/market/ticker:BTC-USDT,ETH-USDT",' +
        '"privateChannel":false,"response":true}',
    ])
    const quote = [['67267.5', '67267.6', '67269', '-', '-', 1_729_172_965_609]]
    expect(frame(kucoin, ticker, 'ETH/USDT', 'BTC/USDT')).toEqual(quote)
    expect(frame(kucoin, edit(ticker, '"time"', '"Time"'), 'BTC/USDT')).toEqual(quote)
  })

  test('its ticket leads to the stream, whatever stands in the token', () => {
    expect(address(ticket)).toBe('wss://ws-api-spot.kucoin.com/?token=2neA%2F%2B%20%3D')
    expect(address('{"code":"429000","msg":"Too Many Requests"}')).toBe('SOURCE_REFUSED')
    const odd = [
      edit(ticket, '"token":"2neA/+ =",', ''),
      edit(ticket, '{"endpoint"', '{"other"'),
      '{"code":"200000","data":{"token":"x","instanceServers":[]}}',
      '[]',
    ]
    for (const text of odd) expect(address(text)).toBe('SOURCE_ANSWER_UNEXPECTED')
  })

  test('tells answers of its own from prices, and a refusal from both', () => {
    expect(frame(kucoin, '{"id":"x","type":"welcome"}')).toBe('welcome')
    expect(frame(kucoin, '{"id":"ping","type":"pong"}')).toBe('heartbeat')
    expect(frame(kucoin, '{"id":"1","type":"ack"}')).toBe('heartbeat')
    expect(frame(kucoin, '{"id":"1","type":"error","code":404,"data":"no topic"}')).toBe(
      'SOURCE_REFUSED',
    )
    expect(frame(kucoin, ticker, 'ETH/USDT')).toBe('ignored')
    expect(frame(kucoin, edit(ticker, '"type":"message"', '"type":"notice"'), 'BTC/USDT')).toBe(
      'ignored',
    )
  })
})

describe('the stream of gate', () => {
  const book =
    '{"time":1606293275,"time_ms":1606293275723,"channel":"spot.book_ticker","event":"update",' +
    '"result":{"t":1606293275123,"u":48733182,"s":"BTC_USDT","b":"19177.79","B":"0.0003341504",' +
    '"a":"19179.38","A":"0.09"}}'
  const ticker =
    '{"time":1669107766,"time_ms":1669107766406,"channel":"spot.tickers","event":"update",' +
    '"result":{"currency_pair":"BTC_USDT","last":"15743.4","lowest_ask":"15744.4","highest_bid":' +
    '"15743.5","base_volume":"9110.473081735","quote_volume":"145082083.2535"}}'

  test('takes the book with the time of its change, and not that of the message', () => {
    expect(subscriptions(gate, 'BTC/USDT')).toEqual([
      '{"time":1760000000,"channel":"spot.book_ticker","event":"subscribe","payload":["BTC_USDT"]}',
      '{"time":1760000000,"channel":"spot.tickers","event":"subscribe","payload":["BTC_USDT"]}',
    ])
    expect(frame(gate, book, 'ETH/USDT', 'BTC/USDT')).toEqual([
      ['19177.79', '19179.38', '-', '-', '-', 1_606_293_275_123],
    ])
  })

  test('a ticker that comes each second makes no old book look new', () => {
    expect(frame(gate, ticker, 'BTC/USDT')).toEqual([
      ['-', '-', '15743.4', '9110.473081735', '-', '-'],
    ])
  })

  test('given an empty side, then it is gone', () => {
    const bidGone = edit(book, '"19177.79"', '""')
    expect(frame(gate, bidGone, 'BTC/USDT')).toEqual([
      [null, '19179.38', '-', '-', '-', 1_606_293_275_123],
    ])
  })

  test('pings with the time, and tells answers of its own from prices', () => {
    const { ping } = streamOf(gate)
    expect(ping?.textAt(NOW_MS)).toBe('{"time":1760000000,"channel":"spot.ping"}')
    expect(frame(gate, '{"time":1,"channel":"spot.pong","event":"","error":null}')).toBe(
      'heartbeat',
    )
    const ack =
      '{"time":1,"channel":"spot.tickers","event":"subscribe","error":null,' +
      '"result":{"status":"success"}}'
    expect(frame(gate, ack, 'BTC/USDT')).toBe('ignored')
    const refusal = '{"time":1,"channel":"spot.tickers","error":{"code":2,"message":"unknown"}}'
    expect(frame(gate, refusal, 'BTC/USDT')).toBe('SOURCE_REFUSED')
    expect(frame(gate, book, 'ETH/USDT')).toBe('ignored')
  })
})

describe('the stream of cryptocom', () => {
  const ticker =
    '{"id":-1,"method":"subscribe","code":0,"result":{"instrument_name":"BTC_USD","subscription":' +
    '"ticker.BTC_USD","channel":"ticker","data":[{"h":"51790.00","l":"47895.50","a":"51174.5000"' +
    ',"c":"0.03955106","b":"51170.000000","bs":"0.1000","k":"51180.000000","ks":"0.2000","i":' +
    '"BTC_USD","v":"879.5024","vv":"26370000.12","oi":"12345.12","t":1613580710768}]}}'

  test('waits before it subscribes, and takes k for the ask, because a is the last trade', () => {
    expect(streamOf(cryptocom).subscribeAfter).toBe(1_000)
    expect(subscriptions(cryptocom, 'BTC/USD', 'ETH/USD')).toEqual([
      '{"id":1,"method":"subscribe","params":{"channels":["ticker.BTC_USD","ticker.ETH_USD"]},' +
        '"nonce":1760000000123}',
    ])
    expect(frame(cryptocom, ticker, 'ETH/USD', 'BTC/USD')).toEqual([
      ['51170', '51180', '51174.5', '879.5024', null, 1_613_580_710_768],
    ])
  })

  test('is told that we are there when it asks, with the number of its question', () => {
    const question = '{"id":1587523073344,"method":"public/heartbeat","code":0}'
    expect(frame(cryptocom, question)).toBe(
      '{"id":1587523073344,"method":"public/respond-heartbeat"}',
    )
    for (const id of ['"1"', '1.5', '1e9', '1'.repeat(21), 'null', '{}']) {
      expect(frame(cryptocom, edit(question, '1587523073344', id))).toBe('SOURCE_ANSWER_UNEXPECTED')
    }
  })

  test('tells answers of its own from prices, and a refusal from both', () => {
    expect(frame(cryptocom, '{"id":1,"method":"subscribe","code":0}')).toBe('ignored')
    expect(frame(cryptocom, '{"id":1,"method":"subscribe","code":40003,"message":"x"}')).toBe(
      'SOURCE_REFUSED',
    )
    expect(frame(cryptocom, ticker, 'ETH/USD')).toBe('ignored')
    const perpetual = ticker.replaceAll('BTC_USD', 'BTCUSD-PERP')
    expect(frame(cryptocom, perpetual, 'BTC/USD')).toBe('ignored')
  })
})

describe('the stream of bitfinex', () => {
  const told =
    '{"event":"subscribed","channel":"ticker","chanId":232949,"symbol":"tBTCUSD","pair":"BTCUSD"}'
  const ticker = '[232949,[85765,12.5,85766.5,7.25,-120,-0.0014,85765.75,1234.5678,87000,84870]]'
  const quote = [['85765', '85766.5', '85765.75', '1234.5678', null, null]]

  test('knows a channel by the number that it was told', () => {
    expect(subscriptions(bitfinex, 'BTC/USD')).toEqual([
      '{"event":"subscribe","channel":"ticker","symbol":"tBTCUSD"}',
    ])
    expect(frames(bitfinex, [ticker, told, ticker], 'ETH/USD', 'BTC/USD')).toEqual([
      'ignored',
      'ignored',
      quote,
    ])
  })

  test('remembers nothing of the connection before, where numbers meant others', () => {
    frames(bitfinex, [told], 'BTC/USD')
    expect(frames(bitfinex, [ticker], 'BTC/USD')).toEqual(['ignored'])
    const again = edit(told, '232949', '7')
    const old = frames(bitfinex, [told, again, ticker, edit(ticker, '232949', '7')], 'BTC/USD')
    expect(old.slice(2)).toEqual(['ignored', quote])
  })

  test('given channels and markets that nobody asked for, then they are ignored', () => {
    const other = edit(told, 'tBTCUSD', 'tEVLUSD')
    const trades = edit(told, '"channel":"ticker"', '"channel":"trades"')
    for (const text of [other, trades]) {
      expect(frames(bitfinex, [text, ticker], 'BTC/USD')).toEqual(['ignored', 'ignored'])
    }
  })

  test('a heartbeat is no price; a row that became longer is read all the same', () => {
    const longer = edit(ticker, '84870]', '84870,1,2,3]')
    const said = frames(bitfinex, [told, '[232949,"hb"]', longer], 'BTC/USD')
    expect(said.slice(1)).toEqual(['heartbeat', quote])
  })

  test('is left when it restarts, and asked again when its maintenance is over', () => {
    const info = (code: number) => `{"event":"info","code":${code},"msg":"x"}`
    const said = frames(bitfinex, ['{"event":"info","version":2}', info(20_060)])
    expect(said).toEqual(['ignored', 'ignored'])
    expect(frames(bitfinex, [info(20_051), info(20_061)])).toEqual(['reconnect', 'reconnect'])
  })

  test.each([
    ['an error', '{"event":"error","msg":"symbol: invalid","code":10300}', 'SOURCE_REFUSED'],
    ['a number that is none', edit(told, '232949', '"x"'), 'SOURCE_ANSWER_UNEXPECTED'],
    ['a row without a number', '["x",[1]]', 'SOURCE_ANSWER_UNEXPECTED'],
    ['an empty list', '[]', 'SOURCE_ANSWER_UNEXPECTED'],
    [
      'a channel that says a text',
      edit(ticker, ticker.slice(8), '"on"]'),
      'SOURCE_ANSWER_UNEXPECTED',
    ],
  ])('given %s, then it says so', (_, text, code) => {
    expect(frames(bitfinex, [told, text], 'BTC/USD')[1]).toBe(code)
  })
})

describe('the stream of htx', () => {
  const book =
    '{"ch":"market.btcusdt.bbo","ts":1671941599613,"tick":{"seqId":161499562790,"ask":16829.51,' +
    '"askSize":0.707776,"bid":16829.5,"bidSize":1.685945,"quoteTime":1671941599612,"symbol":' +
    '"btcusdt"}}'
  const ticker =
    '{"ch":"market.btcusdt.ticker","ts":1630982370526,"tick":{"open":51732,"high":52785.64,' +
    '"close":52735.63,"amount":13259.24137056181,"vol":687640987.4125315,"bid":52732.88,' +
    '"ask":52732.89,"lastPrice":52735.63,"lastSize":0.03}}'

  test('takes the book with the time of its change, as numbers or as texts', () => {
    expect(subscriptions(htx, 'BTC/USDT')).toEqual([
      '{"sub":"market.btcusdt.bbo","id":"btcusdt.bbo"}',
      '{"sub":"market.btcusdt.ticker","id":"btcusdt.ticker"}',
    ])
    const quote = [['16829.5', '16829.51', '-', '-', '-', 1_671_941_599_612]]
    expect(frame(htx, book, 'ETH/USDT', 'BTC/USDT')).toEqual(quote)
    const texts = edit(edit(book, '16829.51', '"16829.51"'), '1671941599612', '"1671941599612"')
    expect(frame(htx, texts, 'BTC/USDT')).toEqual(quote)
  })

  test('a ticker that comes ten times a second makes no old book look new', () => {
    expect(frame(htx, ticker, 'BTC/USDT')).toEqual([
      ['-', '-', '52735.63', '13259.24137056181', '-', '-'],
    ])
  })

  test('is answered when it pings, with what it said and nothing else', () => {
    expect(frame(htx, '{"ping":1492420473027}')).toBe('{"pong":1492420473027}')
    for (const odd of ['"1"', '1.5', '1e9', '1'.repeat(21), 'null', '[]']) {
      expect(frame(htx, `{"ping":${odd}}`)).toBe('SOURCE_ANSWER_UNEXPECTED')
    }
  })

  test('tells answers of its own from prices, and a refusal from both', () => {
    const refusal = '{"status":"error","err-code":"bad-request","err-msg":"invalid topic","ts":1}'
    expect(frame(htx, refusal)).toBe('SOURCE_REFUSED')
    expect(frame(htx, '{"id":"1","status":"ok","subbed":"market.btcusdt.bbo","ts":1}')).toBe(
      'ignored',
    )
    expect(frame(htx, book, 'ETH/USDT')).toBe('ignored')
  })
})

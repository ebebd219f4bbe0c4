import { describe, expect, test } from 'vitest'
import { declared } from '../../../support/declared.ts'
import { bids, marketsOf, parse } from '../../../support/venue-answers.ts'

const TIME_MS = 1_732_147_200_123

const paths = (...[venue, ...markets]: Parameters<typeof marketsOf>) =>
  venue.requests(marketsOf(venue, ...markets)).map(({ path }) => path)

describe('a declared venue', () => {
  test('asks once per market where its path names one, and spells it safely', () => {
    const venue = declared({ path: '/{symbol}/t?s={symbol}', symbols: { 'BTC/USD': 'a:b' } })
    expect(paths(venue, 'BTC/USD')).toEqual(['/a%3Ab/t?s=a%3Ab'])
    expect(paths(declared(), 'BTC/USD', 'ETH/USD')).toEqual([
      '/v1/ticker?market=btc-usd',
      '/v1/ticker?market=eth-usd',
    ])
    expect(venue.budget).toEqual({ weightMax: 5, perMs: 1_000 })
    expect(venue.requests([])).toEqual([])
  })

  test('reads every field from where its pointer leads, numbers from their text', () => {
    const venue = declared({
      fields: {
        bid: '/book/bids/0/0',
        ask: '/book/asks/0/0',
        last: '/a~1b',
        lastTime: { pointer: '/traded', unit: 's' },
        baseVolume: '/volume',
        time: { pointer: '/ts', unit: 'ms' },
      },
    })
    const body =
      '{"book":{"bids":[[64000.000000000000000001,"2"]],"asks":[["64000.4"]]},"a/b":"6.40002e4",' +
      `"traded":1732147199,"volume":"8913.3","ts":"${TIME_MS}"}`
    expect(parse(venue, body, 'BTC/USD')).toEqual([
      ['64000.000000000000000001', '64000.4', '64000.2', '8913.3', 1_732_147_199_000, TIME_MS],
    ])
  })

  test.each([
    ['s', '1732147200', 1_732_147_200_000],
    ['ms', '1732147200123', TIME_MS],
    ['us', '1732147200123999', TIME_MS],
    ['ns', '1732147200123999999', TIME_MS],
    ['iso8601', '"2024-11-21T00:00:00.123999Z"', TIME_MS],
  ] as const)('reads a time in %s', (unit, text, wantedMs) => {
    const venue = declared({
      fields: { bid: '/bid', ask: '/ask', time: { pointer: '/t', unit } },
    })
    const body = (time: string) => `{"bid":1,"ask":2,"t":${time}}`
    expect(parse(venue, body(text), 'BTC/USD')).toEqual([['1', '2', null, null, null, wantedMs]])
    const other = unit === 'ms' ? '1732147200' : '1732147200123.5'
    expect(parse(venue, body(other), 'BTC/USD')).toEqual(['SOURCE_TIME_INVALID'])
  })

  test('given a pointer that leads nowhere, then the market is refused and not without a price', () => {
    expect(bids(declared(), '{"bid":"1"}', 'BTC/USD')).toEqual(['SOURCE_POINTER_ABSENT'])
    expect(bids(declared(), '{"bid":"1","ask":null}', 'BTC/USD')).toEqual(['1'])
    const timed = declared({
      fields: { bid: '/bid', ask: '/ask', time: { pointer: '/t', unit: 'ms' } },
    })
    expect(bids(timed, '{"bid":"1","ask":"2"}', 'BTC/USD')).toEqual(['SOURCE_POINTER_ABSENT'])
    expect(bids(timed, '{"bid":"1","ask":"2","t":null}', 'BTC/USD')).toEqual(['1'])
  })

  test('given one answer for all markets, then pointers lead by the symbol', () => {
    const venue = declared({
      path: '/all',
      fields: { bid: '/data/{symbol}/b', ask: '/data/{symbol}/a' },
    })
    expect(paths(venue, 'BTC/USD', 'ETH/USD')).toEqual(['/all'])
    const body = '{"data":{"btc-usd":{"b":"2","a":"3"},"eth-usd":{"b":"1e400","a":"1"}}}'
    expect(bids(venue, body, 'BTC/USD', 'ETH/USD')).toEqual(['2', 'SOURCE_NUMBER_INVALID'])
    const without = '{"data":{"btc-usd":{"b":"2","a":"3"}}}'
    expect(bids(venue, without, 'BTC/USD', 'ETH/USD')).toEqual(['2', 'SOURCE_POINTER_ABSENT'])
  })

  test('given a list, then the ticker that names the market is read, and no other', () => {
    const venue = declared({ path: '/all', list: '/data', symbol: '/id', symbols: SYMBOLS })
    const body = '{"data":[{"id":8,"bid":"8","ask":"9"},7,null,{"id":7,"bid":"6","ask":"7"}]}'
    expect(bids(venue, body, 'BTC/USD', 'ETH/USD')).toEqual(['6', '8'])
    expect(bids(venue, '{"data":[]}', 'BTC/USD')).toEqual(['SOURCE_SYMBOL_ABSENT'])
    expect(parse(venue, '{"data":{}}', 'BTC/USD')).toBe('SOURCE_ANSWER_UNEXPECTED')
    expect(parse(venue, '{}', 'BTC/USD')).toBe('SOURCE_ANSWER_UNEXPECTED')
  })

  test('given an answer that names another market, then it is not ours', () => {
    const venue = declared({ symbol: '/pair' })
    expect(bids(venue, '{"pair":"btc-usd","bid":1,"ask":2}', 'BTC/USD')).toEqual(['1'])
    expect(bids(venue, '{"pair":"eth-usd","bid":1,"ask":2}', 'BTC/USD')).toEqual([
      'SOURCE_SYMBOL_ABSENT',
    ])
  })

  test.each([
    ['"0"', '0', true],
    ['0', 0, true],
    ['0', '0', true],
    ['true', true, true],
    ['"ok"', 'ok', true],
    ['null', 'null', true],
    ['"OK"', 'ok', false],
    ['1', 0, false],
    ['0.0', 0, false],
    ['[]', '', false],
    ['{}', 'ok', false],
  ])('given the status %s where %s is success, then it answers: %s', (said, equals, answers) => {
    const venue = declared({ success: { pointer: '/status', equals } })
    const outcome = bids(venue, `{"status":${said},"bid":1,"ask":2}`, 'BTC/USD')
    expect(outcome).toEqual(answers ? ['1'] : 'SOURCE_REFUSED')
  })

  test('given no status at all, then it is a refusal', () => {
    const venue = declared({ success: { pointer: '/status', equals: 'ok' } })
    expect(parse(venue, '{"bid":1,"ask":2}', 'BTC/USD')).toBe('SOURCE_REFUSED')
  })

  test('answers under its name and is only polled', () => {
    expect([declared().name, declared().stream]).toEqual(['example', null])
  })
})

const SYMBOLS = { 'BTC/USD': '7', 'ETH/USD': '8' }

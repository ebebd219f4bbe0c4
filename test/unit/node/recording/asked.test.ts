import { describe, expect, test } from 'vitest'
import { askedAsWritten, askedByName } from '../../../../node/recording/asked.ts'
import { headersKept, withoutSecrets } from '../../../../node/recording/entry.ts'
import { FEEDS } from '../../../support/venues.ts'

describe('who is asked', () => {
  test('by name: the legs of these venues, and the rate of USDT where one quotes in it', () => {
    const { sources, feeds } = askedByName(['binance', 'kraken'], ['BTC/USD'])
    expect(feeds.map(({ name }) => name)).toEqual(['BTC/USD'])
    expect(sources.feeds['BTC/USD']).toMatchObject({
      legs: [
        { venue: 'binance', market: 'BTC/USDT' },
        { venue: 'kraken', market: 'BTC/USD' },
      ],
      sourcesMin: 2,
    })
    expect(sources.conversions.map(({ market }) => market)).toEqual(['USDT/USD'])
    expect(askedByName(['kraken'], []).sources.conversions).toEqual([])
  })

  test('without names: all of a new configuration', () => {
    const { sources, feeds } = askedByName([], [])
    expect(feeds.map(({ name }) => name)).toEqual(['BTC/USD', 'ETH/USD', 'SOL/USD'])
    expect(sources.feeds['SOL/USD']?.legs).toHaveLength(8)
  })

  test.each([
    [['mtgox'], []],
    [[], ['DOGE/USD']],
    [[''], []],
  ])('given %j and %j, then the names that there are are said', (venues, feeds) => {
    expect(() => askedByName(venues, feeds)).toThrow(
      expect.objectContaining({ code: 'RECORD_NOTHING_ASKED' }),
    )
  })

  test('as written: a key in the path of a declared venue is not kept', () => {
    const declared = {
      baseUrl: 'https://api.example.com',
      path: '/t/{symbol}?apikey=hunter2&depth=5',
      budget: { requestsMax: 5, perMs: 1_000 },
      fields: { bid: '/b', ask: '/a' },
    }
    const asked = askedAsWritten({ declaredVenues: { house: declared } }, FEEDS)
    const shown = '/t/{symbol}?apikey=REDACTED&depth=5'
    expect(asked.written.declaredVenues?.house?.path).toBe(shown)
    expect(JSON.stringify(asked.written)).not.toContain('hunter2')
    // The recording node itself asks with its key.
    expect(asked.sources.declaredVenues.house?.path).toBe(declared.path)
  })
})

describe('what is kept of a request and of an answer', () => {
  test.each([
    ['/a/b', '/a/b'],
    ['/a?symbol=BTC&limit=5', '/a?symbol=BTC&limit=5'],
    ['/a?api_key=x&symbol=BTC', '/a?api_key=REDACTED&symbol=BTC'],
    ['/a?Signature=x%3D=y&TOKEN=z', '/a?Signature=REDACTED&TOKEN=REDACTED'],
    ['/a?key', '/a?key'],
  ])('%s is stored as %s', (path, stored) => {
    expect(withoutSecrets(path)).toBe(stored)
    expect(withoutSecrets(stored)).toBe(stored)
  })

  test('only headers that say something, and the one with the weight', () => {
    const headers = {
      date: 'Sun, 29 Nov 2026 21:50:33 GMT',
      'set-cookie': ['session=1'],
      'x-mbx-used-weight-1m': '80',
      'retry-after': '2',
      location: 'x'.repeat(2_000),
    }
    const { date } = headers
    expect(headersKept(headers, null)).toEqual({ date, 'retry-after': '2' })
    expect(headersKept(headers, 'x-mbx-used-weight-1m')).toEqual({
      date,
      'retry-after': '2',
      'x-mbx-used-weight-1m': '80',
    })
  })
})

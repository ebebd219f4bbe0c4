import { describe, expect, test } from 'vitest'
import { AHEAD_MS_LIMIT, succeedQuote } from '../../../../aggregator/aggregation/quote.ts'
import { venuePrice } from '../../../../aggregator/aggregation/venue-price.ts'
import { NOW_MS, quoteOf, rulesOf, units } from '../../../support/quotes.ts'

const priceOf = (
  quote: Parameters<typeof quoteOf>[0],
  rules: Parameters<typeof rulesOf>[0] = {},
) => {
  const price = venuePrice(rulesOf(rules), { quote: quoteOf(quote), nowMs: NOW_MS })
  return price.type === 'priced' ? [price.from, price.price] : price.code
}

describe('the price of one venue', () => {
  test('is the middle of its book, not its last trade', () => {
    expect(
      priceOf({ bid: units(99), ask: units(101), last: units(50) }, { spreadBpsMax: 300 }),
    ).toEqual(['mid', units(100)])
  })

  test('floors the middle at the last decimal', () => {
    expect(priceOf({ bid: 2n, ask: 3n }, { spreadBpsMax: 9_999 })).toEqual(['mid', 2n])
  })

  test.each([
    ['wide', { bid: units(90), ask: units(110) }, 'SPREAD_TOO_WIDE'],
    ['without a bid', { bid: null }, 'BOOK_ABSENT'],
    ['without an ask', { ask: null }, 'BOOK_ABSENT'],
    ['with a zero bid', { bid: 0n }, 'BOOK_ABSENT'],
  ])(
    'given a book %s, then a recent trade stands in, an old, future or undated one does not',
    (_, book, code) => {
      const recent = { ...book, last: units(7), lastTradeMs: NOW_MS - 60_000 }
      expect(priceOf(recent)).toEqual(['last', units(7)])
      expect(priceOf({ ...recent, lastTradeMs: NOW_MS - 60_001 })).toBe(code)
      expect(priceOf({ ...recent, lastTradeMs: null })).toBe(code)
      // One from the future would stay recent for as long as it lies ahead.
      expect(priceOf({ ...recent, lastTradeMs: NOW_MS + 5_000 })).toEqual(['last', units(7)])
      expect(priceOf({ ...recent, lastTradeMs: NOW_MS + 5_001 })).toBe(code)
      expect(priceOf({ ...recent, last: null })).toBe(code)
      expect(priceOf({ ...recent, last: 0n })).toBe(code)
    },
  )

  test('takes a spread exactly at the ceiling', () => {
    expect(priceOf({ bid: units(199), ask: units(201) }, { spreadBpsMax: 100 })).toEqual([
      'mid',
      units(200),
    ])
  })

  test('given a crossed book, then nothing stands in for it', () => {
    expect(priceOf({ bid: units(2), ask: units(1), lastTradeMs: NOW_MS })).toBe('BOOK_CROSSED')
  })
})

describe('staleness', () => {
  test.each([
    ['the venue said it too long ago', { venueMs: NOW_MS - 30_001 }, 'QUOTE_STALE'],
    ['nothing has arrived for too long', { receivedMs: NOW_MS - 6_001 }, 'VENUE_SILENT'],
    ['the venue lives in the future', { venueMs: NOW_MS + 5_001 }, 'QUOTE_FROM_FUTURE'],
    [
      'a venue without a clock repeats itself for too long',
      { venueMs: null, changedMs: NOW_MS - 120_001 },
      'QUOTE_STALE',
    ],
  ])('given %s, then there is no price', (_, quote, code) => {
    expect(priceOf(quote)).toBe(code)
  })

  test('given limits just held, then there is a price', () => {
    expect(priceOf({ venueMs: NOW_MS - 30_000, receivedMs: NOW_MS - 6_000 })[0]).toBe('mid')
    expect(priceOf({ venueMs: NOW_MS + 5_000 })[0]).toBe('mid')
    expect(priceOf({ venueMs: null, changedMs: NOW_MS - 120_000 })[0]).toBe('mid')
  })

  test('given a venue with a clock whose book does not move, then it is not stale', () => {
    expect(priceOf({ changedMs: NOW_MS - 500_000 })[0]).toBe('mid')
  })
})

test('given a volume below the floor or none stated, then the venue is left out', () => {
  const rules = { baseVolumeMin: units(10) }
  expect(priceOf({ baseVolume: units(10) }, rules)[0]).toBe('mid')
  expect(priceOf({ baseVolume: units(10) - 1n }, rules)).toBe('VOLUME_TOO_LOW')
  expect(priceOf({ baseVolume: null }, rules)).toBe('VOLUME_TOO_LOW')
  expect(priceOf({ baseVolume: null })[0]).toBe('mid')
})

describe('succeedQuote', () => {
  const held = quoteOf({ venueMs: NOW_MS, receivedMs: NOW_MS, changedMs: NOW_MS - 1_000 })
  const arrive = (overrides: Parameters<typeof quoteOf>[0]) =>
    succeedQuote(held, quoteOf({ receivedMs: NOW_MS + 1_000, ...overrides }))

  test('given the same content again, then the moment of change stays', () => {
    expect(arrive({ venueMs: NOW_MS + 900 })).toMatchObject({
      changedMs: NOW_MS - 1_000,
      receivedMs: NOW_MS + 1_000,
      venueMs: NOW_MS + 900,
    })
  })

  test.each([{ bid: units(99_998) }, { last: units(3) }, { baseVolume: units(1_001) }])(
    'given %o, then the quote has changed',
    (change) => {
      expect(arrive(change).changedMs).toBe(NOW_MS + 1_000)
    },
  )

  test('given an answer older by the venue clock, then the held one stays and ages', () => {
    expect(arrive({ venueMs: NOW_MS - 1, mid: 1 })).toBe(held)
  })

  test('given one wrong time from the future, then it keeps the venue out until the next answer', () => {
    const fromFuture = (aheadMs: number) =>
      quoteOf({ receivedMs: NOW_MS, venueMs: NOW_MS + aheadMs })
    const next = quoteOf({ receivedMs: NOW_MS + 1_000, venueMs: NOW_MS + 900, mid: 7 })
    expect(succeedQuote(fromFuture(365 * 86_400_000), next)).toMatchObject({ bid: next.bid })
    // Within what some rule may admit, the venue's clock decides, and catches up with it soon.
    const near = fromFuture(AHEAD_MS_LIMIT + 1_000)
    expect(succeedQuote(near, next)).toBe(near)
    const beyond = fromFuture(AHEAD_MS_LIMIT + 1_001)
    expect(succeedQuote(beyond, next)).toMatchObject({ bid: next.bid })
  })

  test('given the first quote, then it has just changed', () => {
    expect(succeedQuote(null, held).changedMs).toBe(held.receivedMs)
  })
})

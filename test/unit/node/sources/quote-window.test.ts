import { describe, expect, test } from 'vitest'
import type { ReceivedQuote } from '../../../../aggregator/aggregation/quote.ts'
import { overHeld } from '../../../../node/sources/quote-window.ts'
import type { PartialQuote } from '../../../../node/sources/venue.ts'

const HELD: ReceivedQuote = {
  venue: 'bitstamp',
  market: 'BTC/USD',
  bid: 100n,
  ask: 102n,
  last: 101n,
  lastTradeMs: 500,
  baseVolume: 9n,
  venueMs: 900,
  receivedMs: 1_000,
  changedMs: 1_000,
}

function over(held: ReceivedQuote | null, quote: PartialQuote, bookMs: number | null) {
  const streamed = { market: 'BTC/USD', quote, bookMs, receivedMs: 5_000 }
  return overHeld(held, { venue: 'bitstamp', streamed })
}

describe('what a stream says, laid over the quote that is held', () => {
  test('keeps what the channel does not carry, and loses what it says is gone', () => {
    expect(over(HELD, { bid: 103n, ask: null, venueMs: 4_900 }, 5_000)).toMatchObject({
      bid: 103n,
      ask: null,
      last: 101n,
      baseVolume: 9n,
      venueMs: 4_900,
      receivedMs: 5_000,
    })
  })

  test('a trade does not make an old book new', () => {
    expect(over(HELD, { last: 110n, lastTradeMs: 4_950 }, null)).toMatchObject({
      bid: 100n,
      last: 110n,
      lastTradeMs: 4_950,
      venueMs: 900,
      receivedMs: 1_000,
    })
  })

  test('a first trade stands for itself', () => {
    expect(over(null, { last: 110n, lastTradeMs: 4_950 }, null)).toEqual({
      venue: 'bitstamp',
      market: 'BTC/USD',
      bid: null,
      ask: null,
      last: 110n,
      lastTradeMs: 4_950,
      baseVolume: null,
      venueMs: null,
      receivedMs: 5_000,
    })
  })
})

import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { amountAt, answerFor, isoTimeAt, objectAt, textAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { oneEach, refusedBy } from '../tickers.ts'
import type { StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** Coinbase Exchange. One product per request; the answer does not name it. */
export const coinbase: Venue = {
  name: 'coinbase',
  baseUrl: 'https://api.exchange.coinbase.com',
  pollMs: 1_000,
  // Below the 10 a second that are known for one address.
  budget: { weightMax: 8, perMs: 1_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '-'),
  requests: (markets) =>
    oneEach(markets, { weight: 1, pathOf: (symbol) => `/products/${symbol}/ticker` }),
  parse(answer, { markets }) {
    const ticker = objectAt(answer, 'answer')
    if (ticker.has('message')) throw refusedBy('coinbase', ticker.get('message'))
    return markets.map(({ market }) =>
      answerFor(market, () => {
        // The time is that of the last trade; the book is at least as new.
        const timeMs = isoTimeAt(ticker.get('time'), 'time')
        return {
          bid: amountAt(ticker.get('bid'), 'bid'),
          ask: amountAt(ticker.get('ask'), 'ask'),
          last: amountAt(ticker.get('price'), 'price'),
          lastTradeMs: timeMs,
          baseVolume: amountAt(ticker.get('volume'), 'volume'),
          venueMs: timeMs,
        }
      }),
    )
  },
  stream: {
    url: 'wss://ws-feed.exchange.coinbase.com',
    // Heartbeats come by themselves, every second.
    ping: null,
    lifeMs: null,
    subscribe: (markets) => [
      JSON.stringify({
        type: 'subscribe',
        product_ids: markets.map(({ symbol }) => symbol),
        channels: ['ticker', 'heartbeat'],
      }),
    ],
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const type = textAt(message.get('type'), 'type')
  if (type === 'error') throw refusedBy('coinbase', message.get('message'))
  if (type === 'heartbeat') return { type: 'heartbeat' }
  if (type !== 'ticker') return { type: 'ignored' }
  const symbol = textAt(message.get('product_id'), 'product_id')
  const asked = markets.find((each) => each.symbol === symbol)
  if (asked === undefined) return { type: 'ignored' }
  return { type: 'answers', answers: [answerFor(asked.market, () => tickerQuote(message))] }
}

function tickerQuote(message: JsonObject): Quote {
  const timeMs = isoTimeAt(message.get('time'), 'time')
  return {
    bid: amountAt(message.get('best_bid'), 'best_bid'),
    ask: amountAt(message.get('best_ask'), 'best_ask'),
    last: amountAt(message.get('price'), 'price'),
    lastTradeMs: timeMs,
    baseVolume: amountAt(message.get('volume_24h'), 'volume_24h'),
    venueMs: timeMs,
  }
}

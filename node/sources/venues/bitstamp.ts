import { amountAt, answerFor, listAt, objectAt, symbolAbsent, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isList } from '../json.ts'
import { oneEach, refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** Bitstamp. One pair per request: the answer for all pairs is a hundred times as large. */
export const bitstamp: Venue = {
  name: 'bitstamp',
  baseUrl: 'https://www.bitstamp.net',
  pollMs: 1_000,
  // Documented: 10,000 in ten minutes, that is 16 a second.
  budget: { weightMax: 12, perMs: 1_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '').toLowerCase(),
  requests: (markets) =>
    oneEach(markets, { weight: 1, pathOf: (symbol) => `/api/v2/ticker/${symbol}/` }),
  parse(answer, { markets }) {
    const ticker = objectAt(answer, 'answer')
    if (ticker.get('status') === 'error') throw refused(ticker.get('reason'))
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        const pair = ticker.get('pair')
        // Older answers do not name the pair; one that names another is not ours.
        if (pair !== undefined && pair !== market) throw symbolAbsent(symbol)
        return {
          bid: amountAt(ticker.get('bid'), 'bid'),
          ask: amountAt(ticker.get('ask'), 'ask'),
          last: amountAt(ticker.get('last'), 'last'),
          lastTradeMs: null,
          baseVolume: amountAt(ticker.get('volume'), 'volume'),
          venueMs: timeAt(ticker.get('timestamp'), { where: 'timestamp', unit: 's' }),
        }
      }),
    )
  },
  stream: {
    url: 'wss://ws.bitstamp.net',
    ping: { textAt: () => '{"event":"bts:heartbeat"}', everyMs: 15_000, answer: null },
    lifeMs: null,
    subscribe: (markets) =>
      markets.flatMap(({ symbol }) =>
        [`order_book_${symbol}`, `live_trades_${symbol}`].map((channel) =>
          JSON.stringify({ event: 'bts:subscribe', data: { channel } }),
        ),
      ),
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const event = message.get('event')
  if (event === 'bts:error') throw refused(message.get('data'))
  if (event === 'bts:request_reconnect') return { type: 'reconnect' }
  if (event === 'bts:heartbeat') return { type: 'heartbeat' }
  const channel = message.get('channel')
  if (typeof channel !== 'string') return { type: 'ignored' }
  for (const { market, symbol } of markets) {
    const read = READERS.get(`${channel.replace(symbol, '')} ${String(event)}`)
    if (read === undefined || !channel.endsWith(`_${symbol}`)) continue
    const data = objectAt(message.get('data'), 'data')
    return { type: 'answers', answers: [answerFor(market, () => read(data))] }
  }
  return { type: 'ignored' }
}

const READERS: ReadonlyMap<string, (data: JsonObject) => PartialQuote> = new Map([
  [
    'order_book_ data',
    (data: JsonObject): PartialQuote => ({
      bid: bestPrice(data, 'bids'),
      ask: bestPrice(data, 'asks'),
      venueMs: microtime(data),
    }),
  ],
  [
    'live_trades_ trade',
    (data: JsonObject): PartialQuote => ({
      last: amountAt(data.get('price_str') ?? data.get('price'), 'price'),
      // The time of a trade, not of the quote: a trade does not make a book newer.
      lastTradeMs: microtime(data),
    }),
  ],
])

/** Books come sorted from the best price. */
function bestPrice(data: JsonObject, side: 'bids' | 'asks'): bigint | null {
  const best = listAt(data.get(side), side)[0]
  return best === undefined ? null : amountAt(listAt(best, side)[0], `${side}[0][0]`)
}

function microtime(data: JsonObject): number | null {
  return timeAt(data.get('microtimestamp'), { where: 'microtimestamp', unit: 'us' })
}

/** Of a list of reasons the first is told. */
function refused(reason: Json | undefined): Error {
  return refusedBy('bitstamp', isList(reason) ? reason[0] : reason)
}

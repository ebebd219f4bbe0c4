import { amountAt, answerFor, objectAt, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/**
 * Gemini. One pair per request; the answer does not name it. Its only time is the end of the hour
 * over which it counts volume, so a frozen answer shows only by repeating itself. Its stream has
 * the time of the book; the older stream at the host of its REST API begins with the whole book.
 */
export const gemini: Venue = {
  name: 'gemini',
  baseUrl: 'https://api.gemini.com',
  pollMs: 3_000,
  // Documented: 120 a minute, of which it advises one a second; five at once are queued.
  budget: { weightMax: 5, perMs: 5_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '').toLowerCase(),
  requests: (markets) =>
    oneEach(markets, { weight: 1, pathOf: (symbol) => `/v1/pubticker/${symbol}` }),
  parse(answer, { markets }) {
    const ticker = objectAt(answer, 'answer')
    if (ticker.get('result') === 'error') throw refusedBy('gemini', ticker.get('reason'))
    return markets.map(({ market }) =>
      answerFor(market, () => ({
        bid: amountAt(ticker.get('bid'), 'bid'),
        ask: amountAt(ticker.get('ask'), 'ask'),
        last: amountAt(ticker.get('last'), 'last'),
        lastTradeMs: null,
        // Volume stands under the name of each currency.
        baseVolume: amountAt(
          objectAt(ticker.get('volume'), 'volume').get(market.slice(0, market.indexOf('/'))),
          'volume',
        ),
        venueMs: null,
      })),
    )
  },
  stream: {
    url: 'wss://ws.gemini.com',
    ping: { textAt: () => '{"id":"ping","method":"ping"}', everyMs: 15_000, answer: null },
    lifeMs: null,
    subscribe: (markets) => [
      JSON.stringify({
        id: 'subscribe',
        method: 'subscribe',
        params: markets.map(({ symbol }) => `${symbol}@bookTicker`),
      }),
    ],
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const status = message.get('status')
  if (status !== undefined) {
    if (codeTextAt(status, 'status') === '200') return { type: 'heartbeat' }
    const error = message.get('error')
    throw refusedBy('gemini', isObject(error) ? error.get('msg') : status)
  }
  const said = message.get('s')
  const asked = markets.find(({ symbol }) => typeof said === 'string' && isSame(said, symbol))
  // Other channels name a market too, and carry no two sides of a book.
  if (asked === undefined || !message.has('b') || !message.has('a')) return { type: 'ignored' }
  return { type: 'answers', answers: [answerFor(asked.market, () => bookQuote(message))] }
}

/** It takes both spellings and answers in either. */
function isSame(said: string, symbol: string): boolean {
  return said.toLowerCase() === symbol.toLowerCase()
}

function bookQuote(message: JsonObject): PartialQuote {
  return {
    bid: amountAt(message.get('b'), 'b'),
    ask: amountAt(message.get('a'), 'a'),
    venueMs: timeAt(message.get('E'), { where: 'E', unit: 'ns' }),
  }
}

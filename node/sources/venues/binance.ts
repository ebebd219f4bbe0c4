import { amountAt, answerFor, listAt, objectAt, symbolAbsent, textAt, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** One request costs 2 up to here and 40 beyond. */
const SYMBOLS_PER_REQUEST = 20

/**
 * Binance spot. The default base URL is its host for market data, which serves more regions than
 * the trading hosts. `https://api.binance.us` is another market and no alternate of this one.
 */
export const binance: Venue = {
  name: 'binance',
  baseUrl: 'https://data-api.binance.vision',
  alternateUrls: ['https://api.binance.com', 'https://api-gcp.binance.com'],
  pollMs: 1_000,
  // A fifth of the documented 6,000 a minute for one address, which other programs may share.
  budget: { weightMax: 1_200, perMs: 60_000 },
  usedWeightHeader: { name: 'x-mbx-used-weight-1m', weightMax: 4_800 },
  symbolOf: (market) => market.replace('/', ''),
  // 24hr and not bookTicker: it is the one that carries a time and the volume.
  requests(markets) {
    const chunks = Array.from({ length: Math.ceil(markets.length / SYMBOLS_PER_REQUEST) }, (_, i) =>
      markets.slice(i * SYMBOLS_PER_REQUEST, (i + 1) * SYMBOLS_PER_REQUEST),
    )
    return chunks.map((chunk) => {
      const symbols = JSON.stringify(chunk.map(({ symbol }) => symbol))
      const path = `/api/v3/ticker/24hr?symbols=${encodeURIComponent(symbols)}`
      return { path, markets: chunk, weight: 2 }
    })
  },
  parse(answer, { markets }) {
    if (isObject(answer)) throw refusedBy('binance', answer.get('msg'))
    const tickers = listAt(answer, 'answer').map((ticker) => objectAt(ticker, 'ticker'))
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        const ticker = tickers.find((each) => each.get('symbol') === symbol)
        if (ticker === undefined) throw symbolAbsent(symbol)
        return {
          bid: amountAt(ticker.get('bidPrice'), 'bidPrice'),
          ask: amountAt(ticker.get('askPrice'), 'askPrice'),
          last: amountAt(ticker.get('lastPrice'), 'lastPrice'),
          lastTradeMs: null,
          baseVolume: amountAt(ticker.get('volume'), 'volume'),
          venueMs: timeAt(ticker.get('closeTime'), { where: 'closeTime', unit: 'ms' }),
        }
      }),
    )
  },
  stream: {
    url: 'wss://data-stream.binance.vision/stream',
    // It sends ping frames itself, every 20 s.
    ping: null,
    lifeMs: 86_400_000,
    subscribe: (markets) => [
      JSON.stringify({
        method: 'SUBSCRIBE',
        params: markets.flatMap(({ symbol }) => {
          const name = symbol.toLowerCase()
          return [`${name}@bookTicker`, `${name}@ticker`]
        }),
        id: 1,
      }),
    ],
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  if (message.has('error') || message.has('code')) throw refusedBy('binance', message.get('msg'))
  if (message.get('e') === 'serverShutdown') return { type: 'reconnect' }
  const stream = message.get('stream')
  if (typeof stream !== 'string') return { type: 'ignored' }
  const data = objectAt(message.get('data'), 'data')
  const read = READERS.get(stream.slice(stream.indexOf('@') + 1))
  if (read === undefined) return { type: 'ignored' }
  const symbol = textAt(data.get('s'), 's')
  const asked = markets.find((each) => each.symbol === symbol)
  if (asked === undefined) return { type: 'ignored' }
  return { type: 'answers', answers: [answerFor(asked.market, () => read(data))] }
}

const READERS: ReadonlyMap<string, (data: JsonObject) => PartialQuote> = new Map([
  [
    'bookTicker',
    // This channel carries no time: that of the ticker, each second, shows a venue that froze.
    (data: JsonObject): PartialQuote => ({
      bid: amountAt(data.get('b'), 'b'),
      ask: amountAt(data.get('a'), 'a'),
    }),
  ],
  [
    'ticker',
    (data: JsonObject): PartialQuote => ({
      bid: amountAt(data.get('b'), 'b'),
      ask: amountAt(data.get('a'), 'a'),
      last: amountAt(data.get('c'), 'c'),
      baseVolume: amountAt(data.get('v'), 'v'),
      venueMs: timeAt(data.get('E'), { where: 'E', unit: 'ms' }),
    }),
  ],
])

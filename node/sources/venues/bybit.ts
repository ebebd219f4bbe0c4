import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { OracleError } from '../../errors.ts'
import { amountAt, answerFor, listAt, objectAt, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { BYBIT_LIMITS, BYBIT_SHUT_OUT } from '../shared-limits.ts'
import { answersByName, codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** Bybit's code for too many requests; it comes with HTTP 200. */
const LIMITED = '10006'

/**
 * Bybit spot. The only time of its REST answer is when it was made, which an answer about a frozen
 * book has as well: that shows by repeating itself.
 */
export const bybit: Venue = {
  name: 'bybit',
  baseUrl: 'https://api.bybit.com',
  alternateUrls: ['https://api.bytick.com'],
  pollMs: 1_000,
  // Documented: 600 in five seconds for one address. A twelfth, because whoever is beyond it is
  // shut out for ten minutes, with every program at that address.
  budget: { weightMax: 50, perMs: 5_000 },
  usedWeightHeader: null,
  sharedLimits: BYBIT_LIMITS,
  limitStatus: BYBIT_SHUT_OUT,
  symbolOf: (market) => market.replace('/', ''),
  // One symbol per request: the answer without any lists every market.
  requests: (markets) =>
    oneEach(markets, {
      weight: 1,
      pathOf: (symbol) => `/v5/market/tickers?category=spot&symbol=${symbol}`,
    }),
  parse(answer, { markets }) {
    const body = objectAt(answer, 'answer')
    const code = codeTextAt(body.get('retCode'), 'retCode')
    if (code === LIMITED) throw limited()
    // HTTP 200 with another code is a failure.
    if (code !== '0') throw refusedBy('bybit', body.get('retMsg'))
    const tickers = listAt(objectAt(body.get('result'), 'result').get('list'), 'result.list')
    return answersByName(markets, { tickers, key: 'symbol', read: tickerQuote })
  },
  stream: {
    url: 'wss://stream.bybit.com/v5/public/spot',
    // It closes a connection that has not pinged for a while; documented are 20 s.
    ping: { textAt: () => '{"op":"ping"}', everyMs: 15_000, answer: null },
    lifeMs: null,
    // Known: ten topics in one frame.
    subscribe: (markets) =>
      markets.map(({ symbol }) =>
        JSON.stringify({ op: 'subscribe', args: [`${BOOK}${symbol}`, `${TICKER}${symbol}`] }),
      ),
    reader: () => parseFrame,
  },
}

/** The spot ticker has no bid and no ask: they are in the book of one level. */
const BOOK = 'orderbook.1.'
const TICKER = 'tickers.'

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  if (message.get('success') === false) throw refusedBy('bybit', message.get('ret_msg'))
  if (message.has('op')) return { type: 'heartbeat' }
  const topic = message.get('topic')
  const asked = markets.find(({ symbol }) => topic === BOOK + symbol || topic === TICKER + symbol)
  if (asked === undefined) return { type: 'ignored' }
  const data = objectAt(message.get('data'), 'data')
  const isBook = topic === BOOK + asked.symbol
  const read = () => (isBook ? bookQuote(message, data) : tradeQuote(data))
  return { type: 'answers', answers: [answerFor(asked.market, read)] }
}

/** The time of the matching engine: a frozen one has sent nothing new, whenever it was sent. */
function bookQuote(message: JsonObject, data: JsonObject): PartialQuote {
  return {
    ...sideOf(message, { prices: listAt(data.get('b'), 'b'), side: 'bid' }),
    ...sideOf(message, { prices: listAt(data.get('a'), 'a'), side: 'ask' }),
    venueMs: timeAt(message.get('cts'), { where: 'cts', unit: 'ms' }),
  }
}

/** The best price; a size of zero takes it away. An empty side of a change is as it was. */
function sideOf(
  message: JsonObject,
  { prices, side }: { readonly prices: readonly Json[]; readonly side: 'bid' | 'ask' },
): PartialQuote {
  if (prices.length === 0 && message.get('type') === 'delta') return {}
  const rows = prices.map((row) => listAt(row, side))
  const best = rows.find((row) => amountAt(row[1], `${side} size`) !== null)
  return { [side]: best === undefined ? null : amountAt(best[0], side) }
}

function tradeQuote(data: JsonObject): PartialQuote {
  return {
    last: amountAt(data.get('lastPrice'), 'lastPrice'),
    baseVolume: amountAt(data.get('volume24h'), 'volume24h'),
  }
}

function tickerQuote(ticker: JsonObject): Quote {
  return {
    bid: amountAt(ticker.get('bid1Price'), 'bid1Price'),
    ask: amountAt(ticker.get('ask1Price'), 'ask1Price'),
    // usdIndexPrice is an index over other venues and no price of this one.
    last: amountAt(ticker.get('lastPrice'), 'lastPrice'),
    lastTradeMs: null,
    // volume24h is in the base currency; turnover24h is in the quote currency.
    baseVolume: amountAt(ticker.get('volume24h'), 'volume24h'),
    venueMs: null,
  }
}

function limited(): OracleError {
  return new OracleError('SOURCE_RATE_LIMITED', 'bybit limits our requests; raise pollMs', {
    context: { venue: 'bybit', answer: LIMITED },
  })
}

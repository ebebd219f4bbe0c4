import {
  amountAt,
  answerFor,
  listAt,
  objectAt,
  symbolAbsent,
  timeAt,
  wholeTextAt,
} from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { oneEach, refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/**
 * HTX spot (once Huobi). The only time of its REST answer is when it was made, which an answer
 * about a frozen book has as well: that shows by repeating itself.
 */
export const htx: Venue = {
  name: 'htx',
  baseUrl: 'https://api.huobi.pro',
  alternateUrls: ['https://api-aws.huobi.pro'],
  pollMs: 1_000,
  // Far below the 800 a second that are known for market data at one address.
  budget: { weightMax: 10, perMs: 1_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '').toLowerCase(),
  requests: (markets) =>
    oneEach(markets, { weight: 1, pathOf: (symbol) => `/market/detail/merged?symbol=${symbol}` }),
  parse(answer, { markets }) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another status is a failure.
    if (body.get('status') !== 'ok') throw refusedBy('htx', body.get('err-msg'))
    const tick = objectAt(body.get('tick'), 'tick')
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        if (body.get('ch') !== `market.${symbol}.detail.merged`) throw symbolAbsent(symbol)
        return {
          bid: bestPrice(tick, 'bid'),
          ask: bestPrice(tick, 'ask'),
          last: amountAt(tick.get('close'), 'close'),
          lastTradeMs: null,
          // amount is in the base currency; vol is in the quote currency.
          baseVolume: amountAt(tick.get('amount'), 'amount'),
          venueMs: null,
        }
      }),
    )
  },
  stream: {
    url: 'wss://api.huobi.pro/ws',
    packing: 'gzip',
    // It pings itself, every 5 s.
    ping: null,
    lifeMs: null,
    subscribe: (markets) =>
      markets.flatMap(({ symbol }) =>
        ['bbo', 'ticker'].map((kind) =>
          JSON.stringify({ sub: `market.${symbol}.${kind}`, id: `${symbol}.${kind}` }),
        ),
      ),
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const ping = message.get('ping')
  if (ping !== undefined) {
    return { type: 'heartbeat', reply: `{"pong":${wholeTextAt(ping, 'ping')}}` }
  }
  if (message.get('status') === 'error') throw refusedBy('htx', message.get('err-msg'))
  const channel = message.get('ch')
  const asked = markets.find(({ symbol }) =>
    [`market.${symbol}.bbo`, `market.${symbol}.ticker`].some((each) => each === channel),
  )
  if (asked === undefined) return { type: 'ignored' }
  const tick = objectAt(message.get('tick'), 'tick')
  const isBook = channel === `market.${asked.symbol}.bbo`
  const read = () => (isBook ? bookQuote(tick) : tradeQuote(tick))
  return { type: 'answers', answers: [answerFor(asked.market, read)] }
}

function bookQuote(tick: JsonObject): PartialQuote {
  return {
    bid: amountAt(tick.get('bid'), 'bid'),
    ask: amountAt(tick.get('ask'), 'ask'),
    venueMs: timeAt(tick.get('quoteTime'), { where: 'quoteTime', unit: 'ms' }),
  }
}

/** Comes ten times a second whatever happened, so a book of it would look new for ever. */
function tradeQuote(tick: JsonObject): PartialQuote {
  return {
    last: amountAt(tick.get('lastPrice'), 'lastPrice'),
    baseVolume: amountAt(tick.get('amount'), 'amount'),
  }
}

/** Price of a side, which is a price and a size; missing or null where nobody offers. */
function bestPrice(tick: JsonObject, side: 'bid' | 'ask'): bigint | null {
  const best = tick.get(side) ?? null
  return best === null ? null : amountAt(listAt(best, side)[0], `${side}[0]`)
}

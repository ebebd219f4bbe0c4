import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import { amountAt, answerFor, listAt, objectAt, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { answersByName, oneEach, refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/**
 * Gate spot, version 4 of its API. Its REST answers carry no time, so a frozen answer shows only by
 * repeating itself.
 */
export const gate: Venue = {
  name: 'gate',
  baseUrl: 'https://api.gateio.ws',
  pollMs: 1_000,
  // Known: 200 in ten seconds for one address and path; half of it.
  budget: { weightMax: 20, perMs: 2_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '_'),
  requests: (markets) =>
    oneEach(markets, {
      weight: 1,
      pathOf: (symbol) => `/api/v4/spot/tickers?currency_pair=${symbol}`,
    }),
  parse(answer, { markets }) {
    // Tickers are a list; an object is an error.
    if (isObject(answer)) throw refusedBy('gate', answer.get('label'))
    return answersByName(markets, {
      tickers: listAt(answer, 'answer'),
      key: 'currency_pair',
      read: tickerQuote,
    })
  },
  stream: {
    url: 'wss://api.gateio.ws/ws/v4/',
    ping: {
      textAt: (nowMs) => JSON.stringify({ time: secondsOf(nowMs), channel: 'spot.ping' }),
      everyMs: 15_000,
      answer: null,
    },
    lifeMs: null,
    subscribe: (markets, nowMs) =>
      [BOOK, TICKER].map((channel) =>
        JSON.stringify({
          time: secondsOf(nowMs),
          channel,
          event: 'subscribe',
          payload: markets.map(({ symbol }) => symbol),
        }),
      ),
    reader: () => parseFrame,
  },
}

const BOOK = 'spot.book_ticker'
/** Comes each second whatever the book did, so its time says nothing of the quote. */
const TICKER = 'spot.tickers'

function secondsOf(ms: UnixMs): number {
  return Math.floor(ms / 1_000)
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const error = message.get('error') ?? null
  if (error !== null) throw refusedBy('gate', isObject(error) ? error.get('message') : error)
  const channel = message.get('channel')
  if (channel === 'spot.pong') return { type: 'heartbeat' }
  const isBook = channel === BOOK
  if ((!isBook && channel !== TICKER) || message.get('event') !== 'update') {
    return { type: 'ignored' }
  }
  const result = objectAt(message.get('result'), 'result')
  const symbol = result.get(isBook ? 's' : 'currency_pair')
  const asked = markets.find((each) => each.symbol === symbol)
  if (asked === undefined) return { type: 'ignored' }
  const read = () => (isBook ? bookQuote(result) : tradeQuote(result))
  return { type: 'answers', answers: [answerFor(asked.market, read)] }
}

function bookQuote(result: JsonObject): PartialQuote {
  return {
    bid: amountAt(result.get('b'), 'b'),
    ask: amountAt(result.get('a'), 'a'),
    venueMs: timeAt(result.get('t'), { where: 't', unit: 'ms' }),
  }
}

function tradeQuote(ticker: JsonObject): Pick<Quote, 'last' | 'baseVolume'> {
  return {
    last: amountAt(ticker.get('last'), 'last'),
    baseVolume: amountAt(ticker.get('base_volume'), 'base_volume'),
  }
}

function tickerQuote(ticker: JsonObject): Quote {
  return {
    bid: amountAt(ticker.get('highest_bid'), 'highest_bid'),
    ask: amountAt(ticker.get('lowest_ask'), 'lowest_ask'),
    lastTradeMs: null,
    venueMs: null,
    ...tradeQuote(ticker),
  }
}

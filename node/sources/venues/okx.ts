import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { amountAt, answerFor, listAt, objectAt, symbolAbsent, textAt, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { oneEach, refusedBy } from '../tickers.ts'
import type { StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** OKX spot. */
export const okx: Venue = {
  name: 'okx',
  baseUrl: 'https://www.okx.com',
  pollMs: 1_000,
  // Documented: 20 in two seconds for one address.
  budget: { weightMax: 16, perMs: 2_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '-'),
  requests: (markets) =>
    oneEach(markets, {
      weight: 1,
      pathOf: (symbol) => `/api/v5/market/ticker?instId=${symbol}`,
    }),
  parse(answer, { markets }) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another code is a failure.
    if (textAt(body.get('code'), 'code') !== '0') throw refusedBy('okx', body.get('code'))
    const tickers = tickersOf(body)
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        const ticker = tickers.find((each) => each.get('instId') === symbol)
        if (ticker === undefined) throw symbolAbsent(symbol)
        return tickerQuote(ticker)
      }),
    )
  },
  stream: {
    url: 'wss://ws.okx.com:8443/ws/v5/public',
    // It closes a connection on which nothing passed for 30 s.
    ping: { textAt: () => 'ping', everyMs: 15_000, answer: 'pong' },
    lifeMs: null,
    subscribe: (markets) => [
      JSON.stringify({
        op: 'subscribe',
        args: markets.map(({ symbol }) => ({ channel: 'tickers', instId: symbol })),
      }),
    ],
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  // The answer to our `ping` is the bare text `pong`; the socket client hands it over as a text.
  if (frame === 'pong') return { type: 'heartbeat' }
  const message = objectAt(frame, 'frame')
  const event = message.get('event')
  if (event === 'error') throw refusedBy('okx', message.get('code'))
  if (event === 'notice') return { type: 'reconnect' }
  const subject = message.get('arg')
  if (!isObject(subject) || subject.get('channel') !== 'tickers' || !message.has('data')) {
    return { type: 'ignored' }
  }
  const answers = tickersOf(message).flatMap((ticker) => {
    const asked = markets.find(({ symbol }) => ticker.get('instId') === symbol)
    return asked === undefined ? [] : [answerFor(asked.market, () => tickerQuote(ticker))]
  })
  return answers.length === 0 ? { type: 'ignored' } : { type: 'answers', answers }
}

function tickersOf(body: JsonObject): readonly JsonObject[] {
  return listAt(body.get('data'), 'data').map((ticker) => objectAt(ticker, 'data[]'))
}

function tickerQuote(ticker: JsonObject): Quote {
  return {
    bid: amountAt(ticker.get('bidPx'), 'bidPx'),
    ask: amountAt(ticker.get('askPx'), 'askPx'),
    last: amountAt(ticker.get('last'), 'last'),
    lastTradeMs: null,
    // For spot vol24h is in the base currency; volCcy24h is in the quote currency.
    baseVolume: amountAt(ticker.get('vol24h'), 'vol24h'),
    venueMs: timeAt(ticker.get('ts'), { where: 'ts', unit: 'ms' }),
  }
}

import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { amountAt, answerFor, listAt, objectAt, timeAt, wholeTextAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { answersByName, codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** Crypto.com Exchange, version 1 of its API; its version 2 answers no more. */
export const cryptocom: Venue = {
  name: 'cryptocom',
  baseUrl: 'https://api.crypto.com',
  pollMs: 1_000,
  // Known: 100 a second for one address and method; a tenth of it.
  budget: { weightMax: 10, perMs: 1_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '_'),
  requests: (markets) =>
    oneEach(markets, {
      weight: 1,
      pathOf: (symbol) => `/exchange/v1/public/get-tickers?instrument_name=${symbol}`,
    }),
  parse(answer, { markets }) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another code is a failure.
    const code = codeTextAt(body.get('code'), 'code')
    if (code !== '0') throw refusedBy('cryptocom', body.get('message') ?? code)
    const tickers = listAt(objectAt(body.get('result'), 'result').get('data'), 'result.data')
    return answersByName(markets, { tickers, key: 'i', read: tickerQuote })
  },
  stream: {
    url: 'wss://stream.crypto.com/exchange/v1/market',
    // What it allows in a second is counted from the beginning of the second of the connection.
    subscribeAfter: 1_000,
    // It asks every 30 s whether we are there, and says nothing else while nothing changes.
    ping: null,
    idleMs: 45_000,
    lifeMs: null,
    subscribe: (markets, nowMs) => [
      JSON.stringify({
        id: 1,
        method: 'subscribe',
        params: { channels: markets.map(({ symbol }) => `ticker.${symbol}`) },
        nonce: nowMs,
      }),
    ],
    reader: () => parseFrame,
  },
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const method = message.get('method')
  if (method === 'public/heartbeat') return heartbeat(message)
  const code = message.get('code')
  if (code !== undefined && codeTextAt(code, 'code') !== '0') {
    throw refusedBy('cryptocom', message.get('message') ?? code)
  }
  const result = message.get('result')
  if (!isObject(result) || result.get('channel') !== 'ticker') return { type: 'ignored' }
  const answers = listAt(result.get('data'), 'data').flatMap((entry) => {
    const ticker = objectAt(entry, 'data[]')
    const asked = markets.find(({ symbol }) => ticker.get('i') === symbol)
    return asked === undefined ? [] : [answerFor(asked.market, () => tickerQuote(ticker))]
  })
  return answers.length === 0 ? { type: 'ignored' } : { type: 'answers', answers }
}

/** It wants the number of its question back. */
function heartbeat(message: JsonObject): StreamEvent {
  const id = wholeTextAt(message.get('id'), 'id')
  return { type: 'heartbeat', reply: `{"id":${id},"method":"public/respond-heartbeat"}` }
}

/** `a` is the last trade and `k` the ask; any of the prices may be null. */
function tickerQuote(ticker: JsonObject): Quote {
  return {
    bid: amountAt(ticker.get('b'), 'b'),
    ask: amountAt(ticker.get('k'), 'k'),
    last: amountAt(ticker.get('a'), 'a'),
    lastTradeMs: null,
    // v is in the base currency; vv is in US dollars.
    baseVolume: amountAt(ticker.get('v'), 'v'),
    venueMs: timeAt(ticker.get('t'), { where: 't', unit: 'ms' }),
  }
}

import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { amountAt, listAt, objectAt, timeAt } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { answersByName, codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

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
  stream: null,
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

import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { amountAt, listAt } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { answersByName, oneEach, refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

/**
 * Gate spot, version 4 of its API. Its answers carry no time, so a frozen answer shows only by
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
  stream: null,
}

function tickerQuote(ticker: JsonObject): Quote {
  return {
    bid: amountAt(ticker.get('highest_bid'), 'highest_bid'),
    ask: amountAt(ticker.get('lowest_ask'), 'lowest_ask'),
    last: amountAt(ticker.get('last'), 'last'),
    lastTradeMs: null,
    baseVolume: amountAt(ticker.get('base_volume'), 'base_volume'),
    venueMs: null,
  }
}

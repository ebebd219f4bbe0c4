import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { OracleError } from '../../errors.ts'
import { amountAt, listAt, objectAt } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { answersByName, codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

/** Bybit's code for too many requests; it comes with HTTP 200. */
const LIMITED = '10006'

/**
 * Bybit spot. The only time of its answer is when it was made, which an answer about a frozen book
 * has as well: that shows by repeating itself.
 */
export const bybit: Venue = {
  name: 'bybit',
  baseUrl: 'https://api.bybit.com',
  pollMs: 1_000,
  // Documented: 600 in five seconds for one address. A twelfth, because whoever is beyond it is
  // shut out for ten minutes, with every program at that address.
  budget: { weightMax: 50, perMs: 5_000 },
  usedWeightHeader: null,
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
  stream: null,
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

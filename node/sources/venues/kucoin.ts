import { amountAt, answerFor, objectAt, symbolAbsent, timeAt } from '../fields.ts'
import { codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

/** KuCoin spot. */
export const kucoin: Venue = {
  name: 'kucoin',
  baseUrl: 'https://api.kucoin.com',
  pollMs: 1_500,
  // Known: 2,000 in thirty seconds for one address; a third of it.
  budget: { weightMax: 600, perMs: 30_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '-'),
  // Statistics and not the cheaper level 1 of the book: they name the symbol and have the volume.
  requests: (markets) =>
    oneEach(markets, { weight: 15, pathOf: (symbol) => `/api/v1/market/stats?symbol=${symbol}` }),
  parse(answer, { markets }) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another code is a failure.
    if (codeTextAt(body.get('code'), 'code') !== '200000')
      throw refusedBy('kucoin', body.get('msg'))
    const ticker = objectAt(body.get('data'), 'data')
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        if (ticker.get('symbol') !== symbol) throw symbolAbsent(symbol)
        return {
          bid: amountAt(ticker.get('buy'), 'buy'),
          ask: amountAt(ticker.get('sell'), 'sell'),
          // averagePrice is the mean of a day, which is no price of now.
          last: amountAt(ticker.get('last'), 'last'),
          lastTradeMs: null,
          // vol is in the base currency; volValue is in the quote currency.
          baseVolume: amountAt(ticker.get('vol'), 'vol'),
          venueMs: timeAt(ticker.get('time'), { where: 'time', unit: 'ms' }),
        }
      }),
    )
  },
  stream: null,
}

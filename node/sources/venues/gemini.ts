import { amountAt, answerFor, objectAt } from '../fields.ts'
import { oneEach, refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

/**
 * Gemini. One pair per request; the answer does not name it. Its only time is the end of the hour
 * over which it counts volume, so a frozen answer shows only by repeating itself.
 */
export const gemini: Venue = {
  name: 'gemini',
  baseUrl: 'https://api.gemini.com',
  pollMs: 3_000,
  // Documented: 120 a minute, of which it advises one a second; five at once are queued.
  budget: { weightMax: 5, perMs: 5_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '').toLowerCase(),
  requests: (markets) =>
    oneEach(markets, { weight: 1, pathOf: (symbol) => `/v1/pubticker/${symbol}` }),
  parse(answer, { markets }) {
    const ticker = objectAt(answer, 'answer')
    if (ticker.get('result') === 'error') throw refusedBy('gemini', ticker.get('reason'))
    return markets.map(({ market }) =>
      answerFor(market, () => ({
        bid: amountAt(ticker.get('bid'), 'bid'),
        ask: amountAt(ticker.get('ask'), 'ask'),
        last: amountAt(ticker.get('last'), 'last'),
        lastTradeMs: null,
        // Volume stands under the name of each currency.
        baseVolume: amountAt(
          objectAt(ticker.get('volume'), 'volume').get(market.slice(0, market.indexOf('/'))),
          'volume',
        ),
        venueMs: null,
      })),
    )
  },
  stream: null,
}

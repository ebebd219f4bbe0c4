import { amountAt, answerFor, listAt, objectAt, symbolAbsent } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { oneEach, refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

/**
 * HTX spot (once Huobi). Where its host is out of reach, `https://api-aws.huobi.pro` may do. The
 * only time of its answer is when it was made, which an answer about a frozen book has as well:
 * that shows by repeating itself.
 */
export const htx: Venue = {
  name: 'htx',
  baseUrl: 'https://api.huobi.pro',
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
  stream: null,
}

/** Price of a side, which is a price and a size; missing or null where nobody offers. */
function bestPrice(tick: JsonObject, side: 'bid' | 'ask'): bigint | null {
  const best = tick.get(side) ?? null
  return best === null ? null : amountAt(listAt(best, side)[0], `${side}[0]`)
}

import { expiryFrom } from '../expiries.ts'
import { listAt, textAt, timeAt } from '../fields.ts'
import { type FutureVenue, futureOf } from '../future-venue.ts'
import { isObject } from '../json.ts'
import { BINANCE_INVERSE_LIMITS } from '../shared-limits.ts'
import { readableRows, refusedBy } from '../tickers.ts'

const NAME = 'binance-futures'

/** Binance's futures in coins (COIN-M) and their perpetual, quoted in US dollars. */
export const binanceFutures: FutureVenue = {
  name: NAME,
  baseUrl: 'https://dapi.binance.com',
  pollMs: 10_000,
  // A tenth of the documented 2,400 a minute for one address.
  budget: { weightMax: 240, perMs: 60_000 },
  sharedLimits: BINANCE_INVERSE_LIMITS,
  usedWeightHeader: { name: 'x-mbx-used-weight-1m', weightMax: 1_920 },
  symbolOf: (market) => market.replace('/', ''),
  quoteOf: () => 'USD',
  pathOf: (symbol) => `/dapi/v1/ticker/bookTicker?pair=${encodeURIComponent(symbol)}`,
  weight: 5,
  parse(answer, symbol) {
    if (isObject(answer)) throw refusedBy(NAME, answer.get('msg'))
    return readableRows(listAt(answer, 'answer'), (row) => {
      // `BTCUSD_260327` or `BTCUSD_PERP`.
      const [pair, day = '', ...more] = textAt(row.get('symbol'), 'symbol').split('_')
      if (pair !== symbol || more.length > 0) return null
      const expiryMs = day === 'PERP' ? null : expiryFrom(day)
      if (expiryMs === null && day !== 'PERP') return null
      const venueMs = timeAt(row.get('time'), { where: 'time', unit: 'ms' })
      return futureOf(row, { expiryMs, sides: ['bidPrice', 'askPrice'], venueMs })
    })
  },
}

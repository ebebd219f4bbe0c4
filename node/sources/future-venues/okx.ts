import { expiryFrom } from '../expiries.ts'
import { listAt, objectAt, textAt, timeAt } from '../fields.ts'
import { type FutureVenue, futureOf } from '../future-venue.ts'
import { OKX_TICKERS_LIMITS } from '../shared-limits.ts'
import { readableRows, refusedBy } from '../tickers.ts'

const NAME = 'okx-futures'

/**
 * OKX's inverse futures, quoted in US dollars; `BTC-USDT` is the symbol of those in USDT. Its
 * perpetuals stand in another answer, so nothing is known before the first expiry, which is at most
 * a week away.
 */
export const okxFutures: FutureVenue = {
  name: NAME,
  baseUrl: 'https://www.okx.com',
  pollMs: 10_000,
  // Documented: 20 in two seconds for one address and path.
  budget: { weightMax: 8, perMs: 10_000 },
  sharedLimits: OKX_TICKERS_LIMITS,
  symbolOf: (market) => market.replace('/', '-'),
  quoteOf: (symbol) => symbol.slice(symbol.indexOf('-') + 1),
  pathOf: (symbol) =>
    `/api/v5/market/tickers?instType=FUTURES&instFamily=${encodeURIComponent(symbol)}`,
  weight: 1,
  parse(answer, symbol) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another code is a failure.
    if (textAt(body.get('code'), 'code') !== '0') throw refusedBy(NAME, body.get('code'))
    return readableRows(listAt(body.get('data'), 'data'), (row) => {
      // `BTC-USD-260327`.
      const name = textAt(row.get('instId'), 'instId')
      if (!name.startsWith(`${symbol}-`)) return null
      const expiryMs = expiryFrom(name.slice(symbol.length + 1))
      if (expiryMs === null) return null
      const venueMs = timeAt(row.get('ts'), { where: 'ts', unit: 'ms' })
      return futureOf(row, { expiryMs, sides: ['bidPx', 'askPx'], venueMs })
    })
  },
}

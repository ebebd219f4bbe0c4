import type { FutureQuote } from '../../../aggregator/aggregation/forward-price.ts'
import { expiryFrom } from '../expiries.ts'
import { listAt, objectAt, textAt, timeAt } from '../fields.ts'
import { type FutureVenue, futureOf } from '../future-venue.ts'
import type { JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { DERIBIT_LIMITS } from '../shared-limits.ts'
import { readableRows, refusedBy } from '../tickers.ts'

const NAME = 'deribit-futures'

/**
 * Deribit's inverse futures and their perpetual, quoted in US dollars. The symbol is the coin, or
 * the coin with its currency, `BTC_USDC`, for linear ones.
 */
export const deribitFutures: FutureVenue = {
  name: NAME,
  baseUrl: 'https://www.deribit.com',
  pollMs: 10_000,
  // Public calls are limited by address, without figures.
  budget: { weightMax: 8, perMs: 10_000 },
  sharedLimits: DERIBIT_LIMITS,
  symbolOf: (market) => market.slice(0, market.indexOf('/')),
  quoteOf: (symbol) => symbol.split('_')[1] ?? 'USD',
  pathOf: (symbol) => {
    const [coin = '', currency = coin] = symbol.split('_')
    return (
      '/api/v2/public/get_book_summary_by_currency' +
      `?currency=${encodeURIComponent(currency)}&kind=future`
    )
  },
  weight: 1,
  parse(answer, symbol) {
    const body = objectAt(answer, 'answer')
    const error = body.get('error')
    if (error !== undefined) throw refusedBy(NAME, isObject(error) ? error.get('message') : null)
    return readableRows(listAt(body.get('result'), 'result'), (row) => readRow(row, symbol))
  },
}

/** `BTC-27MAR26` or `BTC-PERPETUAL`. */
function readRow(row: JsonObject, symbol: string): FutureQuote | null {
  const [listed, day = '', ...more] = textAt(row.get('instrument_name'), 'instrument_name').split(
    '-',
  )
  if (listed !== symbol || more.length > 0) return null
  const expiryMs = day === 'PERPETUAL' ? null : expiryFrom(day)
  if (expiryMs === null && day !== 'PERPETUAL') return null
  const venueMs = timeAt(row.get('creation_timestamp'), { where: 'creation_timestamp', unit: 'ms' })
  return futureOf(row, { expiryMs, sides: ['bid_price', 'ask_price'], venueMs })
}

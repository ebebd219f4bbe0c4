import type { FutureQuote } from '../../../aggregator/aggregation/forward-price.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import { linearTickers } from '../bybit-linear.ts'
import { textAt, timeAt } from '../fields.ts'
import { type FutureVenue, futureOf } from '../future-venue.ts'
import type { JsonObject } from '../json.ts'
import { BYBIT_LIMITS, BYBIT_SHUT_OUT } from '../shared-limits.ts'
import { readableRows } from '../tickers.ts'

const NAME = 'bybit-futures'

/**
 * Bybit's futures in USDT and their perpetual, in one answer with all others that are linear. The
 * symbol is the coin with the currency, `BTC-USDT` or `BTC-USDC`.
 */
export const bybitFutures: FutureVenue = {
  name: NAME,
  baseUrl: 'https://api.bybit.com',
  alternateUrls: ['https://api.bytick.com'],
  pollMs: 10_000,
  // Documented: 600 in five seconds for one address; all tickers are a large answer.
  budget: { weightMax: 4, perMs: 10_000 },
  sharedLimits: BYBIT_LIMITS,
  limitStatus: BYBIT_SHUT_OUT,
  symbolOf: (market) => `${market.slice(0, market.indexOf('/'))}-USDT`,
  quoteOf: (symbol) => symbol.slice(symbol.indexOf('-') + 1),
  pathOf: () => '/v5/market/tickers?category=linear',
  weight: 1,
  parse(answer, symbol) {
    const { rows, venueMs } = linearTickers(NAME, answer)
    return readableRows(rows, (row) => readRow(row, { symbol, venueMs }))
  },
}

/** `BTCUSDT-27MAR26` and `BTCUSDT`; in USDC `BTC-27MAR26` and `BTCPERP`. */
function readRow(
  row: JsonObject,
  { symbol, venueMs }: { readonly symbol: string; readonly venueMs: UnixMs | null },
): FutureQuote | null {
  const [coin = '', currency = ''] = symbol.split('-')
  const family = currency === 'USDC' ? coin : `${coin}${currency}`
  const perpetual = currency === 'USDC' ? `${coin}PERP` : family
  const name = textAt(row.get('symbol'), 'symbol')
  const sides = ['bid1Price', 'ask1Price'] as const
  if (name === perpetual) return futureOf(row, { expiryMs: null, sides, venueMs })
  if (!name.startsWith(`${family}-`)) return null
  const expiryMs = timeAt(row.get('deliveryTime'), { where: 'deliveryTime', unit: 'ms' })
  return expiryMs === null ? null : futureOf(row, { expiryMs, sides, venueMs })
}

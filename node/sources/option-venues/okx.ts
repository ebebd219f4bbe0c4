import type { OptionQuote } from '../../../aggregator/aggregation/option-chain.ts'
import { expiryFrom } from '../expiries.ts'
import { amountAt, listAt, objectAt, textAt, timeAt } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { type OptionVenue, optionsFrom, sideFrom } from '../option-venue.ts'
import { OKX_TICKERS_LIMITS } from '../shared-limits.ts'
import { refusedBy } from '../tickers.ts'

/**
 * OKX's inverse options: prices in coins, one answer for the whole chain. It names no forward; the
 * index finds it by put-call parity.
 */
export const okxOptions: OptionVenue = {
  name: 'okx-options',
  baseUrl: 'https://www.okx.com',
  pollMs: 10_000,
  // Documented: 20 in two seconds for one address and path.
  budget: { weightMax: 8, perMs: 10_000 },
  sharedLimits: OKX_TICKERS_LIMITS,
  symbolOf: (market) => market.replace('/', '-'),
  pathOf: (symbol) =>
    `/api/v5/market/tickers?instType=OPTION&instFamily=${encodeURIComponent(symbol)}`,
  parse(answer, symbol) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another code is a failure.
    if (textAt(body.get('code'), 'code') !== '0') throw refusedBy('okx-options', body.get('code'))
    const rows = listAt(body.get('data'), 'data')
    const options = optionsFrom(rows, (row) => optionOf(row, symbol))
    return { unit: 'coin', rate: 0n, options }
  },
}

/** `BTC-USD-260327-90000-C`. */
function optionOf(row: JsonObject, symbol: string): OptionQuote | null {
  const name = textAt(row.get('instId'), 'instId')
  if (!name.startsWith(`${symbol}-`)) return null
  const [day = '', strike = '', letter, ...more] = name.slice(symbol.length + 1).split('-')
  const expiryMs = expiryFrom(day)
  const side = sideFrom(letter)
  const amount = amountAt(strike, 'strike')
  if (more.length > 0 || expiryMs === null || side === null || amount === null) return null
  return {
    expiryMs,
    strike: amount,
    side,
    bid: amountAt(row.get('bidPx'), 'bidPx'),
    ask: amountAt(row.get('askPx'), 'askPx'),
    forward: null,
    venueMs: timeAt(row.get('ts'), { where: 'ts', unit: 'ms' }),
  }
}

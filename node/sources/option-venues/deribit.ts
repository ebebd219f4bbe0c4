import type { OptionQuote } from '../../../aggregator/aggregation/option-chain.ts'
import { expiryFrom } from '../expiries.ts'
import { amountAt, listAt, objectAt, textAt, timeAt } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { isObject } from '../json.ts'
import { type OptionVenue, optionsFrom, sideFrom } from '../option-venue.ts'
import { DERIBIT_LIMITS } from '../shared-limits.ts'
import { refusedBy } from '../tickers.ts'

/** Deribit's inverse options: prices in coins, one answer for the whole chain. */
export const deribitOptions: OptionVenue = {
  name: 'deribit-options',
  baseUrl: 'https://www.deribit.com',
  pollMs: 10_000,
  // Public calls are limited by address, without figures; a chain is a large answer.
  budget: { weightMax: 4, perMs: 10_000 },
  sharedLimits: DERIBIT_LIMITS,
  symbolOf: (market) => market.slice(0, market.indexOf('/')),
  pathOf: (symbol) =>
    '/api/v2/public/get_book_summary_by_currency' +
    `?currency=${encodeURIComponent(symbol)}&kind=option`,
  parse(answer, symbol) {
    const body = objectAt(answer, 'answer')
    const error = body.get('error')
    if (error !== undefined) {
      throw refusedBy('deribit-options', isObject(error) ? error.get('message') : null)
    }
    const rows = listAt(body.get('result'), 'result')
    const options = optionsFrom(rows, (row) => optionOf(row, symbol))
    return { unit: 'coin', rate: 0n, options }
  },
}

/** `BTC-27MAR26-90000-C`; a `d` in a strike is its decimal point. */
function optionOf(row: JsonObject, symbol: string): OptionQuote | null {
  const [currency, day = '', strike = '', letter, ...more] = textAt(
    row.get('instrument_name'),
    'instrument_name',
  ).split('-')
  const expiryMs = expiryFrom(day)
  const side = sideFrom(letter)
  const amount = amountAt(strike.replace('d', '.'), 'strike')
  if (currency !== symbol || more.length > 0) return null
  if (expiryMs === null || side === null || amount === null) return null
  return {
    expiryMs,
    strike: amount,
    side,
    bid: amountAt(row.get('bid_price'), 'bid_price'),
    ask: amountAt(row.get('ask_price'), 'ask_price'),
    forward: amountAt(row.get('underlying_price'), 'underlying_price'),
    venueMs: timeAt(row.get('creation_timestamp'), { where: 'creation_timestamp', unit: 'ms' }),
  }
}

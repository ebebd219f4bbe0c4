import type { OptionQuote } from '../../../aggregator/aggregation/option-chain.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import { expiryFrom } from '../expiries.ts'
import { amountAt, listAt, objectAt, textAt, timeAt } from '../fields.ts'
import type { JsonObject } from '../json.ts'
import { isNumber } from '../json.ts'
import { type OptionVenue, optionsFrom, sideFrom } from '../option-venue.ts'
import { BYBIT_LIMITS, BYBIT_SHUT_OUT } from '../shared-limits.ts'
import { refusedBy } from '../tickers.ts'

/**
 * Bybit's options: prices in the currency that they settle in, one answer for the whole chain. The
 * symbol is the coin with that currency, `BTC-USDT`, or the coin alone for options in USDC, whose
 * names carry none.
 */
export const bybitOptions: OptionVenue = {
  name: 'bybit-options',
  baseUrl: 'https://api.bybit.com',
  alternateUrls: ['https://api.bytick.com'],
  pollMs: 10_000,
  // Documented: 600 in five seconds for one address; a chain is a large answer.
  budget: { weightMax: 8, perMs: 10_000 },
  sharedLimits: BYBIT_LIMITS,
  limitStatus: BYBIT_SHUT_OUT,
  symbolOf: (market) => `${market.slice(0, market.indexOf('/'))}-USDT`,
  pathOf: (symbol) => {
    const [coin = ''] = symbol.split('-')
    return `/v5/market/tickers?category=option&baseCoin=${encodeURIComponent(coin)}`
  },
  parse(answer, symbol) {
    const body = objectAt(answer, 'answer')
    const code = body.get('retCode')
    // HTTP 200 with another code is a failure.
    if (!isNumber(code) || code.numberText !== '0')
      throw refusedBy('bybit-options', body.get('retMsg'))
    const rows = listAt(objectAt(body.get('result'), 'result').get('list'), 'result.list')
    const venueMs = timeAt(body.get('time'), { where: 'time', unit: 'ms' })
    const options = optionsFrom(rows, (row) => optionOf(row, { symbol, venueMs }))
    return { unit: 'currency', rate: 0n, options }
  },
}

/** `BTC-27MAR26-90000-C-USDT`, or without the last part. A missing side is written as `0`. */
function optionOf(
  row: JsonObject,
  { symbol, venueMs }: { readonly symbol: string; readonly venueMs: UnixMs | null },
): OptionQuote | null {
  const [coin, day = '', strike = '', letter, ...settled] = textAt(
    row.get('symbol'),
    'symbol',
  ).split('-')
  const expiryMs = expiryFrom(day)
  const side = sideFrom(letter)
  const amount = amountAt(strike, 'strike')
  if ([coin, ...settled].join('-') !== symbol) return null
  if (expiryMs === null || side === null || amount === null) return null
  return {
    expiryMs,
    strike: amount,
    side,
    bid: amountAt(row.get('bid1Price'), 'bid1Price'),
    ask: amountAt(row.get('ask1Price'), 'ask1Price'),
    forward: amountAt(row.get('underlyingPrice'), 'underlyingPrice'),
    venueMs,
  }
}

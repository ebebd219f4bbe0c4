import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import { amountAt, answerFor, listAt, symbolAbsent } from '../fields.ts'
import type { Json } from '../json.ts'
import { refusedBy } from '../tickers.ts'
import type { Venue } from '../venue.ts'

/** Currencies that Bitfinex spells in its own way. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([['USDT', 'UST']])

/** Places in a ticker of the list of tickers: sizes stand between the prices. */
const PLACES = { symbol: 0, bid: 1, ask: 3, last: 7, volume: 8 } as const

/**
 * Bitfinex spot, version 2 of its API. Its answers carry no time, so a frozen answer shows only by
 * repeating itself.
 */
export const bitfinex: Venue = {
  name: 'bitfinex',
  baseUrl: 'https://api-pub.bitfinex.com',
  pollMs: 3_000,
  // Known: from 30 a minute on, by path; all markets fit into one.
  budget: { weightMax: 2, perMs: 5_000 },
  usedWeightHeader: null,
  symbolOf(market) {
    const codes = market.split('/').map((currency) => OWN_NAMES.get(currency) ?? currency)
    // Codes of three letters need nothing between them.
    return `t${codes.join(codes.every(({ length }) => length === 3) ? '' : ':')}`
  },
  requests(markets) {
    if (markets.length === 0) return []
    const symbols = markets.map(({ symbol }) => encodeURIComponent(symbol)).join(',')
    return [{ path: `/v2/tickers?symbols=${symbols}`, markets, weight: 1 }]
  },
  parse(answer, { markets }) {
    const tickers = listAt(answer, 'answer')
    // An error is a list too: ["error", 10020, "symbol: invalid"].
    if (tickers[0] === 'error') throw refusedBy('bitfinex', tickers[2])
    const rows = tickers.map((ticker) => listAt(ticker, 'ticker'))
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        const row = rows.find((each) => each[PLACES.symbol] === symbol)
        if (row === undefined) throw symbolAbsent(symbol)
        return tickerQuote(row)
      }),
    )
  },
  stream: null,
}

function tickerQuote(row: readonly Json[]): Quote {
  return {
    bid: amountAt(row[PLACES.bid], 'bid'),
    ask: amountAt(row[PLACES.ask], 'ask'),
    last: amountAt(row[PLACES.last], 'last'),
    lastTradeMs: null,
    baseVolume: amountAt(row[PLACES.volume], 'volume'),
    venueMs: null,
  }
}

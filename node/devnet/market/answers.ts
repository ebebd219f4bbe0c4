import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import { rescale } from '../../../aggregator/values/fixed-point.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import type { MarketModel, MarketVenue, ModelQuote } from './model.ts'
import { assetOf, MARKET_DECIMALS } from './model.ts'

export interface MarketAnswerPage {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

export interface MarketQuestion {
  /** Below the venue's prefix. */
  readonly path: string
  readonly query: URLSearchParams
  readonly nowMs: UnixMs
}

type Answerer = (model: MarketModel, question: MarketQuestion) => MarketAnswerPage | null

/**
 * Answers of the five venues in their own formats (Binance `ticker/24hr`, Coinbase Exchange product
 * ticker, Kraken `Ticker`, Bitstamp `ticker`, OKX v5 `market/ticker`); null where the venue has no
 * such path.
 */
export const ANSWERERS: Readonly<Record<MarketVenue, Answerer>> = {
  binance: answerBinance,
  coinbase: answerCoinbase,
  kraken: answerKraken,
  bitstamp: answerBitstamp,
  okx: answerOkx,
}

function answerBinance(model: MarketModel, question: MarketQuestion): MarketAnswerPage | null {
  if (question.path !== '/api/v3/ticker/24hr') return null
  const symbols = symbolList(question.query.get('symbols'))
  const tickers = symbols?.map((symbol) => {
    const said = quoteOf(model, { ...question, venue: 'binance', ...splitSymbol(symbol, '') })
    if (said === null) return null
    const { quote, price, size } = said
    return {
      symbol,
      lastPrice: price(quote.last),
      lastQty: '0.01000000',
      bidPrice: price(quote.bid),
      bidQty: '1.50000000',
      askPrice: price(quote.ask),
      askQty: '2.50000000',
      volume: size(quote.volume),
      openTime: quote.timeMs - 86_400_000,
      closeTime: quote.timeMs,
      count: 1_000_000,
    }
  })
  if (tickers === undefined || tickers.includes(null)) {
    return page(400, { code: -1121, msg: 'Invalid symbol.' })
  }
  return page(200, tickers)
}

function answerCoinbase(model: MarketModel, question: MarketQuestion): MarketAnswerPage | null {
  const symbol = /^\/products\/([A-Z]+-[A-Z]+)\/ticker$/.exec(question.path)?.[1]
  if (symbol === undefined) return null
  const said = quoteOf(model, { ...question, venue: 'coinbase', ...splitSymbol(symbol, '-') })
  if (said === null) return page(404, { message: 'NotFound' })
  const { quote, price, size } = said
  return page(200, {
    ask: price(quote.ask),
    bid: price(quote.bid),
    volume: size(quote.volume),
    trade_id: 539_894_971,
    price: price(quote.last),
    size: '0.00003172',
    time: new Date(quote.timeMs).toISOString().replace('Z', '000Z'),
  })
}

/** Kraken's keys of the old currencies carry an X or Z before each half. */
const KRAKEN_KEYS: ReadonlyMap<string, string> = new Map([
  ['XBTUSD', 'XXBTZUSD'],
  ['ETHUSD', 'XETHZUSD'],
  ['SOLUSD', 'SOLUSD'],
  ['USDTUSD', 'USDTZUSD'],
])

function answerKraken(model: MarketModel, question: MarketQuestion): MarketAnswerPage | null {
  if (question.path !== '/0/public/Ticker') return null
  const pairs = (question.query.get('pair') ?? '').split(',')
  const result: Record<string, unknown> = {}
  for (const pair of pairs) {
    const key = KRAKEN_KEYS.get(pair)
    const symbol = pair.replace('XBT', 'BTC')
    const said = quoteOf(model, { ...question, venue: 'kraken', ...splitSymbol(symbol, '') })
    if (key === undefined || said === null) {
      return page(200, { error: ['EQuery:Unknown asset pair'] })
    }
    const { quote, price, size } = said
    // The average of the day is far from the price: whoever reads it as one shows it at once.
    const average = price((quote.last * 9n) / 10n)
    result[key] = {
      a: [price(quote.ask), '1', '1.000'],
      b: [price(quote.bid), '1', '1.000'],
      c: [price(quote.last), '0.00044000'],
      v: [size(quote.volume / 2n), size(quote.volume)],
      p: [average, average],
      t: [35, 3_276],
      o: average,
    }
  }
  return page(200, { error: [], result })
}

function answerBitstamp(model: MarketModel, question: MarketQuestion): MarketAnswerPage | null {
  const symbol = /^\/api\/v2\/ticker\/([a-z]+)\/$/.exec(question.path)?.[1]?.toUpperCase()
  if (symbol === undefined) return null
  const { base, quoteName } = splitSymbol(symbol, '')
  const said = quoteOf(model, { ...question, venue: 'bitstamp', base, quoteName })
  if (said === null) {
    return page(404, { status: 'error', reason: 'Invalid currency pair', code: '400.002' })
  }
  const { quote, price, size } = said
  return page(200, {
    ask: price(quote.ask),
    bid: price(quote.bid),
    last: price(quote.last),
    pair: `${base}/${quoteName}`,
    side: '0',
    timestamp: String(Math.floor(quote.timeMs / 1_000)),
    volume: size(quote.volume),
    vwap: price((quote.last * 9n) / 10n),
  })
}

function answerOkx(model: MarketModel, question: MarketQuestion): MarketAnswerPage | null {
  if (question.path !== '/api/v5/market/ticker') return null
  const instId = question.query.get('instId') ?? ''
  const said = quoteOf(model, { ...question, venue: 'okx', ...splitSymbol(instId, '-') })
  if (said === null) {
    return page(200, { code: '51001', msg: "Instrument ID doesn't exist", data: [] })
  }
  return page(200, { code: '0', msg: '', data: [okxTicker(instId, said)] })
}

/** What OKX says about an instrument, asked or by its stream. */
export function okxTicker(instId: string, { quote, price, size }: Said): object {
  return {
    instType: 'SPOT',
    instId,
    last: price(quote.last),
    lastSz: '0.1',
    askPx: price(quote.ask),
    askSz: '11',
    bidPx: price(quote.bid),
    bidSz: '5',
    volCcy24h: size(quote.volume * 1_000n),
    vol24h: size(quote.volume),
    ts: String(quote.timeMs),
  }
}

interface Said {
  readonly quote: ModelQuote
  readonly price: (amount: bigint) => string
  readonly size: (amount: bigint) => string
}

/** What a venue says about a market, in its way of writing; null where it does not list it. */
export function quoteOf(
  model: MarketModel,
  asked: {
    readonly nowMs: UnixMs
    readonly venue: MarketVenue
    readonly base: string
    readonly quoteName: string
  },
): Said | null {
  const { nowMs, venue, base, quoteName } = asked
  if (!model.lists(base, quoteName)) return null
  const { tickDecimals } = assetOf(base)
  const quote = model.quoteAt({ venue, base, quote: quoteName, nowMs })
  return {
    quote,
    price: (amount) =>
      formatDecimal(
        rescale(amount, { from: MARKET_DECIMALS, to: tickDecimals, rounding: 'nearest' }),
        tickDecimals,
      ),
    size: (amount) => formatDecimal(amount, MARKET_DECIMALS),
  }
}

/** Base and quote currency of a symbol that ends with USDT or USD. */
export function splitSymbol(
  symbol: string,
  separator: string,
): { readonly base: string; readonly quoteName: string } {
  const quoteName = symbol.endsWith(`${separator}USDT`) ? 'USDT' : 'USD'
  const tail = `${separator}${quoteName}`
  if (!symbol.endsWith(tail)) return { base: '', quoteName: '' }
  return { base: symbol.slice(0, -tail.length), quoteName }
}

function symbolList(text: string | null): readonly string[] | undefined {
  const match = /^\[("[A-Z0-9]{1,20}"(?:,"[A-Z0-9]{1,20}"){0,99})\]$/.exec(text ?? '')
  return match?.[1]?.replaceAll('"', '').split(',')
}

export function page(status: number, body: unknown): MarketAnswerPage {
  return { status, body: JSON.stringify(body) }
}

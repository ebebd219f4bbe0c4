import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import { divide } from '../../../aggregator/values/fixed-point.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import type { MarketAnswerPage, MarketQuestion } from './answers.ts'
import { page } from './answers.ts'
import { evenAround } from './chance.ts'
import type { MarketModel } from './model.ts'
import { MARKET_DECIMALS } from './model.ts'

export const MARKET_FUTURE_VENUES = [
  'deribit-futures',
  'okx-futures',
  'bybit-futures',
  'binance-futures',
] as const
export type MarketFutureVenue = (typeof MARKET_FUTURE_VENUES)[number]

const COINS = ['BTC', 'ETH', 'SOL']
/** Days to the expiries, the nearest within a week, as venues list them. */
const EXPIRY_DAYS = [3, 10, 24, 52, 115]
const DAY_MS = 86_400_000
const EXPIRY_HOUR_MS = 28_800_000

/** What a future costs more for each day to its expiry, in 10^-7 of the price: 6 % a year. */
const CARRY_PER_DAY = 1_640
/** Furthest that a venue sees a price elsewhere. */
const VENUE_WANDER = 1_000
const HALF_WIDTH = 300n
const PART = 10_000_000n
const EPOCH_MS = 1_000
const TICK_DECIMALS = 2

/** What a venue says about one future; prices as decimal numbers. */
interface ModelFuture {
  /** Null of the perpetual. */
  readonly expiryMs: UnixMs | null
  readonly bid: string
  readonly ask: string
}

type FuturesOf = (coin: string, currency: 'USD' | 'USDT') => readonly ModelFuture[]
type FutureAnswerer = (question: MarketQuestion, futuresOf: FuturesOf) => MarketAnswerPage | null

/**
 * Answers of the venues of futures in their own formats (Deribit `get_book_summary_by_currency`,
 * OKX v5 `market/tickers`, Bybit v5 `market/tickers`, Binance COIN-M `bookTicker`); null where the
 * venue has no such path.
 */
const FUTURE_ANSWERERS: Readonly<Record<MarketFutureVenue, FutureAnswerer>> = {
  'deribit-futures': answerDeribit,
  'okx-futures': answerOkx,
  'bybit-futures': answerBybit,
  'binance-futures': answerBinance,
}

export function answerFutures(
  model: MarketModel,
  question: MarketQuestion,
  about: { readonly venue: MarketFutureVenue; readonly seed: number },
): MarketAnswerPage | null {
  const { nowMs } = question
  return FUTURE_ANSWERERS[about.venue](question, (coin, currency) => {
    if (!COINS.includes(coin)) return []
    const spot = priceIn(model, { coin, currency, nowMs })
    const today = nowMs - (nowMs % DAY_MS) + EXPIRY_HOUR_MS
    const expiries = EXPIRY_DAYS.map((days) => today + days * DAY_MS)
    return [null, ...expiries].map((expiryMs) => {
      const days = expiryMs === null ? 0 : Math.round((expiryMs - nowMs) / DAY_MS)
      const epoch = Math.floor(nowMs / EPOCH_MS)
      const error = evenAround(VENUE_WANDER, about.seed, about.venue, coin, days, epoch)
      const middle = (spot * (PART + BigInt(days * CARRY_PER_DAY + error))) / PART
      return { expiryMs, bid: priceText(middle, -HALF_WIDTH), ask: priceText(middle, HALF_WIDTH) }
    })
  })
}

function priceIn(
  model: MarketModel,
  asked: { readonly coin: string; readonly currency: 'USD' | 'USDT'; readonly nowMs: UnixMs },
): bigint {
  const price = model.truePrice(asked.coin, asked.nowMs)
  if (asked.currency === 'USD') return price
  return (price * 10n ** BigInt(MARKET_DECIMALS)) / model.truePrice('USDT', asked.nowMs)
}

function priceText(middle: bigint, away: bigint): string {
  const tick = 10n ** BigInt(MARKET_DECIMALS - TICK_DECIMALS)
  const ticks = divide(middle * (PART + away), PART * tick, away < 0n ? 'floor' : 'ceil')
  return formatDecimal(ticks, TICK_DECIMALS)
}

function answerDeribit(
  { path, query, nowMs }: MarketQuestion,
  futuresOf: FuturesOf,
): MarketAnswerPage | null {
  if (path !== '/api/v2/public/get_book_summary_by_currency') return null
  const coin = query.get('currency') ?? ''
  const futures = query.get('kind') === 'future' ? futuresOf(coin, 'USD') : []
  if (futures.length === 0) {
    const error = { code: -32_602, message: 'Invalid params' }
    return page(400, { jsonrpc: '2.0', error, testnet: true })
  }
  const result = futures.map(({ expiryMs, bid, ask }) => ({
    instrument_name: `${coin}-${expiryMs === null ? 'PERPETUAL' : dayName(expiryMs)}`,
    base_currency: coin,
    quote_currency: 'USD',
    bid_price: Number(bid),
    ask_price: Number(ask),
    creation_timestamp: nowMs,
  }))
  return page(200, { jsonrpc: '2.0', result, usIn: 0, usOut: 0, usDiff: 0, testnet: true })
}

function answerOkx(
  { path, query, nowMs }: MarketQuestion,
  futuresOf: FuturesOf,
): MarketAnswerPage | null {
  if (path !== '/api/v5/market/tickers') return null
  const family = query.get('instFamily') ?? ''
  const [coin = '', currency] = family.split('-')
  const isAsked = query.get('instType') === 'FUTURES' && currency === 'USD'
  const futures = isAsked ? futuresOf(coin, 'USD') : []
  if (futures.length === 0) return page(200, { code: '51000', msg: 'Parameter error', data: [] })
  const data = futures.flatMap(({ expiryMs, bid, ask }) =>
    expiryMs === null
      ? []
      : [
          {
            instType: 'FUTURES',
            instId: `${family}-${dayDigits(expiryMs)}`,
            bidPx: bid,
            askPx: ask,
            ts: String(nowMs),
          },
        ],
  )
  return page(200, { code: '0', msg: '', data })
}

function answerBybit(
  { path, query, nowMs }: MarketQuestion,
  futuresOf: FuturesOf,
): MarketAnswerPage | null {
  if (path !== '/v5/market/tickers' || query.get('category') !== 'linear') return null
  const list = COINS.flatMap((coin) =>
    futuresOf(coin, 'USDT').map(({ expiryMs, bid, ask }) => ({
      symbol: expiryMs === null ? `${coin}USDT` : `${coin}USDT-${dayName(expiryMs)}`,
      deliveryTime: String(expiryMs ?? 0),
      bid1Price: bid,
      ask1Price: ask,
    })),
  )
  const result = { category: 'linear', list }
  return page(200, { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: nowMs })
}

function answerBinance(
  { path, query, nowMs }: MarketQuestion,
  futuresOf: FuturesOf,
): MarketAnswerPage | null {
  if (path !== '/dapi/v1/ticker/bookTicker') return null
  const pair = query.get('pair') ?? ''
  const futures = pair.endsWith('USD') ? futuresOf(pair.slice(0, -'USD'.length), 'USD') : []
  if (futures.length === 0) return page(400, { code: -1121, msg: 'Invalid symbol.' })
  const rows = futures.map(({ expiryMs, bid, ask }) => ({
    symbol: `${pair}_${expiryMs === null ? 'PERP' : dayDigits(expiryMs)}`,
    pair,
    bidPrice: bid,
    bidQty: '10',
    askPrice: ask,
    askQty: '10',
    time: nowMs,
  }))
  return page(200, rows)
}

/** `27MAR26`, without a zero before the day. */
export function dayName(expiryMs: UnixMs): string {
  const [, day = '', month = '', year = ''] = new Date(expiryMs).toUTCString().split(' ')
  return `${Number(day)}${month.toUpperCase()}${year.slice(2)}`
}

/** `260327`. */
export function dayDigits(expiryMs: UnixMs): string {
  return new Date(expiryMs).toISOString().slice(2, 10).replaceAll('-', '')
}

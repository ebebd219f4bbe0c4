import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import type { MarketAnswerPage, MarketQuestion } from './answers.ts'
import { page } from './answers.ts'
import { evenAround } from './chance.ts'

export const MARKET_PERPETUAL_VENUES = [
  'binance-perpetuals',
  'okx-perpetuals',
  'bybit-perpetuals',
  'bitmex-perpetuals',
] as const
export type MarketPerpetualVenue = (typeof MARKET_PERPETUAL_VENUES)[number]

const COINS = ['BTC', 'ETH', 'SOL'] as const
type Coin = (typeof COINS)[number]

/** Rates have eight decimals. */
const RATE_DECIMALS = 8
/** Furthest that a rate for eight hours wanders from zero, and that a venue sees it elsewhere. */
const WANDER = 30_000
const VENUE_WANDER = 1_500
const EPOCH_MS = 10_000
const HOUR_MS = 3_600_000
/** Length of an interval in hours: at one venue half of what it is elsewhere. */
const INTERVAL_HOURS: Readonly<Record<MarketPerpetualVenue, number>> = {
  'binance-perpetuals': 8,
  'okx-perpetuals': 8,
  'bybit-perpetuals': 4,
  'bitmex-perpetuals': 8,
}

/** What one venue says, at one moment, about one perpetual. */
interface Funding {
  readonly coin: Coin
  /** For one interval, as a decimal number. */
  readonly rate: string
  readonly endMs: UnixMs
  readonly nextMs: UnixMs
  readonly hours: number
}

type PerpetualAnswerer = (
  question: MarketQuestion,
  fundings: readonly Funding[],
) => MarketAnswerPage | null

/**
 * Answers of the venues of perpetuals in their own formats (Binance USDⓈ-M `premiumIndex` and
 * `fundingInfo`, OKX v5 `funding-rate`, Bybit v5 `market/tickers`, BitMEX `instrument/active`);
 * null where the venue has no such path.
 */
const PERPETUAL_ANSWERERS: Readonly<Record<MarketPerpetualVenue, PerpetualAnswerer>> = {
  'binance-perpetuals': answerBinance,
  'okx-perpetuals': answerOkx,
  'bybit-perpetuals': answerBybit,
  'bitmex-perpetuals': answerBitmex,
}

export function answerPerpetuals(
  question: MarketQuestion,
  about: { readonly venue: MarketPerpetualVenue; readonly seed: number },
): MarketAnswerPage | null {
  const fundings = COINS.map((coin) => fundingOf(coin, { ...about, nowMs: question.nowMs }))
  return PERPETUAL_ANSWERERS[about.venue](question, fundings)
}

function fundingOf(
  coin: Coin,
  at: { readonly venue: MarketPerpetualVenue; readonly seed: number; readonly nowMs: UnixMs },
): Funding {
  const { venue, seed, nowMs } = at
  const epoch = Math.floor(nowMs / EPOCH_MS)
  const wandered = evenAround(WANDER, seed, coin, 'funding', Math.floor(epoch / 6))
  const seen = wandered + evenAround(VENUE_WANDER, seed, venue, coin, epoch)
  const hours = INTERVAL_HOURS[venue]
  const lengthMs = hours * HOUR_MS
  const endMs = nowMs - (nowMs % lengthMs) + lengthMs
  const rate = formatDecimal(BigInt(Math.trunc((seen * hours) / 8)), RATE_DECIMALS)
  return { coin, rate, endMs, nextMs: endMs + lengthMs, hours }
}

function answerBinance(
  { path, nowMs }: MarketQuestion,
  fundings: readonly Funding[],
): MarketAnswerPage | null {
  if (path === '/fapi/v1/fundingInfo') {
    const infos = fundings.map(({ coin, hours }) => ({
      symbol: `${coin}USDT`,
      adjustedFundingRateCap: '0.02000000',
      adjustedFundingRateFloor: '-0.02000000',
      fundingIntervalHours: hours,
      disclaimer: false,
    }))
    return page(200, infos)
  }
  if (path !== '/fapi/v1/premiumIndex') return null
  const rows = fundings.map(({ coin, rate, endMs }) => ({
    symbol: `${coin}USDT`,
    lastFundingRate: rate,
    interestRate: '0.00010000',
    nextFundingTime: endMs,
    time: nowMs,
  }))
  return page(200, rows)
}

function answerOkx(
  { path, query, nowMs }: MarketQuestion,
  fundings: readonly Funding[],
): MarketAnswerPage | null {
  if (path !== '/api/v5/public/funding-rate') return null
  if (query.get('instId') !== 'ANY') {
    return page(200, { code: '51000', msg: 'Parameter error', data: [] })
  }
  const data = fundings.map(({ coin, rate, endMs, nextMs }) => ({
    instType: 'SWAP',
    instId: `${coin}-USDT-SWAP`,
    method: 'current_period',
    fundingRate: rate,
    nextFundingRate: '',
    fundingTime: String(endMs),
    nextFundingTime: String(nextMs),
    ts: String(nowMs),
  }))
  return page(200, { code: '0', msg: '', data })
}

function answerBybit(
  { path, query, nowMs }: MarketQuestion,
  fundings: readonly Funding[],
): MarketAnswerPage | null {
  if (path !== '/v5/market/tickers') return null
  if (query.get('category') !== 'linear') {
    return page(200, { retCode: 10_001, retMsg: 'Invalid parameter', result: {}, time: nowMs })
  }
  const list = fundings.map(({ coin, rate, endMs, hours }) => ({
    symbol: `${coin}USDT`,
    fundingRate: rate,
    nextFundingTime: String(endMs),
    fundingIntervalHour: String(hours),
    deliveryTime: '0',
  }))
  const result = { category: 'linear', list }
  return page(200, { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: nowMs })
}

function answerBitmex(
  { path, nowMs }: MarketQuestion,
  fundings: readonly Funding[],
): MarketAnswerPage | null {
  if (path !== '/api/v1/instrument/active') return null
  const rows = fundings.map(({ coin, rate, hours }) => ({
    symbol: `${coin === 'BTC' ? 'XBT' : coin}USDT`,
    fundingRate: Number(rate),
    fundingInterval: new Date(Date.UTC(2000, 0, 1) + hours * HOUR_MS).toISOString(),
    timestamp: new Date(nowMs).toISOString(),
  }))
  return page(200, rows)
}

import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import type { MarketAnswerPage, MarketQuestion } from './answers.ts'
import { page } from './answers.ts'
import { dayDigits, dayName } from './future-answers.ts'
import type { MarketModel } from './model.ts'
import { MARKET_DECIMALS } from './model.ts'
import {
  type MarketOptionVenue,
  type ModelChain,
  OPTION_DECIMALS,
  optionChain,
} from './option-model.ts'

type OptionAnswerer = (
  question: MarketQuestion,
  chainOf: (coin: string) => ModelChain | null,
) => MarketAnswerPage | null

/**
 * Answers of the option venues in their own formats (Deribit `get_book_summary_by_currency`, OKX v5
 * `market/tickers`, Bybit v5 `market/tickers`); null where the venue has no such path.
 */
const OPTION_ANSWERERS: Readonly<Record<MarketOptionVenue, OptionAnswerer>> = {
  'deribit-options': answerDeribit,
  'okx-options': answerOkx,
  'bybit-options': answerBybit,
}

export function answerOptions(
  model: MarketModel,
  question: MarketQuestion,
  about: { readonly venue: MarketOptionVenue; readonly seed: number },
): MarketAnswerPage | null {
  const { nowMs } = question
  return OPTION_ANSWERERS[about.venue](question, (coin) =>
    optionChain(model, { ...about, coin, nowMs }),
  )
}

function answerDeribit(
  { path, query }: MarketQuestion,
  chainOf: (coin: string) => ModelChain | null,
): MarketAnswerPage | null {
  if (path !== '/api/v2/public/get_book_summary_by_currency') return null
  const coin = query.get('currency') ?? ''
  const chain = query.get('kind') === 'option' ? chainOf(coin) : null
  if (chain === null) {
    const error = { code: -32_602, message: 'Invalid params' }
    return page(400, { jsonrpc: '2.0', error, testnet: true })
  }
  const result = chain.options.map((option) => ({
    instrument_name: `${coin}-${dayName(option.expiryMs)}-${whole(option.strike)}-${option.side}`,
    base_currency: coin,
    quote_currency: coin,
    mark_price: numberOf((option.bid + option.ask) / 2n, OPTION_DECIMALS),
    mark_iv: option.volatilityBps / 100,
    bid_price: option.bid === 0n ? null : numberOf(option.bid, OPTION_DECIMALS),
    ask_price: numberOf(option.ask, OPTION_DECIMALS),
    underlying_price: numberOf(chain.forward, MARKET_DECIMALS),
    underlying_index: `SYN.${coin}-${dayName(option.expiryMs)}`,
    interest_rate: 0,
    creation_timestamp: chain.timeMs,
  }))
  return page(200, { jsonrpc: '2.0', result, usIn: 0, usOut: 0, usDiff: 0, testnet: true })
}

function answerOkx(
  { path, query }: MarketQuestion,
  chainOf: (coin: string) => ModelChain | null,
): MarketAnswerPage | null {
  if (path !== '/api/v5/market/tickers') return null
  const family = query.get('instFamily') ?? ''
  const coin = family.endsWith('-USD') ? family.slice(0, -'-USD'.length) : ''
  const chain = query.get('instType') === 'OPTION' ? chainOf(coin) : null
  if (chain === null) return page(200, { code: '51000', msg: 'Parameter error', data: [] })
  const data = chain.options.map((option) => ({
    instType: 'OPTION',
    instId: `${family}-${dayDigits(option.expiryMs)}-${whole(option.strike)}-${option.side}`,
    last: '',
    bidPx: option.bid === 0n ? '' : formatDecimal(option.bid, OPTION_DECIMALS),
    bidSz: option.bid === 0n ? '' : '10',
    askPx: formatDecimal(option.ask, OPTION_DECIMALS),
    askSz: '10',
    ts: String(chain.timeMs),
  }))
  return page(200, { code: '0', msg: '', data })
}

function answerBybit(
  { path, query, nowMs }: MarketQuestion,
  chainOf: (coin: string) => ModelChain | null,
): MarketAnswerPage | null {
  if (path !== '/v5/market/tickers') return null
  const coin = query.get('baseCoin') ?? ''
  const chain = query.get('category') === 'option' ? chainOf(coin) : null
  if (chain === null) {
    return page(200, { retCode: 10_001, retMsg: 'Invalid parameter', result: {}, time: nowMs })
  }
  const price = (ticks: bigint) =>
    formatDecimal((ticks * chain.forward) / 10n ** BigInt(OPTION_DECIMALS), MARKET_DECIMALS)
  const list = chain.options.map((option) => ({
    symbol: `${coin}-${dayName(option.expiryMs)}-${whole(option.strike)}-${option.side}-USDT`,
    bid1Price: option.bid === 0n ? '0' : price(option.bid),
    bid1Size: option.bid === 0n ? '0' : '10',
    ask1Price: price(option.ask),
    ask1Size: '10',
    markIv: formatDecimal(BigInt(option.volatilityBps), OPTION_DECIMALS),
    underlyingPrice: formatDecimal(chain.forward, MARKET_DECIMALS),
    predictedDeliveryPrice: '0',
  }))
  const result = { category: 'option', list }
  return page(200, { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: nowMs })
}

function whole(amount: bigint): string {
  return String(amount / 10n ** BigInt(MARKET_DECIMALS))
}

/** As a JSON number, which writes so few digits as they were. */
function numberOf(amount: bigint, decimals: number): number {
  return Number(formatDecimal(amount, decimals))
}

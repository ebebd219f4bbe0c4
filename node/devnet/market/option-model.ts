import { priceOption } from '../../../aggregator/derivatives/black-scholes.ts'
import { absolute, divide, rescale } from '../../../aggregator/values/fixed-point.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import { evenAround } from './chance.ts'
import type { MarketModel } from './model.ts'
import { MARKET_DECIMALS } from './model.ts'

/** Options of the model are priced in coins with four decimals, as Deribit's and OKX's. */
export const OPTION_DECIMALS = 4

export const MARKET_OPTION_VENUES = ['deribit-options', 'okx-options', 'bybit-options'] as const
export type MarketOptionVenue = (typeof MARKET_OPTION_VENUES)[number]

/** Coins on which there are options. */
const OPTION_COINS = ['BTC', 'ETH', 'SOL']
/** Expiries around a month, and one of the days to come. */
const EXPIRY_DAYS = [3, 22, 29, 36]
const DAY_MS = 86_400_000
const EXPIRY_HOUR_MS = 28_800_000

/** At the money, in hundredths of a percent a year. */
const VOLATILITY_BPS = 5_500
/** Furthest that it wanders from there, and that a venue sees it elsewhere. */
const WANDER_BPS = 60
const VENUE_BPS = 20
/** So long it stays where it is. */
const EPOCH_MS = 1_000
/** Half of a quote's width, in percent of the price; at least one tick. */
const HALF_WIDTH_PERCENT = 2n

/** What a venue says about one option; prices in ticks of coins, strike at `MARKET_DECIMALS`. */
export interface ModelOption {
  readonly expiryMs: UnixMs
  readonly strike: bigint
  readonly side: 'C' | 'P'
  /** 0 where nobody bids. */
  readonly bid: bigint
  readonly ask: bigint
  /** Hundredths of a percent. */
  readonly volatilityBps: number
}

export interface ModelChain {
  /** Price of the coin at every expiry: nobody earns interest here. */
  readonly forward: bigint
  readonly options: readonly ModelOption[]
  readonly timeMs: UnixMs
}

/**
 * Options on a coin of the market as one venue quotes them: Black and Scholes around its price, at
 * a volatility that wanders and smiles. Null for a coin without options. The same seed and moment
 * give the same chain.
 */
export function optionChain(
  model: MarketModel,
  asked: {
    readonly seed: number
    readonly venue: MarketOptionVenue
    readonly coin: string
    readonly nowMs: UnixMs
  },
): ModelChain | null {
  const { seed, venue, coin, nowMs } = asked
  if (!OPTION_COINS.includes(coin)) return null
  const timeMs = nowMs - (nowMs % EPOCH_MS)
  const forward = model.truePrice(coin, timeMs)
  const epoch = Math.floor(timeMs / EPOCH_MS)
  const wandered = VOLATILITY_BPS + evenAround(WANDER_BPS, seed, coin, Math.floor(epoch / 10))
  const atMoney = wandered + evenAround(VENUE_BPS, seed, venue, coin, epoch)
  const options = EXPIRY_DAYS.flatMap((days) => {
    const expiryMs = timeMs - (timeMs % DAY_MS) + days * DAY_MS + EXPIRY_HOUR_MS
    const scene = { forward, atMoney, expiryMs, timeMs }
    return strikesAround(forward, days).flatMap((strike) => bothSides(strike, scene))
  })
  return { forward, options, timeMs }
}

/** Round strikes over four deviations on both sides, at least four in a deviation. */
function strikesAround(forward: bigint, days: number): readonly bigint[] {
  const widthBps = Math.round(VOLATILITY_BPS * Math.sqrt(days / 365))
  const width = (forward * BigInt(widthBps)) / 10_000n
  const step = roundStep(width / 4n)
  const middle = divide(forward, step, 'nearest')
  const reach = Number((4n * width) / step)
  const strikes = Array.from({ length: 2 * reach + 1 }, (_, at) => middle + BigInt(at - reach))
  return strikes.filter((strike) => strike > 0n).map((strike) => strike * step)
}

/** The largest of 1, 2 and 5 times a power of ten that is no larger. */
function roundStep(most: bigint): bigint {
  const power = 10n ** BigInt(most.toString().length - 1)
  return [5n, 2n, 1n].map((times) => times * power).find((step) => step <= most) ?? power
}

function bothSides(
  strike: bigint,
  scene: {
    readonly forward: bigint
    readonly atMoney: number
    readonly expiryMs: UnixMs
    readonly timeMs: UnixMs
  },
): readonly ModelOption[] {
  const { forward, atMoney, expiryMs, timeMs } = scene
  const volatilityBps = atMoney + smileBps(strike, forward)
  const terms = {
    volatility: BigInt(volatilityBps) * 10n ** 14n,
    timeSeconds: BigInt(Math.floor((expiryMs - timeMs) / 1_000)),
    rate: 0n,
  }
  const wide = (amount: bigint) =>
    rescale(amount, { from: MARKET_DECIMALS, to: 18, rounding: 'floor' })
  const prices = priceOption({ spot: wide(forward), strike: wide(strike), ...terms })
  return (['C', 'P'] as const).map((side) => {
    const worth = side === 'C' ? prices.call : prices.put
    const ticks = (rounding: 'floor' | 'ceil', percent: bigint) =>
      divide(worth * percent * 10n ** BigInt(OPTION_DECIMALS), wide(forward) * 100n, rounding)
    const bid = ticks('floor', 100n - HALF_WIDTH_PERCENT)
    const ask = ticks('ceil', 100n + HALF_WIDTH_PERCENT)
    return { expiryMs, strike, side, volatilityBps, bid, ask: ask > bid ? ask : bid + 1n }
  })
}

/** Far strikes cost more volatility, those below the price more than those above. */
function smileBps(strike: bigint, forward: bigint): number {
  const awayBps = Number(((strike - forward) * 10_000n) / forward)
  const steepness = strike < forward ? 12 : 6
  return Math.round((Number(absolute(BigInt(awayBps))) * steepness) / 100)
}

import type { FutureVenue } from './future-venue.ts'
import { binanceFutures } from './future-venues/binance.ts'
import { bybitFutures } from './future-venues/bybit.ts'
import { deribitFutures } from './future-venues/deribit.ts'
import { okxFutures } from './future-venues/okx.ts'
import type { OptionVenue } from './option-venue.ts'
import { bybitOptions } from './option-venues/bybit.ts'
import { deribitOptions } from './option-venues/deribit.ts'
import { okxOptions } from './option-venues/okx.ts'
import type { PerpetualVenue } from './perpetual-venue.ts'
import { binancePerpetuals } from './perpetual-venues/binance.ts'
import { bitmexPerpetuals } from './perpetual-venues/bitmex.ts'
import { bybitPerpetuals } from './perpetual-venues/bybit.ts'
import { okxPerpetuals } from './perpetual-venues/okx.ts'
import type { Venue } from './venue.ts'
import { binance } from './venues/binance.ts'
import { bitfinex } from './venues/bitfinex.ts'
import { bitstamp } from './venues/bitstamp.ts'
import { bybit } from './venues/bybit.ts'
import { coinbase } from './venues/coinbase.ts'
import { cryptocom } from './venues/cryptocom.ts'
import { gate } from './venues/gate.ts'
import { gemini } from './venues/gemini.ts'
import { htx } from './venues/htx.ts'
import { kraken } from './venues/kraken.ts'
import { kucoin } from './venues/kucoin.ts'
import { okx } from './venues/okx.ts'

/** Every venue that a node can ask, by the name that configuration uses. */
export const VENUES = {
  binance,
  coinbase,
  kraken,
  bitstamp,
  okx,
  gemini,
  bitfinex,
  cryptocom,
  bybit,
  kucoin,
  gate,
  htx,
} as const satisfies Readonly<Record<string, Venue>>

export type KnownVenue = keyof typeof VENUES

/** In the order in which they are shown. */
export const VENUE_NAMES = Object.keys(VENUES) as readonly KnownVenue[] as readonly [
  KnownVenue,
  ...KnownVenue[],
]

/** Every venue whose options a node can read, by the name that configuration uses. */
export const OPTION_VENUES = {
  'deribit-options': deribitOptions,
  'okx-options': okxOptions,
  'bybit-options': bybitOptions,
} as const satisfies Readonly<Record<string, OptionVenue>>

export type KnownOptionVenue = keyof typeof OPTION_VENUES

/** In the order in which they are shown. */
export const OPTION_VENUE_NAMES = Object.keys(OPTION_VENUES) as readonly KnownOptionVenue[]

/** Every venue whose perpetuals a node can read, by the name that configuration uses. */
export const PERPETUAL_VENUES = {
  'binance-perpetuals': binancePerpetuals,
  'okx-perpetuals': okxPerpetuals,
  'bybit-perpetuals': bybitPerpetuals,
  'bitmex-perpetuals': bitmexPerpetuals,
} as const satisfies Readonly<Record<string, PerpetualVenue>>

export type KnownPerpetualVenue = keyof typeof PERPETUAL_VENUES

/** In the order in which they are shown. */
export const PERPETUAL_VENUE_NAMES = Object.keys(PERPETUAL_VENUES) as readonly KnownPerpetualVenue[]

/** Every venue whose futures a node can read, by the name that configuration uses. */
export const FUTURE_VENUES = {
  'deribit-futures': deribitFutures,
  'okx-futures': okxFutures,
  'bybit-futures': bybitFutures,
  'binance-futures': binanceFutures,
} as const satisfies Readonly<Record<string, FutureVenue>>

export type KnownFutureVenue = keyof typeof FUTURE_VENUES

/** In the order in which they are shown. */
export const FUTURE_VENUE_NAMES = Object.keys(FUTURE_VENUES) as readonly KnownFutureVenue[]

/** Every venue of derivatives that a node can ask. */
export const DERIVATIVE_VENUE_NAMES: readonly string[] = [
  ...OPTION_VENUE_NAMES,
  ...PERPETUAL_VENUE_NAMES,
  ...FUTURE_VENUE_NAMES,
]

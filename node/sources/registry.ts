import type { OptionVenue } from './option-venue.ts'
import { bybitOptions } from './option-venues/bybit.ts'
import { deribitOptions } from './option-venues/deribit.ts'
import { okxOptions } from './option-venues/okx.ts'
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

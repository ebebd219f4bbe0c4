import { type PriceRules, quoteKey } from '../../aggregator/aggregation/node-price.ts'
import type {
  ConversionSettings,
  FeedSettings,
  SourceSettings,
} from '../../aggregator/aggregation/node-value.ts'
import type { ArrivedQuote } from '../../aggregator/aggregation/quote.ts'
import { routeBetween } from '../../aggregator/aggregation/quotes-graph.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { QUOTE_DECIMALS, QUOTE_UNIT } from '../../aggregator/values/fixed-point.ts'
import { currenciesOf } from '../../aggregator/values/market.ts'
import { COIN_DECIMALS, PAR } from './coins.ts'
import type { PricePath } from './prices.ts'
import type { VenueSeries } from './recorded.ts'
import { createVenue, type Venue, type VenueOptions } from './venues.ts'

export interface QuotingVenue extends VenueOptions {
  /** Currency of its prices: `USD`, or the base of a coin's market. */
  readonly quote: string
  /** What was heard of it in a recording, in that currency; null: it follows the true price. */
  readonly series: VenueSeries | null
}

/** A coin that is meant to be worth a dollar. */
export interface Coin {
  /** Such as `USDT/USD`. */
  readonly market: string
  /** What it is truly worth, in dollars times 10^`COIN_DECIMALS`. */
  readonly path: PricePath
  /** Venues that trade it for dollars. */
  readonly venues: readonly VenueOptions[]
  /** How members convert by its market; null when they take one for a dollar. */
  readonly use: {
    readonly rules: PriceRules
    /** Furthest from par at which they convert; null for no guard. */
    readonly pegBpsMax: number | null
  } | null
}

export interface StandOptions {
  readonly seed: number
  readonly feeds: readonly FeedParams[]
  readonly paths: readonly PricePath[]
  readonly venues: readonly QuotingVenue[]
  /** Coins that venues quote in, besides dollars. */
  readonly coins: readonly Coin[]
  readonly rules: PriceRules
  /** What a member's clock shows at world time 0; venues stamp with the true time. */
  readonly epochMs: number
  /** Of markets that somebody pushes, by `quoteKey`: how far they are off, as a share. */
  readonly pushed?: ReadonlyMap<string, (timeUs: number) => number>
}

/** One market of one venue, which every member polls. */
export interface Stand {
  /** `quoteKey` of venue and market. */
  readonly key: string
  readonly venue: Venue
  readonly market: string
  /** Of its prices here. */
  readonly decimals: number
  /** What it follows, or what was heard of it. */
  readonly price: ((timeUs: number) => number) | VenueSeries
}

/** Every market of every venue, those of feeds first. */
export function standsOf({
  seed,
  feeds,
  paths,
  venues,
  coins,
  pushed = new Map(),
}: StandOptions): readonly Stand[] {
  const pathOf = new Map(coins.map(({ market, path }) => [currenciesOf(market)?.base, path]))
  const ofFeeds = venues.flatMap((each) => {
    const venue = createVenue(seed, each)
    const coin = pathOf.get(each.quote)
    return feeds.map(({ name, decimals }, index): Stand => {
      const path = paths[index] as PricePath
      const market = marketOf(name, each.quote)
      const follows = (timeUs: number) =>
        coin === undefined ? path.at(timeUs) : (path.at(timeUs) * PAR) / coin.at(timeUs)
      return standOf({ venue, market, decimals, price: each.series ?? follows })
    })
  })
  const ofCoins = coins.flatMap(({ market, path, venues: own }) =>
    own.map((each): Stand => {
      const venue = createVenue(seed, each)
      const price = (timeUs: number) => path.at(timeUs)
      return standOf({ venue, market, decimals: COIN_DECIMALS, price })
    }),
  )
  return pushedStands([...ofFeeds, ...ofCoins], pushed)
}

function standOf(stand: Omit<Stand, 'key'>): Stand {
  return { ...stand, key: quoteKey(stand.venue.name, stand.market) }
}

/** The same stands of the same venues, whose markets are off by so much. */
export function pushedStands(
  stands: readonly Stand[],
  pushed: NonNullable<StandOptions['pushed']>,
): readonly Stand[] {
  return stands.map((stand) => {
    const moveAt = pushed.get(stand.key)
    // A venue shows a push as late as it shows everything.
    return moveAt === undefined ? stand : { ...stand, price: movedBy(stand.price, moveAt) }
  })
}

function movedBy(price: Stand['price'], moveAt: (timeUs: number) => number): Stand['price'] {
  if (typeof price === 'function') return (timeUs) => price(timeUs) * (1 + moveAt(timeUs))
  return {
    at: (timeUs) => {
      const said = price.at(timeUs)
      return said === null ? null : { ...said, price: said.price * (1 + moveAt(timeUs)) }
    },
  }
}

/** What a venue calls the market of a feed: its base currency in the currency of the venue. */
export function marketOf(feed: string, quote: string): string {
  const ends = currenciesOf(feed)
  invariant(ends !== null, 'feeds of the simulated world are named like markets')
  return `${ends.base}/${quote}`
}

/** What a market says to whoever asks at a moment; null when nobody answers. */
export function quoteOf(
  { venue, market, decimals, price }: Stand,
  { atUs, epochMs }: { readonly atUs: number; readonly epochMs: number },
): ArrivedQuote | null {
  const stated = venue.quote({ feed: market, price, atUs })
  if (stated === null) return null
  const unit = 10n ** BigInt(QUOTE_DECIMALS - decimals)
  return {
    venue: venue.name,
    market,
    receivedMs: epochMs + Math.floor(atUs / 1_000),
    bid: BigInt(stated.bid) * unit,
    ask: BigInt(stated.ask) * unit,
    last: BigInt(stated.last) * unit,
    lastTradeMs: epochMs + Math.floor(stated.stampUs / 1_000),
    baseVolume: BigInt(stated.volume) * 10n ** BigInt(QUOTE_DECIMALS),
    venueMs: epochMs + Math.floor(stated.stampUs / 1_000),
  }
}

/** What the node's own settings are made of: conversions first, then feeds with their routes. */
export function settingsOf({ feeds, venues, coins, rules }: StandOptions): SourceSettings {
  const conversions = coins.flatMap(({ market, venues: own, use }): ConversionSettings[] => {
    if (use === null) return []
    const { pegBpsMax } = use
    const peg = pegBpsMax === null ? null : { rate: QUOTE_UNIT, bpsMax: pegBpsMax }
    const legs = own.map(({ name }) => ({ venue: name, market, route: [] }))
    return [{ market, peg, rules: use.rules, legs }]
  })
  const markets = conversions.map(({ market }) => market)
  const valued = feeds.map(({ name, decimals, valueMin, valueMax }): FeedSettings => {
    const legs = venues.map(({ name: venue, quote }) => {
      // No route is left where members take a coin for a dollar: then none is needed.
      const route = routeBetween(markets, { from: quote, to: 'USD' }) ?? []
      return { venue, market: marketOf(name, quote), route }
    })
    return { name, decimals, valueMin, valueMax, legs, rules }
  })
  return { conversions, feeds: valued }
}

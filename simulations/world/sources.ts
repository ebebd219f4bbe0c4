import { type PriceRules, quoteKey } from '../../aggregator/aggregation/node-price.ts'
import {
  type ConversionSettings,
  type FeedSettings,
  type NodeValue,
  SOURCE_STATE_START,
  type SourceSettings,
  type SourceState,
  sampleSources,
} from '../../aggregator/aggregation/node-value.ts'
import { type ReceivedQuote, succeedQuote } from '../../aggregator/aggregation/quote.ts'
import { currenciesOf, routeBetween } from '../../aggregator/aggregation/quotes-graph.ts'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { FeedParams } from '../../aggregator/params.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { QUOTE_DECIMALS, QUOTE_UNIT } from '../../aggregator/values/fixed-point.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { type Prng, prngOf } from '../determinism/prng.ts'
import { COIN_DECIMALS, PAR } from './coins.ts'
import type { Absence, Sampled } from './host-options.ts'
import type { PricePath } from './prices.ts'
import { createVenue, type Venue, type VenueOptions } from './venues.ts'

/** What the members of a committee see of the world's prices. */
export interface Sources {
  readonly sample: (member: MemberIndex, nowUs: number) => Sampled
}

export interface SourceOptions {
  readonly seed: number
  readonly size: number
  readonly feeds: readonly FeedParams[]
  readonly paths: readonly PricePath[]
}

const NO_COMMITMENT = new Uint8Array(32)

/**
 * Every member sees the true price with its own error: quick, and enough where attacks on venues
 * are not the question.
 *
 * @param noisePpm largest error of a member, in parts per million of the price
 */
export function directSources(options: SourceOptions & { readonly noisePpm: number }): Sources {
  const { seed, size, paths, noisePpm } = options
  const chances = Array.from({ length: size }, (_, member) => prngOf(seed, `noise ${member}`))
  return {
    sample: (member, nowUs) => {
      const chance = chances[member] as Prng
      const values = paths.map((path) => {
        const price = path.at(nowUs)
        const error = Math.round((price * chance.between(-noisePpm, noisePpm)) / 1_000_000)
        return BigInt(price + error)
      })
      return { values, sourceCommitment: NO_COMMITMENT, absences: [] }
    },
  }
}

export interface QuotingVenue extends VenueOptions {
  /** Currency of its prices: `USD`, or the base of a coin's market. */
  readonly quote: string
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

export interface VenueSourceOptions extends SourceOptions {
  readonly keccak256: Crypto['keccak256']
  readonly venues: readonly QuotingVenue[]
  /** Coins that venues quote in, besides dollars. */
  readonly coins: readonly Coin[]
  readonly rules: PriceRules
  /** How often a member asks each venue. */
  readonly pollUs: number
  /** What a member's clock shows at world time 0; venues stamp with the true time. */
  readonly epochMs: number
  /** Venues that a member cannot reach, by member. */
  readonly unreachable: ReadonlyMap<MemberIndex, ReadonlySet<string>>
}

/** One market of one venue, which every member polls. */
interface Stand {
  readonly venue: Venue
  readonly market: string
  /** Of its prices here. */
  readonly decimals: number
  readonly price: (timeUs: number) => number
}

/** Quotes held by one member, and what its source engine remembers. */
interface Desk {
  readonly quotes: Map<string, ReceivedQuote>
  readonly phaseUs: number
  polledUs: number
  state: SourceState
}

/**
 * Venues quote, members poll them, and the production source arithmetic makes each member's values.
 */
export function venueSources(options: VenueSourceOptions): Sources {
  const { seed, size, pollUs, epochMs } = options
  const stands = standsOf(options)
  const settings = settingsOf(options)
  const desks = Array.from({ length: size }, (_, member): Desk => {
    const phaseUs = prngOf(seed, `poll ${member}`).below(pollUs)
    return { quotes: new Map(), phaseUs, polledUs: phaseUs - pollUs, state: SOURCE_STATE_START }
  })

  const poll = (desk: Desk, member: MemberIndex, atUs: number): void => {
    const receivedMs = epochMs + Math.floor(atUs / 1_000)
    for (const stand of stands) {
      const { venue, market } = stand
      if (options.unreachable.get(member)?.has(venue.name) === true) continue
      const quote = quoteOf(stand, { atUs, epochMs })
      if (quote === null) continue
      const key = quoteKey(venue.name, market)
      const arrived = { ...quote, venue: venue.name, market, receivedMs }
      desk.quotes.set(key, succeedQuote(desk.quotes.get(key) ?? null, arrived))
    }
  }
  return {
    sample: (member, nowUs) => {
      const desk = desks[member] as Desk
      for (; desk.polledUs + pollUs <= nowUs; desk.polledUs += pollUs) {
        if (desk.polledUs + pollUs >= 0) poll(desk, member, desk.polledUs + pollUs)
      }
      const nowMs = epochMs + Math.floor(nowUs / 1_000)
      const sample = sampleSources(settings, { state: desk.state, quotes: desk.quotes, nowMs })
      desk.state = sample.state
      return {
        values: sample.feeds.map(({ value }) => value),
        sourceCommitment: sourceCommitment(options.keccak256, sample.quotesUsed),
        absences: sample.feeds.flatMap(absencesOf),
      }
    },
  }
}

function absencesOf({ reason, venues }: NodeValue, feed: number): readonly Absence[] {
  if (reason === null) return []
  const codes = venues.flatMap(({ code }) => (code === 'USED' ? [] : [code]))
  return [{ feed, reason, venues: [...new Set(codes)] }]
}

function standsOf({ seed, feeds, paths, venues, coins }: VenueSourceOptions): readonly Stand[] {
  const pathOf = new Map(coins.map(({ market, path }) => [currenciesOf(market)?.base, path]))
  const ofFeeds = venues.flatMap((each) => {
    const venue = createVenue(seed, each)
    const coin = pathOf.get(each.quote)
    return feeds.map(({ name, decimals }, index): Stand => {
      const path = paths[index] as PricePath
      const price = (timeUs: number) =>
        coin === undefined ? path.at(timeUs) : (path.at(timeUs) * PAR) / coin.at(timeUs)
      return { venue, market: marketOf(name, each.quote), decimals, price }
    })
  })
  const ofCoins = coins.flatMap(({ market, path, venues: own }) =>
    own.map((each): Stand => {
      const venue = createVenue(seed, each)
      return { venue, market, decimals: COIN_DECIMALS, price: (timeUs) => path.at(timeUs) }
    }),
  )
  return [...ofFeeds, ...ofCoins]
}

/** What a venue calls the market of a feed: its base currency in the currency of the venue. */
function marketOf(feed: string, quote: string): string {
  const ends = currenciesOf(feed)
  invariant(ends !== null, 'feeds of the simulated world are named like markets')
  return `${ends.base}/${quote}`
}

function quoteOf(
  { venue, market, decimals, price }: Stand,
  { atUs, epochMs }: { readonly atUs: number; readonly epochMs: number },
) {
  const stated = venue.quote({ feed: market, price, atUs })
  if (stated === null) return null
  const unit = 10n ** BigInt(QUOTE_DECIMALS - decimals)
  return {
    bid: BigInt(stated.bid) * unit,
    ask: BigInt(stated.ask) * unit,
    last: BigInt(stated.last) * unit,
    lastTradeMs: epochMs + Math.floor(stated.stampUs / 1_000),
    baseVolume: BigInt(stated.volume) * 10n ** BigInt(QUOTE_DECIMALS),
    venueMs: epochMs + Math.floor(stated.stampUs / 1_000),
  }
}

/** What the node's own settings are made of: conversions first, then feeds with their routes. */
function settingsOf({ feeds, venues, coins, rules }: VenueSourceOptions): SourceSettings {
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

import { type PriceRules, quoteKey } from '../../aggregator/aggregation/node-price.ts'
import {
  type FeedSettings,
  SOURCE_STATE_START,
  type SourceState,
  sampleSources,
} from '../../aggregator/aggregation/node-value.ts'
import { type ReceivedQuote, succeedQuote } from '../../aggregator/aggregation/quote.ts'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import type { FeedParams } from '../../aggregator/params.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { QUOTE_DECIMALS } from '../../aggregator/values/fixed-point.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { type Prng, prngOf } from '../prng.ts'
import type { Sampled } from './host-options.ts'
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
      return { values, sourceCommitment: NO_COMMITMENT }
    },
  }
}

export interface VenueSourceOptions extends SourceOptions {
  readonly keccak256: Crypto['keccak256']
  readonly venues: readonly VenueOptions[]
  readonly rules: PriceRules
  /** How often a member asks each venue. */
  readonly pollUs: number
  /** What a member's clock shows at world time 0; venues stamp with the true time. */
  readonly epochMs: number
  /** Venues that a member cannot reach, by member. */
  readonly unreachable: ReadonlyMap<MemberIndex, ReadonlySet<string>>
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
  const { seed, size, paths, pollUs, epochMs } = options
  const venues = options.venues.map((each) => createVenue(seed, each))
  const settings = {
    conversions: [],
    feeds: options.feeds.map((feed) => settingsOf(feed, options)),
  }
  const desks = Array.from({ length: size }, (_, member): Desk => {
    const phaseUs = prngOf(seed, `poll ${member}`).below(pollUs)
    return { quotes: new Map(), phaseUs, polledUs: phaseUs - pollUs, state: SOURCE_STATE_START }
  })

  const poll = (desk: Desk, member: MemberIndex, atUs: number): void => {
    const receivedMs = epochMs + Math.floor(atUs / 1_000)
    for (const venue of venues) {
      if (options.unreachable.get(member)?.has(venue.name) === true) continue
      for (const [index, feed] of options.feeds.entries()) {
        const quote = quoteOf(venue, { feed, path: paths[index] as PricePath, atUs, epochMs })
        if (quote === null) continue
        const key = quoteKey(venue.name, feed.name)
        const arrived = { ...quote, venue: venue.name, market: feed.name, receivedMs }
        desk.quotes.set(key, succeedQuote(desk.quotes.get(key) ?? null, arrived))
      }
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
      }
    },
  }
}

function quoteOf(
  venue: Venue,
  about: {
    readonly feed: FeedParams
    readonly path: PricePath
    readonly atUs: number
    readonly epochMs: number
  },
) {
  const { feed, path, atUs, epochMs } = about
  const stated = venue.quote({ feed: feed.name, price: (timeUs) => path.at(timeUs), atUs })
  if (stated === null) return null
  const unit = 10n ** BigInt(QUOTE_DECIMALS - feed.decimals)
  return {
    bid: BigInt(stated.bid) * unit,
    ask: BigInt(stated.ask) * unit,
    last: BigInt(stated.last) * unit,
    lastTradeMs: epochMs + Math.floor(stated.stampUs / 1_000),
    baseVolume: BigInt(stated.volume) * 10n ** BigInt(QUOTE_DECIMALS),
    venueMs: epochMs + Math.floor(stated.stampUs / 1_000),
  }
}

function settingsOf(feed: FeedParams, options: VenueSourceOptions): FeedSettings {
  const { name, decimals, valueMin, valueMax } = feed
  const legs = options.venues.map((venue) => ({ venue: venue.name, market: name, route: [] }))
  return { name, decimals, valueMin, valueMax, legs, rules: options.rules }
}

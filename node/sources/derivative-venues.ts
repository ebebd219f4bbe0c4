import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { SourcesConfig } from './config.ts'
import { forwardFeeds, fundingFeeds, volatilityFeeds } from './derivative-settings.ts'
import { forwardSource } from './forward-source.ts'
import { fundingRequests, fundingSource } from './funding-source.ts'
import { optionRequests, optionSource } from './option-source.ts'
import {
  FUTURE_VENUE_NAMES,
  FUTURE_VENUES,
  OPTION_VENUE_NAMES,
  OPTION_VENUES,
  PERPETUAL_VENUE_NAMES,
  PERPETUAL_VENUES,
} from './registry.ts'
import { underlyingRequests } from './underlying-requests.ts'
import type { AskedVenue, VenueRequest } from './venue.ts'
import type { VenueConfig } from './venue-config.ts'
import { withHosts } from './venue-config.ts'

/** Keys of `sources` under which venues of derivatives stand, by what they list. */
export const DERIVATIVE_PLACES = ['optionVenues', 'perpetualVenues', 'futureVenues'] as const
export type DerivativePlace = (typeof DERIVATIVE_PLACES)[number]

/** A venue that is asked about derivatives, as a configuration has it. */
export interface DerivativeVenue {
  readonly name: VenueName
  readonly place: DerivativePlace
  readonly config: VenueConfig
  /** What else decides how its answers are read; equal ones read alike. */
  readonly rules: unknown
  /** What it is asked for such feeds, with what reads the answers of one connection. */
  readonly ask: (feeds: readonly FeedParams[]) => {
    readonly venue: AskedVenue
    /** None where no feed is about what it lists. */
    readonly requests: readonly VenueRequest[]
  }
}

/** What decides how venues of derivatives are asked. */
export type DerivativesConfig = Pick<SourcesConfig, DerivativePlace | 'volatility' | 'forward'>

/** Every venue of derivatives, enabled or not, in the order in which they are shown. */
export function derivativeVenues(config: DerivativesConfig): readonly DerivativeVenue[] {
  return [...optionVenues(config), ...perpetualVenues(config), ...futureVenues(config)]
}

/** The venue of derivatives of that name; null when there is none. */
export function derivativeVenue(
  config: DerivativesConfig,
  name: VenueName,
): DerivativeVenue | null {
  return derivativeVenues(config).find((venue) => venue.name === name) ?? null
}

function optionVenues(config: DerivativesConfig): readonly DerivativeVenue[] {
  return OPTION_VENUE_NAMES.map((name) => {
    const venue = OPTION_VENUES[name]
    const own = withHosts(config.optionVenues[name], venue)
    const ask = (all: readonly FeedParams[]) => {
      const feeds = volatilityFeeds(config, all)
      const requests = optionRequests(venue, { feeds, symbols: own.symbols })
      return { venue: optionSource(venue, feeds), requests }
    }
    return { name, place: 'optionVenues', config: own, rules: config.volatility, ask }
  })
}

function perpetualVenues(config: DerivativesConfig): readonly DerivativeVenue[] {
  return PERPETUAL_VENUE_NAMES.map((name) => {
    const venue = PERPETUAL_VENUES[name]
    const own = withHosts(config.perpetualVenues[name], venue)
    const ask = (all: readonly FeedParams[]) => {
      const feeds = fundingFeeds(all)
      const requests = fundingRequests(venue, { feeds, symbols: own.symbols })
      return { venue: fundingSource(venue, feeds), requests }
    }
    return { name, place: 'perpetualVenues', config: own, rules: null, ask }
  })
}

function futureVenues(config: DerivativesConfig): readonly DerivativeVenue[] {
  return FUTURE_VENUE_NAMES.map((name) => {
    const venue = FUTURE_VENUES[name]
    const own = withHosts(config.futureVenues[name], venue)
    const ask = (all: readonly FeedParams[]) => {
      const feeds = forwardFeeds(config, all)
      const requests = underlyingRequests(venue, { feeds, symbols: own.symbols })
      return { venue: forwardSource(venue, feeds), requests }
    }
    return { name, place: 'futureVenues', config: own, rules: config.forward, ask }
  })
}

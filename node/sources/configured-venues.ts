import type { MarketName, VenueName } from '../../aggregator/aggregation/quote.ts'
import type { DeclaredVenuesConfig } from './declared-config.ts'
import { declaredVenue } from './declared-venue.ts'
import type { KnownVenue } from './registry.ts'
import { VENUE_NAMES, VENUES } from './registry.ts'
import type { Venue, VenueMarket } from './venue.ts'
import type { StreamedVenueConfig, VenueConfig, WrittenStreamedVenue } from './venue-config.ts'
import { withHosts } from './venue-config.ts'

/** The venues of a configuration, those that are built in and those that it declares. */
export interface VenuesConfig {
  readonly venues: Readonly<Record<KnownVenue, WrittenStreamedVenue>>
  readonly declaredVenues: DeclaredVenuesConfig
}

export interface ConfiguredVenue {
  readonly venue: Venue
  readonly config: VenueConfig
  /** The same with the settings of its stream; null where it is only polled. */
  readonly streamed: StreamedVenueConfig | null
}

/** Names that a leg may give, in the order in which venues are shown. */
export function configuredNames({ declaredVenues }: VenuesConfig): readonly VenueName[] {
  return [...VENUE_NAMES, ...Object.keys(declaredVenues)]
}

/** A venue that a leg names, whether it is built in or declared; null when it is neither. */
export function configuredVenue(config: VenuesConfig, name: VenueName): ConfiguredVenue | null {
  if (isKnown(name)) {
    const own = withHosts(config.venues[name], VENUES[name])
    return { venue: VENUES[name], config: own, streamed: own }
  }
  const declared = Object.hasOwn(config.declaredVenues, name) ? config.declaredVenues[name] : null
  if (declared === null || declared === undefined) return null
  const own = withHosts(declared, null)
  return { venue: declaredVenue(name, own), config: own, streamed: null }
}

/** The markets as the venue spells them, unless its configuration says otherwise. */
export function venueMarkets(
  { venue, config }: ConfiguredVenue,
  asked: readonly MarketName[],
): readonly VenueMarket[] {
  return asked.map((market) => ({
    market,
    symbol: config.symbols[market] ?? venue.symbolOf(market),
  }))
}

function isKnown(name: VenueName): name is KnownVenue {
  return Object.hasOwn(VENUES, name)
}

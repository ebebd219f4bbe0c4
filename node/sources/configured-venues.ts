import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DeclaredVenuesConfig } from './declared-config.ts'
import { declaredVenue } from './declared-venue.ts'
import type { KnownVenue } from './registry.ts'
import { FUTURE_VENUES, OPTION_VENUES, PERPETUAL_VENUES, VENUE_NAMES, VENUES } from './registry.ts'
import type { Venue, VenueMarket } from './venue.ts'
import type { StreamedVenueConfig, VenueConfig, WrittenStreamedVenue } from './venue-config.ts'
import { withHosts } from './venue-config.ts'
import type { WholeMarketVenue } from './whole-market.ts'

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
  const venue = { ...declaredVenue(name, own), ...limitsAt(own) }
  return { venue, config: own, streamed: null }
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

/** Venues that count an address over several names. */
const COUNTED_TOGETHER = [VENUES, OPTION_VENUES, PERPETUAL_VENUES, FUTURE_VENUES]
  .flatMap((venues): readonly Counted[] => Object.values(venues))
  .filter(({ sharedLimits }) => sharedLimits !== undefined)

type Counted = Venue | WholeMarketVenue

/**
 * The limits at which a declared venue is counted, where it is asked at a host of one that is built
 * in: the venue knows addresses, and no names of ours.
 */
function limitsAt({
  baseUrls,
  path,
}: {
  readonly baseUrls: readonly string[]
  readonly path: string
}): Partial<Pick<Venue, 'sharedLimits' | 'usedWeightHeader' | 'limitStatus'>> {
  const urls = baseUrls.map((baseUrl) => new URL(`${baseUrl}${path}`))
  const counted = COUNTED_TOGETHER.find(({ baseUrl, alternateUrls, sharedLimits }) => {
    const hosts = [baseUrl, ...(alternateUrls ?? [])].map((url) => new URL(url).hostname)
    return urls.some(
      ({ hostname, pathname }) =>
        hosts.includes(hostname) && (sharedLimits?.path ?? pathname) === pathname,
    )
  })
  if (counted?.sharedLimits === undefined) return {}
  const { sharedLimits, usedWeightHeader = null, limitStatus } = counted
  return { sharedLimits, usedWeightHeader, ...(limitStatus !== undefined && { limitStatus }) }
}

function isKnown(name: VenueName): name is KnownVenue {
  return Object.hasOwn(VENUES, name)
}

import type { MarketName, VenueName } from '../../aggregator/aggregation/quote.ts'
import type { FeedParams } from '../../aggregator/params.ts'
import type { SourcesConfig } from './config.ts'
import type { ConfiguredVenue } from './configured-venues.ts'
import { configuredNames, configuredVenue, venueMarkets } from './configured-venues.ts'
import { optionRequests, optionSource } from './option-source.ts'
import type { KnownOptionVenue } from './registry.ts'
import { OPTION_VENUE_NAMES, OPTION_VENUES } from './registry.ts'
import { marketsAsked, sourceSettings } from './settings.ts'
import type { AskedVenue, VenueMarket, VenueRequest } from './venue.ts'
import type { VenueConfig } from './venue-config.ts'
import { withHosts } from './venue-config.ts'
import { volatilityFeeds } from './volatility-settings.ts'

/** What decides whom a node asks: its operator's configuration and the committee's feeds. */
export interface AskingScope {
  readonly config: SourcesConfig
  readonly feeds: readonly FeedParams[]
}

/** A venue with how it is asked, and everything that it is asked for. */
export interface Asked {
  readonly venue: AskedVenue
  readonly config: VenueConfig
  /** Requests that together ask once for each market. */
  readonly requests: readonly VenueRequest[]
}

/** A venue of spot markets with the markets that a leg names there. */
export interface AskedSpotVenue {
  readonly found: ConfiguredVenue
  readonly markets: readonly VenueMarket[]
}

/** The venues that a node asks, in the order in which they are shown. */
export function askedVenues(scope: AskingScope): {
  readonly spot: readonly AskedSpotVenue[]
  readonly options: readonly KnownOptionVenue[]
} {
  const settings = sourceSettings(scope.config, scope.feeds)
  const marketsOf = (name: VenueName) => marketsAsked(settings, name)
  const spot = configuredNames(scope.config).flatMap((name): readonly AskedSpotVenue[] => {
    const found = configuredVenue(scope.config, name)
    const markets = marketsOf(name)
    return found === null || markets.length === 0
      ? []
      : [{ found, markets: venueMarkets(found, markets) }]
  })
  return { spot, options: OPTION_VENUE_NAMES.filter((name) => marketsOf(name).length > 0) }
}

/**
 * Where a venue is asked for a market, and by what name: when it changes, what the venue said
 * before was about something else.
 */
export function placeAsked(
  config: SourcesConfig,
  { venue, market }: { readonly venue: VenueName; readonly market: MarketName },
): unknown {
  const option = OPTION_VENUE_NAMES.find((name) => name === venue)
  if (option !== undefined) {
    const { baseUrls, symbols } = withHosts(config.optionVenues[option], OPTION_VENUES[option])
    return { baseUrls, symbols }
  }
  const found = configuredVenue(config, venue)
  if (found === null) return null
  return {
    // What a declaration meant before may be why it was changed.
    declared: config.declaredVenues[venue],
    baseUrls: found.config.baseUrls,
    streamUrl: found.streamed?.streamUrl,
    markets: venueMarkets(found, [market]),
  }
}

/** What a venue of spot markets is asked. */
export function askedSpot({ found: { venue, config }, markets }: AskedSpotVenue): Asked {
  return { venue, config, requests: venue.requests(markets) }
}

/** What a venue of options is asked. */
export function askedOptions(name: KnownOptionVenue, scope: AskingScope): Asked {
  const config = withHosts(scope.config.optionVenues[name], OPTION_VENUES[name])
  const feeds = volatilityFeeds(scope.config, scope.feeds)
  const requests = optionRequests(OPTION_VENUES[name], { feeds, symbols: config.symbols })
  return { venue: optionSource(OPTION_VENUES[name], feeds), config, requests }
}

import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { SourcesConfig } from './config.ts'
import type { ConfiguredVenue } from './configured-venues.ts'
import { configuredNames, configuredVenue, venueMarkets } from './configured-venues.ts'
import type { DerivativeVenue } from './derivative-venues.ts'
import { derivativeVenue, derivativeVenues } from './derivative-venues.ts'
import { marketsAsked, sourceSettings } from './settings.ts'
import type { AskedVenue, VenueMarket, VenueRequest } from './venue.ts'
import type { VenueConfig } from './venue-config.ts'

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
  readonly derivatives: readonly DerivativeVenue[]
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
  const derivatives = derivativeVenues(scope.config)
  return { spot, derivatives: derivatives.filter(({ name }) => marketsOf(name).length > 0) }
}

/**
 * Where a venue is asked for a market, and by what name: when it changes, what the venue said
 * before was about something else.
 */
export function placeAsked(
  config: SourcesConfig,
  { venue, market }: { readonly venue: VenueName; readonly market: MarketName },
): unknown {
  const derivative = derivativeVenue(config, venue)
  if (derivative !== null) {
    const { baseUrls, symbols } = derivative.config
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

/** What a venue of derivatives is asked. */
export function askedDerivatives(
  { config, ask }: DerivativeVenue,
  feeds: readonly FeedParams[],
): Asked {
  return { config, ...ask(feeds) }
}

import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { ConfiguredVenue, VenuesConfig } from './configured-venues.ts'
import { configuredNames, configuredVenue } from './configured-venues.ts'
import type { DerivativesConfig } from './derivative-venues.ts'
import { derivativeVenues } from './derivative-venues.ts'
import type { VenueConfig } from './venue-config.ts'
import { streamUrlOf } from './venue-config.ts'

/** A venue with the hosts at which TLS shows a key. */
export interface PinnableVenue {
  readonly venue: VenueName
  /** Where it stands below `sources`. */
  readonly path: readonly string[]
  readonly config: VenueConfig
  /** Those of its polls and of its stream. */
  readonly urls: readonly URL[]
  /** A ticket may say that its stream is at any host of this domain; null where none is asked. */
  readonly ticketDomain: string | null
}

export type PinnableConfig = VenuesConfig & DerivativesConfig

/** Every venue of a configuration, enabled or not. */
export function pinnableVenues(config: PinnableConfig): readonly PinnableVenue[] {
  const spot = configuredNames(config).flatMap((venue): readonly PinnableVenue[] => {
    const found = configuredVenue(config, venue)
    if (found === null) return []
    const place = Object.hasOwn(config.declaredVenues, venue) ? 'declaredVenues' : 'venues'
    const urls = withTls(urlsOf(found))
    const ticketDomain = ticketDomainOf(found)
    return [{ venue, path: [place, venue], config: found.config, urls, ticketDomain }]
  })
  const derivatives = derivativeVenues(config).map((each): PinnableVenue => {
    const { name: venue, place, config: own } = each
    const urls = withTls(own.baseUrls)
    return { venue, path: [place, venue], config: own, urls, ticketDomain: null }
  })
  return [...spot, ...derivatives]
}

function urlsOf({ venue, config, streamed }: ConfiguredVenue): readonly string[] {
  const stream = streamUrlOf(venue, streamed)
  return stream === null ? config.baseUrls : [...config.baseUrls, stream]
}

function ticketDomainOf({ venue, streamed }: ConfiguredVenue): string | null {
  const isSet = streamed?.streamUrl !== undefined
  if (isSet || streamUrlOf(venue, streamed) === null) return null
  return venue.stream?.ticket?.domain ?? null
}

/** One for each host and port. */
function withTls(urls: readonly string[]): readonly URL[] {
  const secure = urls
    .map((url) => new URL(url))
    .filter(({ protocol }) => protocol === 'https:' || protocol === 'wss:')
  return secure.filter(
    ({ host }, index) => secure.findIndex((each) => each.host === host) === index,
  )
}

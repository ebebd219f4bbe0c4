import type { MarketName } from '../../aggregator/values/market.ts'
import { isHostOf } from './addresses.ts'
import type { ConfiguredVenue, VenuesConfig } from './configured-venues.ts'
import { configuredNames, configuredVenue } from './configured-venues.ts'
import type { PinnableConfig } from './pinnable-hosts.ts'
import { pinnableVenues } from './pinnable-hosts.ts'
import { withHosts } from './venue-config.ts'

/** A market at a venue, as a leg names it. */
interface NamedLeg {
  readonly venue: string
  readonly market: MarketName
}

interface Problem {
  readonly path: (string | number)[]
  readonly message: string
}

/** What is wrong with a venue that a leg names; null when nothing is. */
export function legVenueProblem(config: VenuesConfig, { venue, market }: NamedLeg): string | null {
  const found = configuredVenue(config, venue)
  if (found === null) {
    return `names no venue; there are ${configuredNames(config).join(', ')}`
  }
  if (!Object.hasOwn(config.declaredVenues, venue)) return null
  if (Object.hasOwn(found.config.symbols, market)) return null
  return `needs declaredVenues.${venue}.symbols["${market}"]: how the venue spells it`
}

/**
 * One host that answers under two names would have two votes in a feed. Hosts in a network of one's
 * own may play several venues.
 */
export function hostProblems(config: VenuesConfig): readonly Problem[] {
  const enabled = configuredNames(config).flatMap((name) => {
    const found = configuredVenue(config, name)
    return found?.config.enabled === true ? [{ name, hosts: hostsOf(found) }] : []
  })
  return Object.entries(config.declaredVenues).flatMap(([name, declared]) => {
    if (!declared.enabled || declared.access === 'local') return []
    const urls = withHosts(declared, null).baseUrls
    return urls.flatMap((url, index) => {
      const { hostname } = new URL(url)
      const first = enabled.find(({ hosts }) => hosts.includes(hostname))
      if (first === undefined || first.name === name) return []
      const message = `is at the host of ${first.name}: one venue has one vote`
      const key = declared.baseUrls === undefined ? ['baseUrl'] : ['baseUrls', index]
      return [{ path: ['declaredVenues', name, ...key], message }]
    })
  })
}

/** Its own, and those that are set in their place. */
function hostsOf({ venue, config }: ConfiguredVenue): readonly string[] {
  const urls = [venue.baseUrl, ...(venue.alternateUrls ?? []), ...config.baseUrls]
  return urls.map((url) => new URL(url).hostname)
}

/** Pins of a host that is never asked would protect nothing, and nobody would see it. */
export function pinProblems(config: PinnableConfig): readonly Problem[] {
  return pinnableVenues(config).flatMap(({ path, config: { pins }, urls, ticketDomain }) => {
    const hosts = urls.map(({ hostname }) => hostname)
    const below = ticketDomain === null ? '' : ` and all below ${ticketDomain}`
    const there = `${hosts.join(', ') || 'none'}${below}`
    const isOfIt = (host: string) =>
      hosts.includes(host) || (ticketDomain !== null && isHostOf(host, ticketDomain))
    return Object.keys(pins).flatMap((host) => {
      const message = `names no host of it with TLS; there are ${there}`
      return isOfIt(host) ? [] : [{ path: [...path, 'pins', host], message }]
    })
  })
}

/** A budget smaller than one poll would leave the last markets out for ever. */
export function budgetProblems(
  config: VenuesConfig,
  legs: readonly NamedLeg[],
): readonly Problem[] {
  return configuredNames(config).flatMap((name) => {
    const found = configuredVenue(config, name)
    if (found === null || !found.config.enabled) return []
    const { venue } = found
    const named = legs.filter((leg) => leg.venue === name).map(({ market }) => market)
    const markets = [...new Set(named)].map((market) => ({ market, symbol: market }))
    const weight = venue.requests(markets).reduce((sum, request) => sum + request.weight, 0)
    const { weightMax } = venue.budget
    if (weight <= weightMax) return []
    const place = Object.hasOwn(config.declaredVenues, name) ? 'declaredVenues' : 'venues'
    const message =
      `is asked for ${markets.length} markets in one poll, which costs ${weight}; ` +
      `its budget takes ${weightMax} at once`
    return [{ path: [place, name], message }]
  })
}

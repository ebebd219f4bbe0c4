import type { DurationMs } from '../../aggregator/values/time.ts'
import type { SourcesConfigInput } from '../sources/config.ts'
import { configuredVenue } from '../sources/configured-venues.ts'
import { DERIVATIVE_PLACES, derivativeVenues } from '../sources/derivative-venues.ts'
import type { KnownVenue } from '../sources/registry.ts'
import { VENUE_NAMES } from '../sources/registry.ts'
import { streamUrlOf } from '../sources/venue-config.ts'
import type { RecordingHeader } from './entry.ts'
import { venueReaders } from './venue-reader.ts'

/**
 * `sources` with which a node reads a replayed market: those of the recording node, at the replay's
 * addresses, with the time of then. Venues that the recording node did not ask are left out of it,
 * and derivatives of venues that it did not ask are not asked.
 *
 * @param url address of the replay
 */
export function replaySources(
  header: RecordingHeader,
  { url, clockOffsetMs }: { readonly url: string; readonly clockOffsetMs: DurationMs },
): SourcesConfigInput {
  const { written, sources } = header
  const asked = venueReaders(header)
  const at = (venue: string) => ({ baseUrl: `${url}/${venue}`, access: 'local' as const })
  const streamOf = (venue: KnownVenue) => {
    const found = configuredVenue(sources, venue)
    if (found === null || streamUrlOf(found.venue, found.streamed) === null) return {}
    return { streamUrl: `${url.replace('http', 'ws')}/${venue}/stream` }
  }
  const venues = VENUE_NAMES.filter((venue) => asked.has(venue)).map((venue) => {
    const { streamUrl: _, ...own } = written.venues?.[venue] ?? {}
    return [venue, { ...elsewhere(own), ...at(venue), ...streamOf(venue) }]
  })
  const placed = (venue: string, own: object) =>
    asked.has(venue) ? { ...elsewhere(own), ...at(venue) } : { ...own, enabled: false }
  const derivatives = DERIVATIVE_PLACES.map((place) => {
    const own: Readonly<Record<string, object | undefined>> = written[place] ?? {}
    const names = derivativeVenues(sources).flatMap((each) => {
      return each.place === place ? [each.name] : []
    })
    return [place, Object.fromEntries(names.map((name) => [name, placed(name, own[name] ?? {})]))]
  })
  const declared = Object.entries(written.declaredVenues ?? {}).map(([venue, own]) => {
    return [venue, placed(venue, own)]
  })
  return {
    ...written,
    clockOffsetMs,
    venues: { ...written.venues, ...Object.fromEntries(venues) },
    ...Object.fromEntries(derivatives),
    ...(declared.length > 0 && { declaredVenues: Object.fromEntries(declared) }),
  }
}

/** A replay is at one address and shows no keys. */
function elsewhere<Own extends { readonly baseUrls?: unknown; readonly pins?: unknown }>({
  baseUrls: _,
  pins: __,
  ...rest
}: Own): Omit<Own, 'baseUrls' | 'pins'> {
  return rest
}

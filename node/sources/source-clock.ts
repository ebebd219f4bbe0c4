import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { VenuesConfig } from './configured-venues.ts'
import { configuredNames, configuredVenue } from './configured-venues.ts'
import type { DerivativesConfig } from './derivative-venues.ts'
import { derivativeVenues } from './derivative-venues.ts'

/** A clock that is so far from another one; what sources read of a replayed market is of then. */
export function clockAt(
  clock: { readonly nowMs: () => UnixMs },
  offsetMs: DurationMs,
): { readonly nowMs: () => UnixMs } {
  return offsetMs === 0 ? clock : { nowMs: () => clock.nowMs() + offsetMs }
}

/**
 * With another time than now every answer of a real venue would be of the future or of the past,
 * and a node that took one would sign old prices: only markets of one's own may be asked then.
 */
export function clockProblems(
  config: VenuesConfig & DerivativesConfig & { readonly clockOffsetMs: DurationMs },
  legs: readonly { readonly venue: string }[],
): readonly { readonly path: string[]; readonly message: string }[] {
  if (config.clockOffsetMs === 0) return []
  const named = new Set(legs.map(({ venue }) => venue))
  const spot = configuredNames(config).filter((venue) => {
    const found = configuredVenue(config, venue)?.config
    return named.has(venue) && found?.enabled === true && found.access === 'public'
  })
  const derivatives = derivativeVenues(config).filter(({ config: { enabled, access } }) => {
    return enabled && access === 'public'
  })
  const open = [...spot, ...derivatives.map(({ name }) => name)]
  if (open.length === 0) return []
  const message =
    `is for a replayed market alone, and ${open.join(', ')} would be asked in public; ` +
    'take it out, or all of sources from parallax replay-market'
  return [{ path: ['clockOffsetMs'], message }]
}

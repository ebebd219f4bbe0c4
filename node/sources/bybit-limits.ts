import type { LimitStatus, SharedLimits } from './venue.ts'

/**
 * Documented: Bybit answers 403 to an address beyond its limit, for ten minutes, at all of its
 * hosts and for spot and derivatives together. A region that it does not serve is told the same.
 */
export const BYBIT_SHUT_OUT: LimitStatus = { status: 403, pauseMs: 600_000 }

/** Documented: 600 in five seconds for an address. As much as all ask at their fastest. */
export const BYBIT_LIMITS: SharedLimits = {
  name: 'bybit',
  budget: { weightMax: 60, perMs: 5_000 },
}

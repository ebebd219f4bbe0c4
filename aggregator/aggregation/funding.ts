import { divide, QUOTE_UNIT } from '../values/fixed-point.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { Quote } from './quote.ts'

/** What a venue says about the funding of one perpetual. */
export interface FundingQuote {
  /**
   * Share of a position that longs pay to shorts at the end of the running interval, at
   * `QUOTE_DECIMALS`; below zero shorts pay.
   */
  readonly rate: bigint
  /** Length of that interval; null where the venue does not say. */
  readonly intervalMs: DurationMs | null
  /** When the venue says that this was true. */
  readonly venueMs: UnixMs | null
}

/** Why a venue's words give no rate. */
export type FundingFault =
  /** A rate of an unknown interval could be off by a factor of eight. */
  | 'INTERVAL_UNKNOWN'
  /** Of less than an hour or more than a day: no venue has such, so something else was read. */
  | 'INTERVAL_STRANGE'
  /** A rate may stand still for hours, so only the venue's time tells whether it is alive. */
  | 'TIME_ABSENT'
  /** More than the whole position for one interval. */
  | 'RATE_OUT_OF_RANGE'

export type FundingRate =
  | { readonly type: 'known'; readonly quote: Quote }
  | { readonly type: 'refused'; readonly code: FundingFault }

const INTERVAL_MS_MIN = 3_600_000
const INTERVAL_MS_MAX = 86_400_000

/**
 * A venue's rate as a quote of what it would be over another time, both sides of which are the
 * rate: times the length of the one over that of the other, rounded down. Nothing is compounded:
 * funding is paid on the position, and not on what was paid before.
 */
export function fundingRate(
  { rate, intervalMs, venueMs }: FundingQuote,
  windowMs: DurationMs,
): FundingRate {
  if (intervalMs === null) return { type: 'refused', code: 'INTERVAL_UNKNOWN' }
  const isKnown = Number.isSafeInteger(intervalMs) && intervalMs >= INTERVAL_MS_MIN
  if (!isKnown || intervalMs > INTERVAL_MS_MAX) return { type: 'refused', code: 'INTERVAL_STRANGE' }
  if (venueMs === null) return { type: 'refused', code: 'TIME_ABSENT' }
  if (rate > QUOTE_UNIT || rate < -QUOTE_UNIT) return { type: 'refused', code: 'RATE_OUT_OF_RANGE' }
  const scaled = divide(rate * BigInt(windowMs), BigInt(intervalMs), 'floor')
  const nothing = { last: null, lastTradeMs: null, baseVolume: null }
  return { type: 'known', quote: { ...nothing, bid: scaled, ask: scaled, venueMs } }
}

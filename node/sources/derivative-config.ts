import { z } from 'zod'
import type { OutlierRule } from '../../aggregator/aggregation/outliers.ts'
import { AHEAD_MS_LIMIT } from '../../aggregator/aggregation/quote.ts'
import type { BasisPoints } from '../../aggregator/values/basis-points.ts'
import { QUOTE_DECIMALS } from '../../aggregator/values/fixed-point.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { amount, whole } from '../settings/scalars.ts'
import {
  DERIVATIVE_VENUE_DEFAULTS,
  FORWARD_DEFAULTS,
  FUNDING_DEFAULTS,
  VOLATILITY_DEFAULTS,
} from './defaults.ts'
import { FUTURE_VENUES, OPTION_VENUES, PERPETUAL_VENUES } from './registry.ts'
import { durationMs, venueSchema, type WrittenVenue } from './venue-config.ts'

const venueOf = (own: { readonly baseUrl: string; readonly pollMs: number }) =>
  venueSchema({ ...own, ...DERIVATIVE_VENUE_DEFAULTS })

/** Venues that list options, by the name that logs and the status page use. */
export const optionVenuesSchema = z
  .strictObject({
    'deribit-options': venueOf(OPTION_VENUES['deribit-options']),
    'okx-options': venueOf(OPTION_VENUES['okx-options']),
    'bybit-options': venueOf(OPTION_VENUES['bybit-options']),
  })
  .prefault({})

/** Venues of perpetuals, by the name that logs and the status page use. */
export const perpetualVenuesSchema = z
  .strictObject({
    'binance-perpetuals': venueOf(PERPETUAL_VENUES['binance-perpetuals']),
    'okx-perpetuals': venueOf(PERPETUAL_VENUES['okx-perpetuals']),
    'bybit-perpetuals': venueOf(PERPETUAL_VENUES['bybit-perpetuals']),
    'bitmex-perpetuals': venueOf(PERPETUAL_VENUES['bitmex-perpetuals']),
  })
  .prefault({})

/** Venues of futures with an expiry, by the name that logs and the status page use. */
export const futureVenuesSchema = z
  .strictObject({
    'deribit-futures': venueOf(FUTURE_VENUES['deribit-futures']),
    'okx-futures': venueOf(FUTURE_VENUES['okx-futures']),
    'bybit-futures': venueOf(FUTURE_VENUES['bybit-futures']),
    'binance-futures': venueOf(FUTURE_VENUES['binance-futures']),
  })
  .prefault({})

/** When what one venue says counts, and how many must agree; every kind has its own defaults. */
export interface StatedRules {
  readonly ageMsMax: DurationMs
  readonly silenceMsMax: DurationMs
  readonly aheadMsMax: DurationMs
  readonly outlierRule: OutlierRule
  readonly outlierBps: BasisPoints
  readonly sourcesMin: number
}

const statedFields = (defaults: StatedRules) => ({
  ageMsMax: durationMs(3_600_000).default(defaults.ageMsMax),
  silenceMsMax: durationMs(3_600_000).default(defaults.silenceMsMax),
  aheadMsMax: whole(0, AHEAD_MS_LIMIT).default(defaults.aheadMsMax),
  outlierRule: z.enum(['quarantine', 'clamp']).default(defaults.outlierRule),
  outlierBps: whole(1, 9_999).default(defaults.outlierBps),
  sourcesMin: whole(1, 31).default(defaults.sourcesMin),
})

/** How option chains become the value of a volatility feed; one rule book for all of them. */
export const volatilitySchema = z
  .strictObject({
    ...statedFields(VOLATILITY_DEFAULTS),
    optionAgeMsMax: durationMs(3_600_000).default(VOLATILITY_DEFAULTS.optionAgeMsMax),
    optionSpreadBpsMax: whole(1, 20_000).default(VOLATILITY_DEFAULTS.optionSpreadBpsMax),
    strikesMin: whole(1, 100).default(VOLATILITY_DEFAULTS.strikesMin),
    strikeShareBpsMax: whole(1, 10_000).default(VOLATILITY_DEFAULTS.strikeShareBpsMax),
    reachPercentMin: whole(1, 1_000).default(VOLATILITY_DEFAULTS.reachPercentMin),
    expiryMsMin: durationMs(2_592_000_000).default(VOLATILITY_DEFAULTS.expiryMsMin),
    forwardBpsMax: whole(1, 5_000).default(VOLATILITY_DEFAULTS.forwardBpsMax),
  })
  .prefault({})

/** How rates of perpetuals become the value of a funding feed; one rule book for all of them. */
export const fundingSchema = z
  .strictObject({
    ...statedFields(FUNDING_DEFAULTS),
    outlierRateMin: amount(QUOTE_DECIMALS).prefault(FUNDING_DEFAULTS.outlierRateMin),
  })
  .prefault({})

/** How futures become the value of a forward feed; one rule book for all of them. */
export const forwardSchema = z
  .strictObject({
    ...statedFields(FORWARD_DEFAULTS),
    futureSpreadBpsMax: whole(1, 5_000).default(FORWARD_DEFAULTS.futureSpreadBpsMax),
    expiryMsMin: durationMs(2_592_000_000).default(FORWARD_DEFAULTS.expiryMsMin),
  })
  .prefault({})

/** What of a kind does not fit together; nothing when everything does, or no venue is enabled. */
export function statedProblems(
  kind: string,
  venues: Readonly<Record<string, WrittenVenue>>,
  { silenceMsMax, sourcesMin }: StatedRules,
): readonly { readonly path: string[]; readonly message: string }[] {
  const enabled = Object.values(venues).filter((venue) => venue.enabled)
  if (enabled.length === 0) return []
  const pollMs = Math.max(...enabled.map((venue) => venue.pollMs))
  if (silenceMsMax < 2 * pollMs) {
    const message = `must be at least twice the ${pollMs} ms between two requests`
    return [{ path: [kind, 'silenceMsMax'], message }]
  }
  if (enabled.length >= sourcesMin) return []
  const message = `is ${sourcesMin}, but only ${enabled.length} of its venues are enabled`
  return [{ path: [kind, 'sourcesMin'], message }]
}

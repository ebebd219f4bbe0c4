import { z } from 'zod'
import { whole } from '../config/scalars.ts'
import { OPTION_VENUE_DEFAULTS, VOLATILITY_DEFAULTS } from './defaults.ts'
import { OPTION_VENUES } from './registry.ts'
import { durationMs, venueSchema, type WrittenVenue } from './venue-config.ts'

/** Venues that list options, by the name that logs and the status page use. */
export const optionVenuesSchema = z
  .strictObject({
    'deribit-options': venueSchema({
      ...OPTION_VENUES['deribit-options'],
      ...OPTION_VENUE_DEFAULTS,
    }),
    'okx-options': venueSchema({ ...OPTION_VENUES['okx-options'], ...OPTION_VENUE_DEFAULTS }),
    'bybit-options': venueSchema({ ...OPTION_VENUES['bybit-options'], ...OPTION_VENUE_DEFAULTS }),
  })
  .prefault({})

/** How option chains become the value of a volatility feed; one rule book for all of them. */
export const volatilitySchema = z
  .strictObject({
    ageMsMax: durationMs(3_600_000).default(VOLATILITY_DEFAULTS.ageMsMax),
    silenceMsMax: durationMs(3_600_000).default(VOLATILITY_DEFAULTS.silenceMsMax),
    aheadMsMax: whole(0, 60_000).default(VOLATILITY_DEFAULTS.aheadMsMax),
    outlierRule: z.enum(['quarantine', 'clamp']).default(VOLATILITY_DEFAULTS.outlierRule),
    outlierBps: whole(1, 5_000).default(VOLATILITY_DEFAULTS.outlierBps),
    sourcesMin: whole(1, 31).default(VOLATILITY_DEFAULTS.sourcesMin),
    optionAgeMsMax: durationMs(3_600_000).default(VOLATILITY_DEFAULTS.optionAgeMsMax),
    optionSpreadBpsMax: whole(1, 20_000).default(VOLATILITY_DEFAULTS.optionSpreadBpsMax),
    strikesMin: whole(1, 100).default(VOLATILITY_DEFAULTS.strikesMin),
    strikeShareBpsMax: whole(1, 10_000).default(VOLATILITY_DEFAULTS.strikeShareBpsMax),
    reachPercentMin: whole(1, 1_000).default(VOLATILITY_DEFAULTS.reachPercentMin),
    expiryMsMin: durationMs(2_592_000_000).default(VOLATILITY_DEFAULTS.expiryMsMin),
    forwardBpsMax: whole(1, 5_000).default(VOLATILITY_DEFAULTS.forwardBpsMax),
  })
  .prefault({})

export type OptionVenuesConfig = z.output<typeof optionVenuesSchema>
export type VolatilityConfig = z.output<typeof volatilitySchema>

/** What does not fit together; null when everything does, or no option venue is enabled. */
export function volatilityProblem(
  venues: OptionVenuesConfig,
  { silenceMsMax, sourcesMin }: VolatilityConfig,
): { readonly key: 'silenceMsMax' | 'sourcesMin'; readonly message: string } | null {
  const enabled = Object.values<WrittenVenue>(venues).filter((venue) => venue.enabled)
  if (enabled.length === 0) return null
  const pollMs = Math.max(...enabled.map((venue) => venue.pollMs))
  if (silenceMsMax < 2 * pollMs) {
    const message = `must be at least twice the ${pollMs} ms between two requests`
    return { key: 'silenceMsMax', message }
  }
  if (enabled.length >= sourcesMin) return null
  const message = `is ${sourcesMin}, but only ${enabled.length} option venues are enabled`
  return { key: 'sourcesMin', message }
}

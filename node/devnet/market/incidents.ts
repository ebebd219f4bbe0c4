import { z } from 'zod'
import type { DurationMs } from '../../../aggregator/values/time.ts'

const moment = z.int().min(0).max(86_400_000)
const venue = z.enum(['binance', 'coinbase', 'kraken', 'bitstamp', 'okx'])

/** Incidents as a list of objects; offsets count from where the script begins. */
export const incidentsSchema = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('spike'),
        venue,
        fromMs: moment,
        untilMs: moment,
        bps: z.int().min(-9_999).max(1_000_000),
      }),
      z.strictObject({ kind: z.literal('silent'), venue, fromMs: moment, untilMs: moment }),
      z.strictObject({ kind: z.literal('frozen'), venue, fromMs: moment, untilMs: moment }),
    ]),
  )
  .max(1_000)

/**
 * Something that goes wrong at one venue for a while: its prices are off by `bps`, it answers
 * nothing, or it repeats what it said when the incident began.
 */
export type Incident = z.output<typeof incidentsSchema>[number]

/** The incident that a visitor of the local network sees: one venue 20 % too high, one silent. */
export const SCRIPTED_INCIDENTS: readonly Incident[] = [
  { kind: 'spike', venue: 'okx', fromMs: 5_000, untilMs: 15_000, bps: 2_000 },
  { kind: 'silent', venue: 'bitstamp', fromMs: 10_000, untilMs: 20_000 },
]

/** The incident of a venue at a moment, the first of the list if there are several; else null. */
export function incidentAt(
  incidents: readonly Incident[],
  at: { readonly venue: string; readonly elapsedMs: DurationMs },
): Incident | null {
  const found = incidents.find(
    ({ venue, fromMs, untilMs }) =>
      venue === at.venue && fromMs <= at.elapsedMs && at.elapsedMs < untilMs,
  )
  return found ?? null
}

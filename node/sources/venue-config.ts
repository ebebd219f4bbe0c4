import { z } from 'zod'
import { currenciesOf } from '../../aggregator/aggregation/quotes-graph.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { whole } from '../config/scalars.ts'
import { baseUrlProblem } from './addresses.ts'

export const marketName = z
  .string()
  .refine((name) => currenciesOf(name) !== null, 'must be BASE/QUOTE in capitals, such as BTC/USDT')

const symbol = z
  .string()
  .regex(
    /^[A-Za-z0-9:_.-]{1,32}$/,
    "must be 1 to 32 of A-Z, a-z, 0-9 and : _ . - as the venue's API",
  )

export const durationMs = (maxMs: number) => whole(100, maxMs)

/** What a kind of venue takes when nothing is said. */
export interface VenueDefaults {
  readonly baseUrl: string
  readonly pollMs: DurationMs
  readonly timeoutMs: DurationMs
  readonly bodyBytesMax: number
  /** Most that `bodyBytesMax` may be. */
  readonly bodyBytesLimit: number
  readonly connectionsMax: number
  readonly retriesMax: number
}

/** How one venue is asked; the same keys for markets and for options. */
export function venueSchema(defaults: VenueDefaults) {
  return z
    .strictObject({
      enabled: z.boolean('must be true or false').default(true),
      baseUrl: z.url('must be an address').max(2_048, 'is too long').default(defaults.baseUrl),
      access: z.enum(['public', 'local']).default('public'),
      pollMs: durationMs(600_000).default(defaults.pollMs),
      timeoutMs: whole(100, 30_000).default(defaults.timeoutMs),
      bodyBytesMax: whole(1_024, defaults.bodyBytesLimit).default(defaults.bodyBytesMax),
      connectionsMax: whole(1, 8).default(defaults.connectionsMax),
      retriesMax: whole(0, 3).default(defaults.retriesMax),
      symbols: z.record(marketName, symbol).default({}),
    })
    .check((context) => {
      const message = baseUrlProblem(context.value.baseUrl, context.value.access)
      if (message === null) return
      context.issues.push({
        code: 'custom',
        path: ['baseUrl'],
        message,
        input: context.value.baseUrl,
      })
    })
    .prefault({})
}

export type VenueConfig = z.output<ReturnType<typeof venueSchema>>

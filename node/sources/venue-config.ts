import { z } from 'zod'
import { currenciesOf } from '../../aggregator/aggregation/quotes-graph.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { whole } from '../config/scalars.ts'
import type { Access } from './addresses.ts'
import { baseUrlProblem, streamUrlProblem } from './addresses.ts'
import { STREAM_DEFAULTS } from './defaults.ts'

export const marketName = z
  .string()
  .refine((name) => currenciesOf(name) !== null, 'must be BASE/QUOTE in capitals, such as BTC/USDT')

const symbol = z
  .string()
  .regex(
    /^[A-Za-z0-9:_.-]{1,32}$/,
    "must be 1 to 32 of A-Z, a-z, 0-9 and : _ . - as the venue's API",
  )

export const address = z.url('must be an address').max(2_048, 'is too long')

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
export function venueFields(defaults: VenueDefaults) {
  return {
    enabled: z.boolean('must be true or false').default(true),
    baseUrl: address.default(defaults.baseUrl),
    access: z.enum(['public', 'local']).default('public'),
    pollMs: durationMs(600_000).default(defaults.pollMs),
    timeoutMs: whole(100, 30_000).default(defaults.timeoutMs),
    bodyBytesMax: whole(1_024, defaults.bodyBytesLimit).default(defaults.bodyBytesMax),
    connectionsMax: whole(1, 8).default(defaults.connectionsMax),
    retriesMax: whole(0, 3).default(defaults.retriesMax),
    symbols: z.record(marketName, symbol).default({}),
  }
}

/** A venue that is only polled. */
export function venueSchema(defaults: VenueDefaults) {
  return z
    .strictObject(venueFields(defaults))
    .check(({ value, issues }) => {
      issues.push(...addressIssues(value))
    })
    .prefault({})
}

/** A venue that may have a stream. */
export function streamedVenueSchema(defaults: VenueDefaults & { readonly idleMs: DurationMs }) {
  return z
    .strictObject({
      ...venueFields(defaults),
      transport: z.enum(['stream', 'poll']).default('stream'),
      streamUrl: address.optional(),
      streamIdleMs: whole(1_000, 600_000).default(defaults.idleMs),
      frameBytesMax: whole(1_024, 1_048_576).default(STREAM_DEFAULTS.frameBytesMax),
      framesPerSecondMax: whole(10, 10_000).default(STREAM_DEFAULTS.framesPerSecondMax),
    })
    .check(({ value, issues }) => {
      issues.push(...addressIssues(value))
    })
    .prefault({})
}

export type VenueConfig = z.output<ReturnType<typeof venueSchema>>
export type StreamedVenueConfig = z.output<ReturnType<typeof streamedVenueSchema>>

/**
 * Where a venue's stream is, or null when it is only polled. The venue's own stream goes with its
 * own base URL: another base URL may be another market, such as Binance's in the United States.
 */
export function streamUrlOf(
  venue: { readonly baseUrl: string; readonly stream: { readonly url: string } | null },
  config: Pick<StreamedVenueConfig, 'transport' | 'streamUrl' | 'baseUrl'> | null,
): string | null {
  if (config === null || venue.stream === null || config.transport === 'poll') return null
  if (config.streamUrl !== undefined) return config.streamUrl
  return config.baseUrl === venue.baseUrl ? venue.stream.url : null
}

/** A market of which a stream brought no book for so long is asked for again. */
export function freshMsOf(pollMs: DurationMs): DurationMs {
  return Math.min(pollMs, STREAM_DEFAULTS.freshMsMax)
}

/** What is wrong with the addresses of a venue, beside their keys. */
export function addressIssues(venue: {
  readonly baseUrl: string
  readonly streamUrl?: string | undefined
  readonly access: Access
}) {
  const { baseUrl, streamUrl, access } = venue
  const problems = [
    { key: 'baseUrl', input: baseUrl, message: baseUrlProblem(baseUrl, access) },
    {
      key: 'streamUrl',
      input: streamUrl,
      message: streamUrl === undefined ? null : streamUrlProblem(streamUrl, access),
    },
  ]
  return problems.flatMap(({ key, input, message }) =>
    message === null ? [] : [{ code: 'custom' as const, path: [key], input, message }],
  )
}

import { z } from 'zod'
import { invariant } from '../../aggregator/assert.ts'
import { currenciesOf } from '../../aggregator/values/market.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { whole } from '../settings/scalars.ts'
import type { Access } from './addresses.ts'
import { baseUrlProblem, streamUrlProblem } from './addresses.ts'
import { STREAM_DEFAULTS } from './defaults.ts'
import { PIN_FORM } from './pins.ts'

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

/**
 * Two at least: a host that renews its key would be lost without a second one, and an operator who
 * is pressed for time takes whatever is shown.
 */
const pinsOfHost = z
  .array(z.string().regex(PIN_FORM, 'must be sha256/ and 44 characters of base64'))
  .min(2, 'needs a second pin, of a key that the host may change to')
  .max(8, 'takes at most 8 pins')
  .refine((list) => new Set(list).size === list.length, 'names a pin twice')

const pins = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9.-]{0,252}$/, 'must be the name of a host in small letters'),
  pinsOfHost,
)

/** Hosts of one venue at most. */
const BASE_URLS_MAX = 4

/** Where a venue is asked unless configuration says otherwise. */
interface OwnHosts {
  readonly baseUrl: string
  readonly alternateUrls?: readonly string[]
}

/** What a kind of venue takes when nothing is said. */
export interface VenueDefaults extends OwnHosts {
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
    baseUrl: address.optional(),
    baseUrls: z
      .array(address)
      .min(1, 'needs at least one address')
      .max(BASE_URLS_MAX, `takes at most ${BASE_URLS_MAX} addresses`)
      .optional(),
    access: z.enum(['public', 'local']).default('public'),
    pollMs: durationMs(600_000).default(defaults.pollMs),
    timeoutMs: whole(100, 30_000).default(defaults.timeoutMs),
    bodyBytesMax: whole(1_024, defaults.bodyBytesLimit).default(defaults.bodyBytesMax),
    connectionsMax: whole(1, 8).default(defaults.connectionsMax),
    retriesMax: whole(0, 3).default(defaults.retriesMax),
    pins: pins.default({}),
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

interface WrittenHosts {
  readonly baseUrl?: string | undefined
  readonly baseUrls?: readonly string[] | undefined
}

/** One key for what may be written in two or be known: `baseUrls`, the preferred one first. */
export function withHosts<Written extends WrittenHosts>(
  { baseUrl, baseUrls, ...rest }: Written,
  own: OwnHosts | null,
): WithHosts<Written> {
  const written = baseUrls ?? (baseUrl === undefined ? [] : [baseUrl])
  const known = own === null ? [] : ownUrls(own)
  const [first, ...others] = written.length > 0 ? written : known
  invariant(first !== undefined, 'the schema asks for an address where none is known')
  return { ...rest, baseUrls: [first, ...others] }
}

/** At least one, the preferred one first. */
export type BaseUrls = readonly [string, ...string[]]

type WithHosts<Written> = Omit<Written, 'baseUrl' | 'baseUrls'> & { readonly baseUrls: BaseUrls }

function ownUrls({ baseUrl, alternateUrls = [] }: OwnHosts): readonly string[] {
  return [baseUrl, ...alternateUrls]
}

/** As it is written, with defaults; where the venue is asked may be left to the venue. */
export type WrittenVenue = z.output<ReturnType<typeof venueSchema>>
export type WrittenStreamedVenue = z.output<ReturnType<typeof streamedVenueSchema>>

export type VenueConfig = WithHosts<WrittenVenue>
export type StreamedVenueConfig = WithHosts<WrittenStreamedVenue>

/**
 * Where a venue's stream is, or null when it is only polled. The venue's own stream goes with its
 * own hosts: another one may be another market, such as Binance's in the United States.
 */
export function streamUrlOf(
  venue: OwnHosts & { readonly stream: { readonly url: string } | null },
  config: Pick<StreamedVenueConfig, 'transport' | 'streamUrl' | 'baseUrls'> | null,
): string | null {
  if (config === null || venue.stream === null || config.transport === 'poll') return null
  if (config.streamUrl !== undefined) return config.streamUrl
  const own = ownUrls(venue)
  return config.baseUrls.every((url) => own.includes(url)) ? venue.stream.url : null
}

/** A market of which a stream brought no book for so long is asked for again. */
export function freshMsOf(pollMs: DurationMs): DurationMs {
  return Math.min(pollMs, STREAM_DEFAULTS.freshMsMax)
}

/** What is wrong with the addresses of a venue, beside their keys. */
export function addressIssues(
  venue: WrittenHosts & { readonly streamUrl?: string | undefined; readonly access: Access },
) {
  const { baseUrl, baseUrls = [], streamUrl, access } = venue
  const problems = [
    ...given(baseUrl).map((url) => ({ path: ['baseUrl'], message: baseUrlProblem(url, access) })),
    ...baseUrls.map((url, index) => {
      const isFirst = baseUrls.findIndex((each) => isSameUrl(each, url)) === index
      const message = isFirst ? baseUrlProblem(url, access) : 'stands there twice'
      return { path: ['baseUrls', index], message }
    }),
    ...given(streamUrl).map((url) => {
      return { path: ['streamUrl'], message: streamUrlProblem(url, access) }
    }),
  ]
  if (baseUrl !== undefined && baseUrls.length > 0) {
    problems.push({ path: ['baseUrl'], message: 'stands beside baseUrls; write one of them' })
  }
  return problems.flatMap(({ path, message }) =>
    message === null ? [] : [{ code: 'custom' as const, path, input: venue, message }],
  )
}

/** A slash at the end says nothing, as host names are the same in capitals. */
function isSameUrl(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return a === b
  const bare = (url: string) => new URL(url).href.replace(/\/$/, '')
  return bare(a) === bare(b)
}

function given(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value]
}

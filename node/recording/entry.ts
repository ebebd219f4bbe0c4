import { z } from 'zod'
import { DERIVATION_KINDS, type FeedParams } from '../../aggregator/committee/params.ts'
import { feedSchema, plainFeed } from '../config/committee-file.ts'
import { whole } from '../settings/scalars.ts'
import type { SourcesConfig, SourcesConfigInput } from '../sources/config.ts'
import { sourcesConfigSchema } from '../sources/config.ts'

/** Of the form of a recording; a reader refuses every other. */
export const RECORDING_VERSION = 1

/** Largest body that is kept: the most that a node takes, and one piece of a socket more. */
export const BODY_BYTES_MAX = 4_194_304 + 65_536
/** Headers that say something about an answer, besides the one that a venue counts weight with. */
const HEADERS_KEPT = [
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'location',
  'retry-after',
]
const HEADER_LENGTH_MAX = 1_024
/** What may stand in a header on a socket (RFC 9110 §5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

const timeMs = whole(0, 8_640_000_000_000_000)
const venue = z.string().regex(/^[a-z][a-z0-9-]{1,30}$/)
const connection = whole(1, Number.MAX_SAFE_INTEGER)
const frameText = z.string().max(1_048_576)
const code = z.string().regex(/^[A-Z][A-Z0-9_]{2,60}$/)

const answerSchema = z.strictObject({
  type: z.literal('answer'),
  venue,
  /** Path and query below the venue's base URL, without the values of secrets. */
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/)
    .max(8_192),
  /** When it was asked. */
  sentMs: timeMs,
  /** When the answer ended, however it did. */
  atMs: timeMs,
  /** Null when no answer began. */
  status: whole(200, 599).nullable(),
  headers: z.record(
    z.string().regex(/^[a-z0-9-]{1,64}$/),
    z.string().max(HEADER_LENGTH_MAX).regex(HEADER_VALUE),
  ),
  /** The body as far as it came; bytes that are no text stand in base64. */
  body: z.union([
    z.strictObject({ text: z.string().max(BODY_BYTES_MAX) }),
    z.strictObject({ base64: z.base64().max(2 * BODY_BYTES_MAX) }),
  ]),
  /**
   * `broken`: the connection failed. `abandoned`: the recording node would not wait or read on.
   * `oversized`: it was longer than a node takes.
   */
  ending: z.enum(['whole', 'broken', 'abandoned', 'oversized']),
})

const onStream = { venue, connection, atMs: timeMs }

/** Everything that a recording holds after its header, in the order in which it happened. */
export const entrySchema = z.discriminatedUnion('type', [
  answerSchema,
  z.strictObject({ type: z.literal('connect'), ...onStream }),
  z.strictObject({ type: z.literal('open'), ...onStream }),
  /** What the recording node said: subscriptions and pings. */
  z.strictObject({ type: z.literal('sent'), ...onStream, text: frameText }),
  z.strictObject({ type: z.literal('frame'), ...onStream, text: frameText }),
  z.strictObject({
    type: z.literal('closed'),
    ...onStream,
    /** Null when the recording node ended the connection itself. */
    code: code.nullable(),
    /** Of a refused upgrade. */
    status: whole(100, 599).nullable(),
    closeCode: whole(1_000, 4_999).nullable(),
  }),
  /** The recording node's own value of each feed, in the order and decimals of the header. */
  z.strictObject({
    type: z.literal('values'),
    atMs: timeMs,
    values: z
      .array(
        z
          .string()
          .regex(/^-?\d{1,20}$/)
          .nullable(),
      )
      .max(1_024),
  }),
  /** The last one of a recording that ended in order. */
  z.strictObject({
    type: z.literal('ended'),
    atMs: timeMs,
    reason: z.enum(['asked', 'time', 'full']),
  }),
])

export type Entry = z.output<typeof entrySchema>
export type EntryOf<T extends Entry['type']> = Extract<Entry, { readonly type: T }>
export type RecordedAnswer = EntryOf<'answer'>

/** What a recording says about itself. */
export interface RecordingHeader {
  readonly startedMs: number
  /** As in a committee file. */
  readonly feeds: readonly FeedParams[]
  /** `sources` of the recording node as it was written: who was asked for what. */
  readonly written: SourcesConfigInput
  /** The same with its defaults. */
  readonly sources: SourcesConfig
}

const headerSchema = z.strictObject({
  version: z.literal(RECORDING_VERSION),
  startedMs: timeMs,
  feeds: z.array(feedSchema).max(1_024),
  sources: z.unknown(),
})

export function plainHeader({ startedMs, feeds, written }: RecordingHeader) {
  return { version: RECORDING_VERSION, startedMs, feeds: feeds.map(plainFeed), sources: written }
}

/** Reads what `plainHeader` wrote; null when it is something else. */
export function headerFrom(plain: unknown): RecordingHeader | null {
  const outcome = headerSchema.safeParse(plain)
  if (!outcome.success) return null
  const { startedMs, feeds, sources: written } = outcome.data
  const sources = sourcesConfigSchema.safeParse(written)
  const isDerivedWhole = feeds.every(
    ({ kind, derivation }) => !DERIVATION_KINDS.includes(kind) || derivation !== undefined,
  )
  if (!sources.success || !isDerivedWhole) return null
  return { startedMs, feeds, written: written as SourcesConfigInput, sources: sources.data }
}

/** The headers of an answer that are kept. */
export function headersKept(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  usedWeight: string | null,
): Readonly<Record<string, string>> {
  const names = usedWeight === null ? HEADERS_KEPT : [...HEADERS_KEPT, usedWeight]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      const isKept =
        typeof value === 'string' && value.length <= HEADER_LENGTH_MAX && HEADER_VALUE.test(value)
      return isKept ? [[name, value]] : []
    }),
  )
}

/** Bytes as an entry holds them: text where that gives the same bytes back. */
export function bodyOf(bytes: Buffer): RecordedAnswer['body'] {
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(bytes)
  return isText ? { text } : { base64: bytes.toString('base64') }
}

export function bodyBytes(body: RecordedAnswer['body']): Buffer {
  return 'text' in body ? Buffer.from(body.text, 'utf8') : Buffer.from(body.base64, 'base64')
}

const SECRET_NAME = /key|token|secret|sign|pass|auth/i

/** A path with the values of parameters hidden that are named as secrets are. */
export function withoutSecrets(path: string): string {
  const at = path.indexOf('?')
  if (at < 0) return path
  const pairs = path.slice(at + 1).split('&')
  const shown = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return value.length > 0 && SECRET_NAME.test(name) ? `${name}=REDACTED` : pair
  })
  return `${path.slice(0, at)}?${shown.join('&')}`
}

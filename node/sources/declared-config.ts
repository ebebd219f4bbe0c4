import { z } from 'zod'
import { whole } from '../settings/scalars.ts'
import type { DeclaredFields, VenueDeclaration } from './declared-venue.ts'
import { marksSymbol, SYMBOL_MARK } from './declared-venue.ts'
import { VENUE_DEFAULTS } from './defaults.ts'
import { parsePointer } from './json-pointer.ts'
import { DERIVATIVE_VENUE_NAMES, VENUE_NAMES } from './registry.ts'
import { addressIssues, durationMs, venueFields } from './venue-config.ts'

/** Declared venues at most; each may have a leg in every feed. */
const DECLARED_VENUES_MAX = 16
const POLL_MS = 1_000
const TIME_UNITS = ['s', 'ms', 'us', 'ns', 'iso8601'] as const

const BUILT_IN: ReadonlySet<string> = new Set([...VENUE_NAMES, ...DERIVATIVE_VENUE_NAMES])

/**
 * Names stand in the keys of quotes, in their commitment (protocol §5.1, as ASCII), in labels of
 * metrics and in paths of the configuration.
 */
const venueName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,30}$/,
    'must be 2 to 31 of a-z, 0-9 and -, beginning with a letter, to name a venue',
  )
  .refine((name) => !BUILT_IN.has(name), 'is the name of a venue that is built in')

const pointer = z.string('must be a JSON pointer, such as /data/bid').transform((text, context) => {
  const outcome = parsePointer(text)
  if (outcome.type === 'parsed') return outcome.pointer
  context.addIssue({ code: 'custom', message: outcome.problem })
  return z.NEVER
})

const optionalPointer = pointer.nullable().default(null)

const time = z
  .strictObject({
    pointer,
    unit: z.enum(TIME_UNITS, `must be one of ${TIME_UNITS.join(', ')}`),
  })
  .nullable()
  .default(null)

const fields = z
  .strictObject({
    bid: optionalPointer,
    ask: optionalPointer,
    last: optionalPointer,
    lastTime: time,
    baseVolume: optionalPointer,
    time,
  })
  .check(({ value, issues }) => {
    const message = fieldsProblem(value)
    if (message !== null) issues.push({ code: 'custom', input: value, message })
  })

const path = z
  .string('must be a path, such as /v1/ticker/{symbol}')
  .max(512, 'is longer than 512 characters')
  .regex(/^\//, 'must begin with a slash')
  .refine(
    // What RFC 3986 allows in a path and a query, once the mark is taken out.
    (text) => /^[\w\-.~!$&'()*+,;=:@%/?]*$/.test(text.replaceAll(SYMBOL_MARK, '')),
    `must be made of what a path may hold, and ${SYMBOL_MARK}`,
  )

const success = z
  .strictObject({
    pointer,
    equals: z
      .union(
        [z.string().max(200), z.boolean(), z.int()],
        'must be a text, a whole number, true or false',
      )
      .transform(String),
  })
  .nullable()
  .default(null)

const declaredVenue = z
  .strictObject({
    ...venueFields({ ...VENUE_DEFAULTS, baseUrl: '', pollMs: POLL_MS }),
    path,
    budget: z.strictObject({ requestsMax: whole(1, 1_000), perMs: durationMs(600_000) }),
    success,
    list: optionalPointer,
    symbol: optionalPointer,
    fields,
  })
  .check(({ value, issues }) => {
    issues.push(...addressIssues(value))
    // Nothing is known about it that could be a default.
    if (value.baseUrl === undefined && value.baseUrls === undefined) {
      const message = 'must be an address, unless there are baseUrls'
      issues.push({ code: 'custom', path: ['baseUrl'], input: value, message })
    }
    for (const { key, message } of declarationProblems(value)) {
      issues.push({ code: 'custom', path: [key], input: value, message })
    }
  })

/** Venues that are described in the configuration, by the name that legs give them. */
export const declaredVenuesSchema = z
  .record(venueName, declaredVenue)
  .default({})
  .refine(
    (venues) => Object.keys(venues).length <= DECLARED_VENUES_MAX,
    `takes at most ${DECLARED_VENUES_MAX} venues`,
  )

export type DeclaredVenuesConfig = z.output<typeof declaredVenuesSchema>

/** What is wrong with where a price is read from; null when nothing is. */
function fieldsProblem({ bid, ask, last, lastTime }: DeclaredFields): string | null {
  if (bid !== null && ask !== null) return null
  if (last !== null && lastTime !== null) return null
  return 'must have bid and ask, or last with lastTime: a trade of unknown age is no price'
}

/** What does not fit together in one declaration, at the key where it is mended. */
function declarationProblems(
  venue: Pick<VenueDeclaration, 'path' | 'list' | 'symbol' | 'fields'>,
): readonly { readonly key: string; readonly message: string }[] {
  const { path, list, symbol, fields } = venue
  if (list !== null && symbol === null) {
    return [{ key: 'symbol', message: 'must say where a ticker of the list names its market' }]
  }
  const prices = [fields.bid, fields.ask, fields.last].filter((pointer) => pointer !== null)
  const isOneAnswer = !path.includes(SYMBOL_MARK) && list === null
  if (!isOneAnswer || prices.every(marksSymbol)) return []
  const message =
    `is the same for every market: put ${SYMBOL_MARK} into it or into bid, ask and last, ` +
    'or give list and symbol'
  return [{ key: 'path', message }]
}

import type { OptionChain, OptionQuote } from '../../aggregator/aggregation/option-chain.ts'
import type { MarketName, VenueName } from '../../aggregator/aggregation/quote.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import { objectAt } from './fields.ts'
import type { Json, JsonObject } from './json.ts'
import type { LimitStatus, SharedLimits, VenueBudget } from './venue.ts'

/**
 * A venue that lists options, as pure functions: how to ask for all options on one underlying, and
 * what the answer says. All I/O is elsewhere.
 */
export interface OptionVenue {
  readonly name: VenueName
  readonly baseUrl: string
  /** Other hosts of the same market, tried in this order; left out where none is known. */
  readonly alternateUrls?: readonly string[]
  readonly pollMs: DurationMs
  readonly budget: VenueBudget
  /** As of `Venue`. */
  readonly sharedLimits?: SharedLimits
  /** As of `Venue`. */
  readonly limitStatus?: LimitStatus
  /** How the venue names the options on a market's base, unless configuration says otherwise. */
  readonly symbolOf: (market: MarketName) => string
  /** Path and query below the base URL; begins with a slash. Each costs one of the budget. */
  readonly pathOf: (symbol: string) => string
  /**
   * Reads the answer for a symbol. An option whose name or numbers cannot be read is left out, and
   * so is one of another underlying.
   *
   * @throws {OracleError} SOURCE_REFUSED when the venue reports an error, SOURCE_CHAIN_TOO_LARGE,
   * SOURCE_ANSWER_UNEXPECTED when the answer as a whole has another shape
   */
  readonly parse: (answer: Json, symbol: string) => OptionChain
}

/** More options than any venue lists on one underlying, by far. */
const OPTIONS_MAX = 5_000

/** What each row of an answer says; null for a row that is about something else. */
export function optionsFrom(
  rows: readonly Json[],
  read: (row: JsonObject) => OptionQuote | null,
): readonly OptionQuote[] {
  if (rows.length > OPTIONS_MAX) {
    throw new OracleError(
      'SOURCE_CHAIN_TOO_LARGE',
      `the venue lists ${rows.length} options, more than ${OPTIONS_MAX}; check symbols and baseUrl`,
      { context: { options: rows.length } },
    )
  }
  return rows.flatMap((row) => {
    const option = readable(objectAt(row, 'a row'), read)
    return option === null ? [] : [option]
  })
}

function readable(
  row: JsonObject,
  read: (row: JsonObject) => OptionQuote | null,
): OptionQuote | null {
  try {
    return read(row)
  } catch (error) {
    // One strange number takes no other option with it.
    if (codeOf(error).startsWith('SOURCE_')) return null
    throw error
  }
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN'].concat([
  'JUL',
  'AUG',
  'SEP',
  'OCT',
  'NOV',
  'DEC',
])
/** Options of the three venues expire at 08:00 UTC. */
const EXPIRY_HOUR = 8

/** The expiry in a name, from `27MAR26` or `260327`; null when that is no day. */
export function expiryFrom(text: string): UnixMs | null {
  const named = /^(\d{1,2})([A-Z]{3})(\d{2})$/.exec(text)
  if (named !== null) {
    const [, day, month = '', year] = named
    return expiryOf({ year: Number(year), month: MONTHS.indexOf(month), day: Number(day) })
  }
  const [, year, month, day] = /^(\d{2})(\d{2})(\d{2})$/.exec(text) ?? []
  if (year === undefined) return null
  return expiryOf({ year: Number(year), month: Number(month) - 1, day: Number(day) })
}

function expiryOf(date: { year: number; month: number; day: number }): UnixMs | null {
  const { year, month, day } = date
  if (month < 0) return null
  const expiryMs = Date.UTC(2_000 + year, month, day, EXPIRY_HOUR)
  // The 31st of February would come out as a day of March.
  return new Date(expiryMs).getUTCDate() === day && month < MONTHS.length ? expiryMs : null
}

/** The side in a name; null when the letter is another. */
export function sideFrom(letter: string | undefined): OptionQuote['side'] | null {
  if (letter === 'C') return 'call'
  return letter === 'P' ? 'put' : null
}

import type { OptionChain, OptionQuote } from '../../aggregator/aggregation/option-chain.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import { OracleError } from '../errors.ts'
import type { Json, JsonObject } from './json.ts'
import { readableRows } from './tickers.ts'
import type { WholeMarketVenue } from './whole-market.ts'

/**
 * A venue that lists options, as pure functions: how to ask for all options on one underlying, and
 * what the answer says. All I/O is elsewhere.
 */
export interface OptionVenue extends WholeMarketVenue {
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
  return readableRows(rows, read)
}

/** The side in a name; null when the letter is another. */
export function sideFrom(letter: string | undefined): OptionQuote['side'] | null {
  if (letter === 'C') return 'call'
  return letter === 'P' ? 'put' : null
}

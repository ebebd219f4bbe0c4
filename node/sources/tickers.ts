import type { Quote } from '../../aggregator/aggregation/quote.ts'
import { codeOf, OracleError } from '../errors.ts'
import { answerFor, objectAt, symbolAbsent, textAt } from './fields.ts'
import type { Json, JsonObject } from './json.ts'
import { isNumber } from './json.ts'
import type { MarketAnswer, VenueMarket, VenueRequest } from './venue.ts'

/** One GET per market, for venues that answer about one or about all of theirs. */
export function oneEach(
  markets: readonly VenueMarket[],
  {
    weight,
    pathOf,
  }: {
    readonly weight: number
    /** Path of a symbol that is already safe within a path or query. */
    readonly pathOf: (symbol: string) => string
  },
): readonly VenueRequest[] {
  return markets.map((market) => ({
    path: pathOf(encodeURIComponent(market.symbol)),
    markets: [market],
    weight,
  }))
}

/**
 * Answers from a list of tickers, of which each names its market under `key`.
 *
 * @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when an entry is no object
 */
export function answersByName(
  markets: readonly VenueMarket[],
  {
    tickers,
    key,
    read,
  }: {
    readonly tickers: readonly Json[]
    readonly key: string
    readonly read: (ticker: JsonObject) => Quote
  },
): readonly MarketAnswer[] {
  const named = tickers.map((ticker) => objectAt(ticker, 'ticker'))
  return markets.map(({ market, symbol }) =>
    answerFor(market, () => {
      const ticker = named.find((each) => each.get(key) === symbol)
      if (ticker === undefined) throw symbolAbsent(symbol)
      return read(ticker)
    }),
  )
}

/**
 * What each row of an answer says, where it can be read: one strange number takes no other row with
 * it.
 *
 * @param read null for a row that is about something else
 * @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when a row is no object
 */
export function readableRows<Row>(
  rows: readonly Json[],
  read: (row: JsonObject) => Row | null,
): readonly Row[] {
  return rows.flatMap((each) => {
    const row = objectAt(each, 'a row')
    try {
      const said = read(row)
      return said === null ? [] : [said]
    } catch (error) {
      if (codeOf(error).startsWith('SOURCE_')) return []
      throw error
    }
  })
}

/**
 * A venue's own code for how the request went, which some write as a number and some as a text.
 *
 * @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when it is neither
 */
export function codeTextAt(value: Json | undefined, where: string): string {
  return isNumber(value) ? value.numberText : textAt(value, where)
}

/** The venue answered that it does not answer, whatever the HTTP status; `said` are its words. */
export function refusedBy(venue: string, said: Json | undefined): OracleError {
  const words = isNumber(said) ? said.numberText : said
  const answer = typeof words === 'string' ? words.slice(0, 200) : ''
  return new OracleError('SOURCE_REFUSED', `${venue} refused the request; check the symbols`, {
    context: { venue, answer },
  })
}

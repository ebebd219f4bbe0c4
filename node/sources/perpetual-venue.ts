import type { FundingQuote } from '../../aggregator/aggregation/funding.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import type { Json, JsonObject } from './json.ts'
import { isNumber } from './json.ts'
import type { WholeMarketVenue } from './whole-market.ts'

/** What an answer says about each perpetual, one in a row. */
export interface FundingRows {
  readonly rows: readonly Json[]
  /** Where a row names its perpetual. */
  readonly key: string
  /** @throws {OracleError} SOURCE_NUMBER_INVALID, SOURCE_TIME_INVALID, SOURCE_ANSWER_UNEXPECTED */
  readonly read: (row: JsonObject) => FundingQuote
}

/** An answer of its own in which a venue says how long its intervals are. */
export interface IntervalsRequest {
  readonly path: string
  readonly weight: number
  /**
   * By symbol; one that is not there has no known interval.
   *
   * @throws {OracleError} as `PerpetualVenue.parse`
   */
  readonly parse: (answer: Json) => ReadonlyMap<string, DurationMs>
}

/**
 * A venue of perpetuals, as pure functions: how to ask for the funding of all of them, and what the
 * answer says. All I/O is elsewhere.
 */
export interface PerpetualVenue extends WholeMarketVenue {
  /** How the venue names the perpetual on a market's base, unless configuration says otherwise. */
  readonly symbolOf: (market: MarketName) => string
  /** Path and query below the base URL; begins with a slash. */
  readonly path: string
  readonly weight: number
  /**
   * @throws {OracleError} SOURCE_REFUSED when the venue reports an error, SOURCE_ANSWER_UNEXPECTED
   * when the answer as a whole has another shape
   */
  readonly parse: (answer: Json) => FundingRows
  /** Left out where each row says how long its interval is. */
  readonly intervals?: IntervalsRequest
}

const HOUR_MS = 3_600_000

/** The length of an interval from whole hours, as a text or a number; null when it is neither. */
export function hoursAt(value: Json | undefined): DurationMs | null {
  const text = isNumber(value) ? value.numberText : value
  return typeof text === 'string' && /^[1-9]\d?$/.test(text) ? Number(text) * HOUR_MS : null
}

/** The perpetual on a market's base that is margined in USDT, as most venues spell it. */
export function inUsdt(market: MarketName): string {
  return `${market.slice(0, market.indexOf('/'))}USDT`
}

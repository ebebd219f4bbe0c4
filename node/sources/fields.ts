import type { Quote } from '../../aggregator/aggregation/quote.ts'
import { parseDecimal } from '../../aggregator/values/decimal.ts'
import { QUOTE_DECIMALS } from '../../aggregator/values/fixed-point.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Json, JsonObject } from './json.ts'
import { isList, isNumber, isObject } from './json.ts'
import type { MarketAnswer, PartialQuote, StreamAnswer } from './venue.ts'

/** @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when it is no object */
export function objectAt(value: Json | undefined, where: string): JsonObject {
  if (isObject(value)) return value
  throw unexpected(where, 'an object')
}

/** @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when it is no list */
export function listAt(value: Json | undefined, where: string): readonly Json[] {
  if (isList(value)) return value
  throw unexpected(where, 'a list')
}

/** @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when it is no text */
export function textAt(value: Json | undefined, where: string): string {
  if (typeof value === 'string') return value
  throw unexpected(where, 'a text')
}

/**
 * A price or size at `QUOTE_DECIMALS`, from a text or a number. Null where the venue has none: the
 * field is missing, null, empty or zero (venues write all four).
 *
 * @throws {OracleError} SOURCE_NUMBER_INVALID on anything that is no decimal above zero
 */
export function amountAt(value: Json | undefined, where: string): bigint | null {
  if (value === undefined || value === null || value === '') return null
  const text = isNumber(value) ? value.numberText : value
  if (typeof text !== 'string') throw numberInvalid(where, 'DECIMAL_MALFORMED')
  const outcome = parseDecimal(text, { decimals: QUOTE_DECIMALS, rounding: 'nearest' })
  if (outcome.type === 'refused') throw numberInvalid(where, outcome.code)
  if (outcome.value < 0n) throw numberInvalid(where, 'NEGATIVE')
  return outcome.value === 0n ? null : outcome.value
}

/**
 * A rate at `QUOTE_DECIMALS`, from a text or a number; zero and below are rates like any other.
 * Digits beyond are rounded down.
 *
 * @throws {OracleError} SOURCE_NUMBER_INVALID when it is missing or no decimal
 */
export function rateAt(value: Json | undefined, where: string): bigint {
  const text = isNumber(value) ? value.numberText : value
  if (typeof text !== 'string') throw numberInvalid(where, 'DECIMAL_MALFORMED')
  const outcome = parseDecimal(text, { decimals: QUOTE_DECIMALS, rounding: 'floor' })
  if (outcome.type === 'refused') throw numberInvalid(where, outcome.code)
  return outcome.value
}

/**
 * A whole number that a venue counts or names something with, as it was written.
 *
 * @throws {OracleError} SOURCE_ANSWER_UNEXPECTED when it is none, or has more than 20 digits
 */
export function wholeTextAt(value: Json | undefined, where: string): string {
  if (isNumber(value) && /^-?[0-9]{1,20}$/.test(value.numberText)) return value.numberText
  throw unexpected(where, 'a whole number')
}

/** Milliseconds of a unit, as a fraction: venues write times in each of these. */
const UNITS = {
  s: { times: 1_000n, over: 1n },
  ms: { times: 1n, over: 1n },
  us: { times: 1n, over: 1_000n },
  ns: { times: 1n, over: 1_000_000n },
} as const

export type WholeTimeUnit = keyof typeof UNITS

/** Before the first coin was mined there was no quote. */
const TIME_MS_MIN = Date.UTC(2009, 0, 3)
const TIME_MS_MAX = Date.UTC(2100, 0, 1)

/**
 * A moment from a whole number of the named unit, as a text or a number; null when missing.
 *
 * @throws {OracleError} SOURCE_TIME_INVALID
 */
export function timeAt(
  value: Json | undefined,
  { where, unit }: { readonly where: string; readonly unit: WholeTimeUnit },
): UnixMs | null {
  if (value === undefined || value === null || value === '') return null
  const text = isNumber(value) ? value.numberText : value
  if (typeof text !== 'string' || !/^[0-9]{1,20}$/.test(text)) throw timeInvalid(where)
  const { times, over } = UNITS[unit]
  return checkedTime(Number((BigInt(text) * times) / over), where)
}

/**
 * A moment written as RFC 3339 in UTC with up to nine digits of a second; null when missing.
 *
 * @throws {OracleError} SOURCE_TIME_INVALID
 */
export function isoTimeAt(value: Json | undefined, where: string): UnixMs | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw timeInvalid(where)
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/.exec(value)
  const [, seconds, fraction = ''] = match ?? []
  if (seconds === undefined) throw timeInvalid(where)
  const wholeMs = Date.parse(`${seconds}Z`)
  // Digits beyond the millisecond are cut: a quote never looks newer than it is.
  return checkedTime(wholeMs + Number(fraction.padEnd(3, '0').slice(0, 3)), where)
}

/** Answer for one market; its fault takes no other market of the same answer with it. */
export function answerFor(market: MarketName, read: () => Quote): MarketAnswer
/** The same for what a channel of a stream carries. */
export function answerFor(market: MarketName, read: () => PartialQuote): StreamAnswer
export function answerFor(market: MarketName, read: () => PartialQuote): StreamAnswer {
  return answering(market, () => ({ type: 'quoted', market, quote: read() }))
}

/** The same for an answer that may also say why there is no quote. */
export function answering<Answer>(
  market: MarketName,
  read: () => Answer,
): Answer | (MarketAnswer & { readonly type: 'refused' }) {
  try {
    return read()
  } catch (error) {
    const code = codeOf(error)
    if (!code.startsWith('SOURCE_')) throw error
    return { type: 'refused', market, code }
  }
}

/** The venue answered, but not about a market that it was asked for. */
export function symbolAbsent(symbol: string): OracleError {
  return new OracleError(
    'SOURCE_SYMBOL_ABSENT',
    `the venue's answer has no ${symbol}; check how the venue spells it and set symbols`,
    { context: { symbol } },
  )
}

function checkedTime(timeMs: number, where: string): UnixMs {
  if (timeMs >= TIME_MS_MIN && timeMs < TIME_MS_MAX) return timeMs
  throw timeInvalid(where)
}

function unexpected(where: string, wanted: string): OracleError {
  return new OracleError(
    'SOURCE_ANSWER_UNEXPECTED',
    `the venue's answer should have ${wanted} at ${where}; its format may have changed`,
    { context: { where } },
  )
}

function numberInvalid(where: string, fault: string): OracleError {
  return new OracleError(
    'SOURCE_NUMBER_INVALID',
    `the venue's ${where} is no number that can be used; the venue is left out until it is`,
    { context: { where, fault } },
  )
}

function timeInvalid(where: string): OracleError {
  return new OracleError(
    'SOURCE_TIME_INVALID',
    `the venue's ${where} is no time that can be used; the venue is left out until it is`,
    { context: { where } },
  )
}

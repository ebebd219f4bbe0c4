import type { Quote, VenueName } from '../../aggregator/aggregation/quote.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import type { WholeTimeUnit } from './fields.ts'
import { amountAt, answerFor, isoTimeAt, listAt, symbolAbsent, timeAt } from './fields.ts'
import type { Json } from './json.ts'
import { isNumber } from './json.ts'
import type { JsonPointer } from './json-pointer.ts'
import { valueAt } from './json-pointer.ts'
import { oneEach, refusedBy } from './tickers.ts'
import type { Venue, VenueMarket } from './venue.ts'
import type { BaseUrls } from './venue-config.ts'

/** Stands for how the venue spells a market, in a path and in pointers. */
export const SYMBOL_MARK = '{symbol}'

export interface DeclaredTime {
  readonly pointer: JsonPointer
  readonly unit: WholeTimeUnit | 'iso8601'
}

/** Where an answer has what a quote needs; null where the venue does not say it. */
export interface DeclaredFields {
  readonly bid: JsonPointer | null
  readonly ask: JsonPointer | null
  readonly last: JsonPointer | null
  readonly lastTime: DeclaredTime | null
  readonly baseVolume: JsonPointer | null
  readonly time: DeclaredTime | null
}

/** A venue in data: what an operator writes about one that this software does not know. */
export interface VenueDeclaration {
  readonly baseUrls: BaseUrls
  readonly pollMs: number
  /** Below the base URL; with `SYMBOL_MARK` it is asked once per market. */
  readonly path: string
  readonly budget: { readonly requestsMax: number; readonly perMs: number }
  /** What the answer says at this place when it is no error; null when nothing tells. */
  readonly success: { readonly pointer: JsonPointer; readonly equals: string } | null
  /** List of tickers; the pointers below then begin in each. Null: in the answer itself. */
  readonly list: JsonPointer | null
  /** Where a ticker names its market; null when it does not. */
  readonly symbol: JsonPointer | null
  readonly fields: DeclaredFields
  readonly symbols: Readonly<Record<string, string>>
}

/**
 * Makes a venue like any other of its declaration. A pointer that leads nowhere refuses the market
 * (`SOURCE_POINTER_ABSENT`); null, an empty text and zero are absent as at any venue.
 */
export function declaredVenue(name: VenueName, declaration: VenueDeclaration): Venue {
  const { baseUrls, pollMs, path, budget, success, symbols } = declaration
  return {
    name,
    baseUrl: baseUrls[0],
    alternateUrls: baseUrls.slice(1),
    pollMs,
    budget: { weightMax: budget.requestsMax, perMs: budget.perMs },
    usedWeightHeader: null,
    // Configuration is refused while a leg names a market without a symbol.
    symbolOf: (market) => (Object.hasOwn(symbols, market) ? (symbols[market] ?? market) : market),
    requests(markets) {
      if (markets.length === 0) return []
      if (!path.includes(SYMBOL_MARK)) return [{ path, markets, weight: 1 }]
      const pathOf = (symbol: string) => path.replaceAll(SYMBOL_MARK, () => symbol)
      return oneEach(markets, { weight: 1, pathOf })
    },
    parse(answer, { markets }) {
      if (success !== null) {
        const said = valueAt(answer, success.pointer)
        if (scalarText(said) !== success.equals) throw refusedBy(name, said)
      }
      const tickerOf = tickersBy(answer, declaration)
      return markets.map((asked) =>
        answerFor(asked.market, () => quoteFrom(tickerOf(asked), { ...declaration, name, asked })),
      )
    },
    stream: null,
  }
}

/** Whether a pointer leads to another place for each market. */
export function marksSymbol(pointer: JsonPointer): boolean {
  return pointer.some((part) => part.includes(SYMBOL_MARK))
}

/** Finds the ticker of a market in an answer; a ticker that names another market is not ours. */
function tickersBy(
  answer: Json,
  { list, symbol: place }: Pick<VenueDeclaration, 'list' | 'symbol'>,
): (asked: VenueMarket) => Json {
  const isOf = (ticker: Json, symbol: string) =>
    place === null || scalarText(valueAt(ticker, spelled(place, symbol))) === symbol
  const tickers = list === null ? [answer] : listAt(valueAt(answer, list), 'list')
  return ({ symbol }) => {
    const found = tickers.find((ticker) => isOf(ticker, symbol))
    if (found === undefined) throw symbolAbsent(symbol)
    return found
  }
}

interface Reading {
  readonly name: VenueName
  readonly fields: DeclaredFields
  readonly asked: VenueMarket
}

function quoteFrom(ticker: Json, reading: Reading): Quote {
  const { bid, ask, last, lastTime, baseVolume, time } = reading.fields
  const amountOf = (where: string, pointer: JsonPointer | null) =>
    pointer === null ? null : amountAt(fieldAt(ticker, { pointer, where, reading }), where)
  return {
    bid: amountOf('bid', bid),
    ask: amountOf('ask', ask),
    last: amountOf('last', last),
    lastTradeMs: timeFrom(ticker, { time: lastTime, where: 'lastTime', reading }),
    baseVolume: amountOf('baseVolume', baseVolume),
    venueMs: timeFrom(ticker, { time, where: 'time', reading }),
  }
}

function timeFrom(
  ticker: Json,
  {
    time,
    where,
    reading,
  }: {
    readonly time: DeclaredTime | null
    readonly where: string
    readonly reading: Reading
  },
): UnixMs | null {
  if (time === null) return null
  const { pointer, unit } = time
  const value = fieldAt(ticker, { pointer, where, reading })
  return unit === 'iso8601' ? isoTimeAt(value, where) : timeAt(value, { where, unit })
}

function fieldAt(
  ticker: Json,
  {
    pointer,
    where,
    reading,
  }: { readonly pointer: JsonPointer; readonly where: string; readonly reading: Reading },
): Json {
  const { name, asked } = reading
  const value = valueAt(ticker, spelled(pointer, asked.symbol))
  if (value !== undefined) return value
  throw new OracleError(
    'SOURCE_POINTER_ABSENT',
    `the answer of ${name} has nothing where ${where} should be; compare the answer with ` +
      `sources.declaredVenues.${name}.fields.${where}`,
    { context: { venue: name, where, symbol: asked.symbol } },
  )
}

function spelled(pointer: JsonPointer, symbol: string): JsonPointer {
  return pointer.map((part) => part.replaceAll(SYMBOL_MARK, () => symbol))
}

/** A text, a number as it was written, or a word; null for what has parts or is missing. */
function scalarText(value: Json | undefined): string | null {
  if (isNumber(value)) return value.numberText
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  return value === null ? 'null' : null
}

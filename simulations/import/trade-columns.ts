/** One trade of a file, as far as a price needs it. */
export interface Trade {
  /** Null where the file has no such column. */
  readonly exchange: string | null
  readonly symbol: string | null
  /** When the exchange says that it was, in microseconds since 1970. */
  readonly exchangeUs: number
  /** When the recorder received it; null where it does not say. */
  readonly localUs: number | null
  readonly price: number
}

export type TradeField = 'exchange' | 'symbol' | 'exchangeTime' | 'localTime' | 'price'

/**
 * What recorders and vendors call each column. Tardis: exchange, symbol, timestamp,
 * local_timestamp, price; Databento: ts_event, ts_recv; cryptofeed: receipt_timestamp; Binance's
 * dumps: time; Kraken's: time, price. The first that a file has counts.
 */
const NAMES: Readonly<Record<TradeField, readonly string[]>> = {
  exchange: ['exchange', 'venue', 'publisher'],
  symbol: ['symbol', 'market', 'pair', 'instrument', 'product_id'],
  exchangeTime: [
    'timestamp',
    'exchange_timestamp',
    'timestamp_exchange',
    'ts_event',
    'trade_time',
    'time',
    'date',
  ],
  localTime: [
    'local_timestamp',
    'timestamp_local',
    'receipt_timestamp',
    'received_timestamp',
    'ts_recv',
    'received_at',
  ],
  price: ['price', 'px', 'p'],
}

/** Where each field stands in a file; null where it has none. */
export type Columns = Readonly<Record<TradeField, string | null>>

/** The columns of a file, or what it lacks. */
export function columnsOf(header: readonly string[]): {
  readonly columns: Columns
  readonly problems: readonly string[]
} {
  const known = new Map(header.map((name) => [name.trim().toLowerCase(), name] as const))
  const found = (field: TradeField): string | null => {
    const name = NAMES[field].find((each) => known.has(each))
    return name === undefined ? null : (known.get(name) ?? null)
  }
  const columns = {
    exchange: found('exchange'),
    symbol: found('symbol'),
    exchangeTime: found('exchangeTime'),
    localTime: found('localTime'),
    price: found('price'),
  }
  const has = header.join(', ').slice(0, NAME_MAX)
  const needed = { exchangeTime: 'time', price: 'price' } as const
  const problems = (['exchangeTime', 'price'] as const)
    .filter((field) => columns[field] === null)
    .map((field) => {
      return `must have a column for the ${needed[field]}: ${NAMES[field].join(', ')}; has ${has}`
    })
  const twice = header.filter((name, at) => header.indexOf(name) !== at)
  const repeated = twice.map((name) => `has the column ${name.slice(0, NAME_MAX)} twice`)
  return { columns, problems: [...problems, ...repeated] }
}

const NAME_MAX = 100
/** Larger prices do not fit into a simulated feed. */
const PRICE_MAX = 10_000_000
/** Smaller ones are none in its eight decimals. */
const PRICE_MIN = 1e-8

/** A value of a file: text of CSV, or what Parquet holds. */
export type Cell = string | number | bigint | Date | Microseconds | null | undefined

/** A time that a Parquet file gives in microseconds or finer, which a `Date` would cut. */
export class Microseconds {
  readonly us: number

  constructor(us: number) {
    this.us = us
  }
}

/** One row as a trade, or what is wrong with it. */
export function tradeOf(
  cells: Readonly<Record<TradeField, Cell>>,
): Trade | { readonly problem: string } {
  const exchangeUs = microsecondsOf(cells.exchangeTime)
  if (exchangeUs === null) return { problem: `has no time in ${shown(cells.exchangeTime)}` }
  const price = numberOf(cells.price)
  if (price === null || price < PRICE_MIN || price > PRICE_MAX) {
    return { problem: `has no price from ${PRICE_MIN} to ${PRICE_MAX} in ${shown(cells.price)}` }
  }
  const localUs = isAbsent(cells.localTime) ? null : microsecondsOf(cells.localTime)
  if (localUs === null && !isAbsent(cells.localTime)) {
    return { problem: `has no local time in ${shown(cells.localTime)}` }
  }
  const exchange = textOf(cells.exchange)
  return { exchange, symbol: textOf(cells.symbol), exchangeUs, localUs, price }
}

function isAbsent(cell: Cell): boolean {
  return cell === null || cell === undefined || cell === ''
}

function textOf(cell: Cell): string | null {
  return isAbsent(cell) ? null : String(cell).slice(0, NAME_MAX)
}

function shown(cell: Cell): string {
  const text = cell instanceof Date && Number.isNaN(cell.getTime()) ? 'no date' : String(cell)
  return JSON.stringify(text.slice(0, 40))
}

function numberOf(cell: Cell): number | null {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null
  if (typeof cell === 'bigint') return Number(cell)
  if (typeof cell !== 'string' || !/^\d{1,20}(\.\d{1,40})?(e[+-]?\d{1,2})?$/i.test(cell))
    return null
  return Number(cell)
}

/** From here on a number of time counts in the next finer unit: seconds since 1970 reach 10^11. */
const UNITS = [
  { below: 1e11, perUs: 1e-6 },
  { below: 1e14, perUs: 1e-3 },
  { below: 1e17, perUs: 1 },
  { below: 1e20, perUs: 1e3 },
] as const
/** 1990 and 2200: what lies outside is no time of a trade. */
const EARLIEST_US = 631_152_000_000_000
const LATEST_US = 7_258_118_400_000_000

/** Microseconds since 1970 of a time in seconds, milli-, micro- or nanoseconds, or ISO 8601. */
export function microsecondsOf(cell: Cell): number | null {
  const us = rawMicroseconds(cell)
  return us !== null && us >= EARLIEST_US && us <= LATEST_US ? us : null
}

function rawMicroseconds(cell: Cell): number | null {
  if (cell instanceof Microseconds) return cell.us
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.getTime() * 1_000
  const number = numberOf(cell)
  if (number !== null) {
    const unit = UNITS.find(({ below }) => number < below)
    return unit === undefined ? null : Math.round(number / unit.perUs)
  }
  if (typeof cell !== 'string') return null
  const [, moment, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(cell) ?? []
  if (moment === undefined) return null
  const ms = Date.parse(`${moment.replace(' ', 'T')}${zone ?? 'Z'}`)
  return Number.isNaN(ms) ? null : ms * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { codeOf, reasonOf } from '../input/files.ts'
import { InputError, type Problem, printable } from '../input/problems.ts'
import { createProgress } from '../report/progress.ts'
import { type RecordingFile, STEPS_MAX, textOfRecording } from '../scenario/recording.ts'
import { csvRows, LineError } from './csv-rows.ts'
import { Holdings } from './holdings.ts'
import { openParquet, ParquetError } from './parquet-rows.ts'
import { type ExchangeFigures, Thinner } from './thin.ts'
import { type Cell, type Columns, columnsOf, type Trade, tradeOf } from './trade-columns.ts'

export interface ImportOptions {
  readonly file: string
  /** Only this market; needed when the file has several. */
  readonly symbol: string | null
  /** Only these exchanges; all when empty. */
  readonly exchanges: readonly string[]
  readonly stepMs: number
  readonly clock: 'exchange' | 'local'
  /** Times of the chosen clock, in milliseconds since 1970; the end is left out. */
  readonly fromMs: number
  readonly toMs: number
  /** Keeps what each exchange said by itself, with both times, for venues of a scenario. */
  readonly isByVenue: boolean
}

export interface Imported {
  readonly recording: RecordingFile
  /** What the file of it holds. */
  readonly text: string
  readonly exchanges: readonly ExchangeFigures[]
  /** Trades of other markets, exchanges or times. */
  readonly leftOut: number
}

/** Rows with problems that are listed; the file is read on to find them all at once. */
const PROBLEMS_MAX = 50
/** Rows of one file: a year of a busy market. */
const ROWS_MAX = 500_000_000
const FILE_BYTES_MAX = 64 * 1024 ** 3
const SYMBOLS_MAX = 1_000
/** Longest name of a recording that is called after its file. */
const NAME_MAX = 100
/** Progress is shown after so many rows. */
const ROWS_PER_SHOW = 100_000

/**
 * Reads a file of trades into a recording that scenarios can follow.
 *
 * @throws {InputError} TRADES_INVALID with the first problems of its rows, or with what it lacks,
 * or with what no scenario could read of the recording
 */
export async function importPrices(options: ImportOptions, signal: AbortSignal): Promise<Imported> {
  const { file, symbol, exchanges, stepMs, clock } = options
  const reading = new Reading(options)
  try {
    const bytes = statSync(file).size
    if (bytes > FILE_BYTES_MAX) throw new LineError('is larger than 64 GiB')
    const read = /\.parquet$/i.test(file) ? readParquet : readCsv
    await read(reading, { file, bytes, signal })
  } catch (error) {
    // An interrupt is no fault of the file.
    if (signal.aborted) throw new InputError('TRADES_INVALID', file, [INTERRUPTED])
    reading.problem('', saidOf(error, file))
  }
  const { thinned, leftOut, symbols } = reading.finish()
  const recording: RecordingFile = {
    name: symbol ?? symbols[0] ?? basename(file).slice(0, NAME_MAX),
    source: {
      file: basename(file),
      sha256: await hashOf(file).catch((error: unknown) => {
        throw new InputError('TRADES_INVALID', file, [{ path: '', message: saidOf(error, file) }])
      }),
      symbol: symbol ?? symbols[0] ?? null,
      exchanges: exchanges.length > 0 ? [...exchanges] : thinned.exchanges.map((e) => e.exchange),
      clock,
      trades: thinned.trades,
    },
    fromMs: thinned.fromMs,
    stepMs,
    prices: [...thinned.prices],
    venues: thinned.venues.map(({ name, localMs, exchangeMs, prices }) => ({
      name,
      localMs: [...localMs],
      exchangeMs: [...exchangeMs],
      prices: [...prices],
    })),
  }
  const text = textOfRecording(recording)
  if (!text.ok) throw new InputError('TRADES_INVALID', file, text.problems.map(unreadable))
  return { recording, text: text.value, exchanges: thinned.exchanges, leftOut }
}

/** What is wrong with a file as such; of its rows the readers say it themselves. */
function saidOf(error: unknown, path: string): string {
  if (codeOf(error) !== null) return reasonOf(error, { path, verb: 'read' })
  return error instanceof Error ? error.message : String(error)
}

function unreadable({ path, message }: Problem): Problem {
  const advice = 'choose other --clock, --from, --to, --exchange or --step-ms'
  const where = path === '' ? '' : `${path} `
  return { path: '', message: `would be no recording: ${where}${message}; ${advice}` }
}

const INTERRUPTED: Problem = { path: '', message: 'was not read to its end: interrupted' }

/** What is known of a file while it is read. */
class Reading {
  readonly #options: ImportOptions
  readonly #thinner: Thinner
  readonly #problems: Problem[] = []
  readonly #symbols = new Set<string>()
  readonly #holdings: Holdings
  #leftOut = 0
  #rows = 0
  #problemCount = 0

  constructor(options: ImportOptions) {
    this.#options = options
    this.#holdings = new Holdings(options)
    this.#thinner = new Thinner({ ...options, stepsMax: STEPS_MAX })
  }

  problem(path: string, message: string): void {
    this.#problemCount += 1
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ path, message })
  }

  /** @throws {LineError} when the file has too many rows */
  row(place: string, cells: Parameters<typeof tradeOf>[0]): void {
    this.#rows += 1
    if (this.#rows > ROWS_MAX) throw new LineError(`has more than ${ROWS_MAX} rows`)
    const trade = tradeOf(cells)
    if ('problem' in trade) {
      this.problem(place, trade.problem)
      return
    }
    this.#holdings.add(trade)
    if (!this.#isWanted(trade)) {
      this.#leftOut += 1
      return
    }
    if (trade.symbol !== null && this.#symbols.size < SYMBOLS_MAX) this.#symbols.add(trade.symbol)
    const refused = this.#thinner.add(trade)
    if (refused !== null) this.problem(place, refused)
  }

  /** @throws {InputError} TRADES_INVALID when anything was wrong */
  finish() {
    const { file, symbol } = this.#options
    const symbols = [...this.#symbols].sort()
    if (symbol === null && symbols.length > 1) {
      const some = symbols.slice(0, 10).map(printable).join(', ')
      this.problem('', `has ${symbols.length} markets, ${some}; name one with --symbol`)
    }
    const thinned = this.#thinner.result()
    if (this.#problemCount === 0 && thinned.prices.length < 2) {
      for (const message of this.#holdings.lacking(thinned.trades)) this.problem('', message)
    }
    const more = this.#problemCount - this.#problems.length
    const rest = more > 0 ? [{ path: '', message: `and ${more} more` }] : []
    if (this.#problemCount === 0) return { thinned, leftOut: this.#leftOut, symbols }
    throw new InputError('TRADES_INVALID', file, [...this.#problems, ...rest])
  }

  #isWanted({ symbol, exchange, exchangeUs, localUs }: Trade): boolean {
    const { exchanges, fromMs, toMs, clock } = this.#options
    if (this.#options.symbol !== null && symbol !== this.#options.symbol) return false
    if (exchanges.length > 0 && !exchanges.includes(exchange ?? '')) return false
    const ms = (clock === 'exchange' ? exchangeUs : (localUs ?? exchangeUs)) / 1_000
    return ms >= fromMs && ms < toMs
  }
}

interface Source {
  readonly file: string
  readonly bytes: number
  readonly signal: AbortSignal
}

async function readCsv(reading: Reading, { file, bytes, signal }: Source): Promise<void> {
  const progress = createProgress(`reading ${basename(file)}`)
  let at: Readonly<Record<keyof Columns, number>> | null = null
  let width = 0
  let characters = 0
  try {
    for await (const { line, cells } of csvRows(file, signal)) {
      if (at === null) {
        at = positionsOf(reading, cells)
        width = cells.length
        if (at === null) return
        continue
      }
      characters += cells.reduce((sum, cell) => sum + cell.length + 1, 0)
      // A packed file is shown by what comes out of it; its end is not known then.
      if (line % ROWS_PER_SHOW === 0) progress.show(Math.min(1, characters / bytes))
      const place = `line ${line}`
      if (cells.length !== width) {
        reading.problem(place, `has ${cells.length} columns, and the first line ${width}`)
        continue
      }
      const of = (field: keyof Columns) => cells[at?.[field] ?? -1]
      reading.row(place, fieldsBy(of))
    }
    if (at === null) reading.problem('', 'is empty')
  } finally {
    progress.end()
  }
}

function positionsOf(reading: Reading, header: readonly string[]) {
  const { columns, problems } = columnsOf(header)
  for (const message of problems) reading.problem('line 1', message)
  if (problems.length > 0) return null
  const at = (field: keyof Columns) => header.indexOf(columns[field] ?? '\n')
  return {
    exchange: at('exchange'),
    symbol: at('symbol'),
    exchangeTime: at('exchangeTime'),
    localTime: at('localTime'),
    price: at('price'),
  }
}

async function readParquet(reading: Reading, { file, signal }: Source): Promise<void> {
  const parquet = await openParquet(file)
  try {
    const { columns, problems } = columnsOf(parquet.columns)
    for (const message of problems) reading.problem('', message)
    if (problems.length > 0) return
    const wanted = Object.values(columns).filter((name) => name !== null)
    let row = 0
    for await (const cells of parquet.rows(wanted)) {
      row += 1
      if (row % ROWS_PER_SHOW === 0 && signal.aborted) throw new ParquetError('was interrupted')
      reading.row(
        `row ${row}`,
        fieldsBy((field) => cells[columns[field] ?? '\n']),
      )
    }
  } finally {
    await parquet.close()
  }
}

function fieldsBy(of: (field: keyof Columns) => Cell) {
  return {
    exchange: of('exchange'),
    symbol: of('symbol'),
    exchangeTime: of('exchangeTime'),
    localTime: of('localTime'),
    price: of('price'),
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

import type { CertifiedValue } from '../replay/certified-values.ts'
import { usageError } from './command.ts'

type Cell = string | number | readonly number[] | null

/** What stands where files of trades name an exchange. */
const EXCHANGE = 'committee'

/** What a row of an exported journal can say, in the order in which help names it. */
const COLUMNS: Readonly<Record<string, (value: CertifiedValue, feed: string) => Cell>> = {
  // Those of files of trades, which the simulator imports.
  timestamp: ({ timestampMs }) => timestampMs,
  exchange: () => EXCHANGE,
  symbol: (_, feed) => feed,
  price: ({ value }) => value,
  round: ({ round }) => round,
  timestampMs: ({ timestampMs }) => timestampMs,
  value: ({ value }) => value,
  spread: ({ spread }) => spread,
  observers: ({ observers }) => observers,
  status: ({ status }) => status,
  path: ({ path }) => path,
  signers: ({ signers }) => signers,
  latencyMs: ({ latencyMs }) => latencyMs,
}

export const COLUMN_NAMES = Object.keys(COLUMNS)
const TRADES = ['timestamp', 'exchange', 'symbol', 'price']

const FORMATS = ['csv', 'jsonl'] as const
type Format = (typeof FORMATS)[number]

/** How values become lines of a file. */
export interface Table {
  readonly columns: readonly string[]
  /** What stands before the first line; empty when nothing does. */
  readonly head: string
  readonly line: (value: CertifiedValue) => string
}

/**
 * The table that a command line asks for: the columns of files of trades when it names none, CSV
 * when it names no format.
 *
 * @throws {OracleError} `USAGE_INVALID`
 */
export function tableOf(
  command: string,
  asked: {
    readonly feed: string
    readonly columns: string | undefined
    readonly format: string | undefined
  },
): Table {
  const columns = asked.columns?.split(',') ?? TRADES
  const unknown = columns.find((name) => !Object.hasOwn(COLUMNS, name))
  if (unknown !== undefined) {
    const known = COLUMN_NAMES.join(', ')
    throw usageError(`--columns has no ${unknown || 'empty name'}; there are ${known}`, command)
  }
  if (new Set(columns).size < columns.length) throw usageError('--columns names one twice', command)
  const format: Format | undefined = FORMATS.find((each) => each === (asked.format ?? 'csv'))
  if (format === undefined) throw usageError(`--format must be ${FORMATS.join(' or ')}`, command)
  const cells = (value: CertifiedValue): Cell[] =>
    columns.map((name) => COLUMNS[name]?.(value, asked.feed) ?? null)
  if (format === 'csv') {
    const line = (value: CertifiedValue) => `${cells(value).map(csvCell).join(',')}\n`
    return { columns, head: `${columns.join(',')}\n`, line }
  }
  const line = (value: CertifiedValue) => {
    const said = cells(value)
    return `${JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, said[at]])))}\n`
  }
  return { columns, head: '', line }
}

/** Absent is empty, and several members stand with spaces between them. */
function csvCell(cell: Cell): string {
  const text = Array.isArray(cell) ? cell.join(' ') : String(cell ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

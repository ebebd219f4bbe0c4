import { parquetWriteBuffer } from 'hyparquet-writer'
import { writeFile } from './place.ts'

/** Results as rows, for programs of researchers; units stand in the names of the columns. */
export interface DataTable {
  readonly columns: readonly Column[]
  /** One cell for each column; null is absent. */
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export interface Column {
  readonly name: string
  readonly type: 'text' | 'integer' | 'number'
}

const FORMATS = ['csv', 'parquet'] as const
export type Format = (typeof FORMATS)[number]

/** Columns of one type. */
export function columnsOf(type: Column['type'], names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, type }))
}

/** The format that a command line asks for, or that a file's name ends with; CSV else. */
export function formatOf(asked: string | undefined, path = ''): Format {
  if (asked === undefined) return path.endsWith('.parquet') ? 'parquet' : 'csv'
  const format = FORMATS.find((each) => each === asked)
  if (format === undefined) throw new RangeError(`--format must be ${FORMATS.join(' or ')}`)
  return format
}

export function writeTable(path: string, table: DataTable, format: Format): void {
  writeFile(path, format === 'csv' ? csvOf(table) : parquetOf(table))
}

/** Comma-separated values (RFC 4180); text that a table program would run begins with a `'`. */
export function csvOf({ columns, rows }: DataTable): string {
  const lines = [columns.map(({ name }) => name), ...rows]
  return lines.map((cells) => `${cells.map((cell) => quoted(inert(cell))).join(',')}\r\n`).join('')
}

function inert(cell: string | number | null): string {
  if (typeof cell !== 'string') return String(cell ?? '')
  return /^[=+\-@\t\r]/.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
}

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Apache Parquet: text as UTF-8, integers of 64 bits, numbers of 64 bits, all may be absent. */
export function parquetOf({ columns, rows }: DataTable): Uint8Array {
  const columnData = columns.map(({ name, type }, at) => ({
    name,
    type: PARQUET_TYPES[type],
    data: rows.map((row) => parquetCell(row[at] ?? null, type)),
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'parallax' }))
}

const PARQUET_TYPES = { text: 'STRING', integer: 'INT64', number: 'DOUBLE' } as const

function parquetCell(cell: string | number | null, type: Column['type']) {
  if (cell === null) return null
  if (type === 'text') return String(cell)
  return type === 'integer' ? BigInt(cell) : Number(cell)
}

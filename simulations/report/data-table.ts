import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Origin } from '../origin/origin.ts'
import { removeFile, writeFile } from './place.ts'

/**
 * Results as rows, for programs of researchers. The name of a column of a quantity ends with its
 * unit: `firstP99Ms`, `lostRounds`, `withoutResultShare` (from 0 to 1).
 */
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

/**
 * Writes a table with its origin: Parquet holds it as key-value metadata; beside CSV, which has no
 * place that readers agree on, stands `NAME.csv.origin.json`, with the hash of the file it is of.
 *
 * @returns how many files
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function writeTable(
  path: string,
  table: DataTable,
  { format, origin }: { readonly format: Format; readonly origin: Origin },
): number {
  const companionPath = `${path}.origin.json`
  if (format === 'parquet') {
    writeFile(path, parquetOf(table, origin))
    // CSV may have stood here: what is said of that is not true of this.
    removeFile(companionPath)
    return 1
  }
  const text = csvOf(table)
  const sha256 = createHash('sha256').update(text).digest('hex')
  const companion = { file: basename(path), sha256, ...origin }
  writeFile(path, text)
  writeFile(companionPath, `${JSON.stringify(companion, null, 2)}\n`)
  return 2
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

/**
 * Apache Parquet: text as UTF-8, integers of 64 bits, numbers of 64 bits, all may be absent. What
 * made it stands in its metadata: `parallax.commit`, `parallax.command`, and `parallax.definition`
 * as JSON where there is one.
 */
export function parquetOf({ columns, rows }: DataTable, origin: Origin): Uint8Array {
  const columnData = columns.map(({ name, type }, at) => ({
    name,
    type: PARQUET_TYPES[type],
    data: rows.map((row) => parquetCell(row[at] ?? null, type)),
  }))
  const kvMetadata = Object.entries(origin).map(([key, value]) => ({
    key: `parallax.${key}`,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, createdBy: 'parallax' }))
}

const PARQUET_TYPES = { text: 'STRING', integer: 'INT64', number: 'DOUBLE' } as const

function parquetCell(cell: string | number | null, type: Column['type']) {
  if (cell === null) return null
  if (type === 'text') return String(cell)
  return type === 'integer' ? BigInt(cell) : Number(cell)
}

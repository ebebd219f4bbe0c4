import { open } from 'node:fs/promises'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  snappyUncompress,
} from 'hyparquet'
import { type Cell, Microseconds } from './trade-columns.ts'

/** Footer, pages and row groups that are larger are refused before memory is taken for them. */
const FOOTER_BYTES_MAX = 16 * 1024 * 1024
const PAGE_BYTES_MAX = 256 * 1024 * 1024
const GROUP_ROWS_MAX = 4_000_000
/** Rows that are held at once. */
const ROWS_AT_ONCE = 50_000

/** A file that is no Parquet, or not one that can be read here. */
export class ParquetError extends Error {}

/** An open Parquet file: its columns, and its rows as they are asked for. */
export interface ParquetFile {
  readonly columns: readonly string[]
  /** @throws {ParquetError} when a part of the file is damaged or too large */
  readonly rows: (
    wanted: readonly string[],
  ) => AsyncGenerator<Readonly<Record<string, Cell>>, void, undefined>
  readonly close: () => Promise<void>
}

/** @throws {ParquetError} when the file cannot be read as Parquet */
export async function openParquet(path: string): Promise<ParquetFile> {
  const handle = await open(path, 'r')
  try {
    const byteLength = (await handle.stat()).size
    const file: AsyncBuffer = {
      byteLength,
      slice: async (start, end = byteLength) => {
        const length = Math.max(0, end - start)
        if (length > PAGE_BYTES_MAX) throw new ParquetError('has a part that is too large')
        const bytes = new Uint8Array(length)
        const { bytesRead } = await handle.read(bytes, 0, length, start)
        return bytes.buffer.slice(0, bytesRead)
      },
    }
    await requireSmallFooter(file)
    const metadata = await coded(() => parquetMetadataAsync(file))
    const columns = checkedColumns(metadata)
    return {
      columns,
      rows: (wanted) => rowsOf(file, metadata, wanted),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The last eight bytes say how long the footer is: it must not be believed. */
async function requireSmallFooter(file: AsyncBuffer): Promise<void> {
  if (file.byteLength < 12) throw new ParquetError('is too short to be Parquet')
  const tail = new DataView(await file.slice(file.byteLength - 8))
  const footerBytes = tail.getUint32(0, true)
  if (footerBytes > FOOTER_BYTES_MAX || footerBytes > file.byteLength - 12) {
    throw new ParquetError(`says that its footer has ${footerBytes} bytes`)
  }
}

function checkedColumns(metadata: FileMetaData): readonly string[] {
  for (const [at, { num_rows: rows }] of metadata.row_groups.entries()) {
    if (rows >= 0n && rows <= GROUP_ROWS_MAX) continue
    throw new ParquetError(`has ${rows} rows in row group ${at}; at most ${GROUP_ROWS_MAX} fit`)
  }
  // Columns inside of others hold no field of a trade.
  return parquetSchema(metadata)
    .children.filter(({ children }) => children.length === 0)
    .map(({ element }) => element.name)
}

async function* rowsOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  wanted: readonly string[],
): AsyncGenerator<Readonly<Record<string, Cell>>, void, undefined> {
  let groupStart = 0
  for (const { num_rows: rows } of metadata.row_groups) {
    const groupEnd = groupStart + Number(rows)
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += ROWS_AT_ONCE) {
      const rowEnd = Math.min(groupEnd, rowStart + ROWS_AT_ONCE)
      const range = { rowStart, rowEnd, columns: [...wanted] }
      const options = { file, metadata, compressors: COMPRESSORS, parsers: PARSERS, ...range }
      const read = await coded(() => parquetReadObjects(options))
      for (const row of read) yield row as Readonly<Record<string, Cell>>
    }
    groupStart = groupEnd
  }
}

const PARSERS = {
  timestampFromMilliseconds: (ms: bigint) => new Microseconds(Number(ms) * 1_000),
  timestampFromMicroseconds: (us: bigint) => new Microseconds(Number(us)),
  timestampFromNanoseconds: (ns: bigint) => new Microseconds(Number(ns / 1_000n)),
}

/** Unpacks no more than a page says, and no page that says too much. */
const COMPRESSORS: Compressors = {
  SNAPPY: (input, outputLength) => {
    const output = new Uint8Array(limited(outputLength))
    snappyUncompress(input, output)
    return output
  },
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: limited(length) }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: limited(length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: limited(length) }),
}

function limited(outputLength: number): number {
  if (outputLength > 0 && outputLength <= PAGE_BYTES_MAX) return outputLength
  throw new ParquetError(`has a page of ${outputLength} bytes`)
}

/** What the library throws says what is wrong, in whatever class. */
async function coded<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ParquetError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ParquetError(`cannot be read as Parquet: ${reason.slice(0, 200)}`)
  }
}

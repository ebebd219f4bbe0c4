import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import {
  csvOf,
  type DataTable,
  formatOf,
  parquetOf,
  writeTable,
} from '../../../simulations/report/data-table.ts'

const TABLE: DataTable = {
  columns: [
    { name: 'strategy', type: 'text' },
    { name: 'rounds', type: 'integer' },
    { name: 'meanMs', type: 'number' },
  ],
  rows: [
    ['mute, "late"', 960, 96.5],
    ['none', 2 ** 50, null],
  ],
}

const ORIGIN = {
  commit: 'c'.repeat(40),
  command: 'npm run sim -- sweep little.yaml',
  definition: { name: 'little' },
}

describe('results as tables', () => {
  test('CSV quotes what must be quoted, and leaves out what is absent', () => {
    const text = `strategy,rounds,meanMs\r\n"mute, ""late""",960,96.5\r\nnone,${2 ** 50},\r\n`
    expect(csvOf(TABLE)).toBe(text)
  })

  test('CSV holds no text that a table program would run, and numbers stay numbers', () => {
    const texts = ['=1+1', '+cmd', '-x', '@sum', '-5', '+1.5e3', 'a=b']
    const columns = [{ name: 'what', type: 'text' as const }]
    const rows = [...texts, -7].map((cell) => [cell])
    expect(csvOf({ columns, rows }).trimEnd().split('\r\n').slice(1)).toEqual([
      "'=1+1",
      "'+cmd",
      "'-x",
      "'@sum",
      '-5',
      '+1.5e3',
      'a=b',
      '-7',
    ])
  })

  test('Parquet is read back with the same names, types and values', async () => {
    const file = parquetOf(TABLE, ORIGIN).slice().buffer
    expect(await parquetReadObjects({ file })).toEqual([
      { strategy: 'mute, "late"', rounds: 960n, meanMs: 96.5 },
      { strategy: 'none', rounds: 2n ** 50n, meanMs: null },
    ])
  })

  test('Parquet says in its metadata which command and code it is of', () => {
    const metadata = parquetMetadata(parquetOf(TABLE, ORIGIN).slice().buffer)
    expect(metadata.key_value_metadata).toEqual(
      expect.arrayContaining([
        { key: 'parallax.commit', value: ORIGIN.commit },
        { key: 'parallax.command', value: ORIGIN.command },
        { key: 'parallax.definition', value: '{"name":"little"}' },
      ]),
    )
  })

  test('beside CSV stands where it is from, bound to its bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'table-'))
    try {
      const path = join(folder, 'runs.csv')
      expect(writeTable(path, TABLE, { format: 'csv', origin: ORIGIN })).toBe(2)
      expect(readdirSync(folder)).toEqual(['runs.csv', 'runs.csv.origin.json'])
      const csv = readFileSync(path)
      // Not a byte more than the table: what reads CSV reads it.
      expect(csv.toString()).toBe(csvOf(TABLE))
      expect(JSON.parse(readFileSync(`${path}.origin.json`, 'utf8'))).toEqual({
        file: 'runs.csv',
        sha256: createHash('sha256').update(csv).digest('hex'),
        ...ORIGIN,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('in the place of CSV, Parquet leaves no origin of before behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'table-'))
    try {
      const path = join(folder, 'runs')
      writeTable(path, TABLE, { format: 'csv', origin: ORIGIN })
      expect(writeTable(path, TABLE, { format: 'parquet', origin: ORIGIN })).toBe(1)
      expect(readdirSync(folder)).toEqual(['runs'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('a format is what is asked for, or what the name ends with', () => {
    expect(formatOf('parquet', 'x.csv')).toBe('parquet')
    expect([formatOf(undefined, 'x.parquet'), formatOf(undefined, 'x')]).toEqual(['parquet', 'csv'])
    expect(() => formatOf('xlsx')).toThrow('--format must be csv or parquet')
  })
})

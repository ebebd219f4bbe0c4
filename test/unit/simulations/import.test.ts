import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImportOptions, importPrices } from '../../../simulations/import/import-prices.ts'
import { columnsOf, microsecondsOf } from '../../../simulations/import/trade-columns.ts'
import type { InputError } from '../../../simulations/input/problems.ts'
import { Simulation } from '../../../simulations/run/simulation.ts'
import { checkScenario, recorded, ScenarioError } from '../../../simulations/scenario/load.ts'
import { readRecording } from '../../../simulations/scenario/recording.ts'
import { createRecordedPath } from '../../../simulations/world/recorded.ts'

const SIGNAL = new AbortController().signal
const START_MS = 1_700_000_000_000
const HEADER = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount'
const line = (
  exchange: string,
  {
    ms,
    price,
    lagMs = 40,
  }: { readonly ms: number; readonly price: number; readonly lagMs?: number },
) => {
  const us = (START_MS + ms) * 1_000
  return `${exchange},BTC-USD,${us},${us + lagMs * 1_000},7,buy,${price},0.5`
}
const LINES = [
  line('harbour', { ms: 0, price: 100 }),
  line('meadow', { ms: 100, price: 104, lagMs: 90 }),
  line('harbour', { ms: 400, price: 101 }),
  // Late in the file, early in time.
  line('harbour', { ms: 300, price: 999 }),
  line('meadow', { ms: 1_600, price: 106 }),
]
/** By step of half a second: medians of 101 and 104, then 101 and 104 held, …, 101 and 106. */
const PRICES = [102.5, 102.5, 102.5, 103.5]
describe('import of trades', () => {
  let folder = ''
  const written = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const imported = (file: string, more: Partial<ImportOptions> = {}) =>
    importPrices(
      {
        file,
        symbol: null,
        exchanges: [],
        stepMs: 500,
        clock: 'exchange',
        isByVenue: false,
        fromMs: 0,
        toMs: Number.POSITIVE_INFINITY,
        ...more,
      },
      SIGNAL,
    )
  const problemsOf = async (file: string, more: Partial<ImportOptions> = {}) => {
    try {
      await imported(file, more)
      return []
    } catch (error) {
      const { code, problems } = error as { code?: string; problems?: { path: string }[] }
      expect(code).toBe('TRADES_INVALID')
      return problems?.map(({ path }) => path) ?? []
    }
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('the last trade of each exchange in a step counts, and of exchanges the median', async () => {
    const text = [HEADER, ...LINES, ''].join('\n')
    const { recording, exchanges } = await imported(written('trades.csv', text))
    expect(recording).toMatchObject({ name: 'BTC-USD', stepMs: 500, fromMs: START_MS })
    expect(recording.prices).toEqual(PRICES)
    expect(
      exchanges.map(({ exchange, trades, lagMs }) => [exchange, trades, lagMs?.maxMs]),
    ).toEqual([
      ['harbour', 3, 40],
      ['meadow', 2, 90],
    ])
  })

  test('a packed file, Windows’ line ends, quotes, and other vendors’ columns say the same', async () => {
    const quoted = [HEADER, ...LINES].map((each) => each.replace('BTC-USD', '"BTC-USD"'))
    const packed = await imported(written('trades.csv.gz', gzipSync(quoted.join('\r\n'))))
    expect(packed.recording.prices).toEqual(PRICES)
    const times = ['100,1700000000.000000', '101,1700000000.400', '104,1700000000.1']
    const kraken = await imported(written('kraken.csv', ['price,time', ...times].join('\n')), {
      stepMs: 100,
    })
    expect(kraken.recording.prices).toEqual([100, 104, 104, 104, 101])
  })

  test('Parquet says the same, with times as numbers and as timestamps', async () => {
    const cells = LINES.map((each) => each.split(','))
    const column = (at: number) => cells.map((row) => row[at] ?? '')
    const names = { exchange: column(0), symbol: column(1) }
    const numbers = parquetWriteBuffer({
      columnData: [
        { name: 'exchange', data: names.exchange, type: 'STRING' },
        { name: 'symbol', data: names.symbol, type: 'STRING' },
        { name: 'timestamp', data: column(2).map(BigInt), type: 'INT64' },
        { name: 'price', data: column(6).map(Number), type: 'DOUBLE' },
      ],
    })
    const plain = await imported(written('numbers.parquet', new Uint8Array(numbers)))
    expect(plain.recording.prices).toEqual(PRICES)
    const dates = parquetWriteBuffer({
      columnData: [
        { name: 'venue', data: names.exchange, type: 'STRING' },
        { name: 'ts_event', data: column(2).map((us) => new Date(Number(us) / 1_000)) },
        { name: 'price', data: column(6), type: 'STRING' },
      ],
    })
    const stamped = await imported(written('dates.parquet', new Uint8Array(dates)))
    expect(stamped.recording.prices).toEqual(PRICES)
  })

  test('one market, exchange, time or clock can be asked for', async () => {
    const other = line('harbour', { ms: 0, price: 5 }).replace('BTC', 'ETH')
    const file = written('two.csv', [HEADER, ...LINES, other].join('\n'))
    expect(await problemsOf(file)).toEqual([''])
    const only = { symbol: 'BTC-USD', exchanges: ['harbour'] }
    expect((await imported(file, { ...only, stepMs: 100 })).recording.prices).toEqual([
      100, 100, 100, 999, 101,
    ])
    const late = await imported(file, { ...only, stepMs: 100, fromMs: START_MS + 300 })
    expect(late).toMatchObject({ leftOut: 4, recording: { prices: [999, 101] } })
    const local = await imported(file, { ...only, stepMs: 100, clock: 'local' })
    expect(local.recording.fromMs).toBe(START_MS)
  })

  test('every wrong line is listed at once, and a file that is none is refused with a code', async () => {
    const wrong = [
      HEADER,
      LINES[0],
      'harbour,BTC-USD,soon,,7,buy,100,0.5',
      LINES[1],
      line('harbour', { ms: 5, price: -3 }),
      'harbour,BTC-USD,1700000000000000',
      line('harbour', { ms: 400_000_000, price: 3 }),
    ]
    const file = written('wrong.csv', wrong.join('\n'))
    expect(await problemsOf(file)).toEqual(['line 3', 'line 5', 'line 6', 'line 7'])
    expect(await problemsOf(written('none.csv', 'a,b\n1,2\n'))).toEqual(['line 1', 'line 1'])
    expect(await problemsOf(written('long.csv', 'x'.repeat(20_000)))).toEqual([''])
    expect(await problemsOf(written('empty.csv', ''))).toEqual([''])
    expect(await problemsOf(written('half.csv.gz', gzipSync('a,b\n').subarray(0, 12)))).toEqual([
      '',
    ])
    expect(await problemsOf(join(folder, 'missing.parquet'))).toEqual([''])
  })

  test('of a market, an exchange or times that a file does not hold it says which it holds', async () => {
    const file = written('held.csv', [HEADER, ...LINES, ''].join('\n'))
    const said = async (more: Partial<ImportOptions>) => {
      const error = await imported(file, more).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'TRADES_INVALID' })
      return (error as InputError).problems.map(({ message }) => message)
    }
    expect(await said({ symbol: 'BTCUSD', exchanges: ['binance', 'meadow'] })).toEqual([
      'has no market BTCUSD; it has BTC-USD; did you mean BTC-USD?',
      'has no exchange binance; it has harbour, meadow',
    ])
    expect(await said({ fromMs: START_MS + 9_000 })).toEqual([
      'has too few trades that were asked for: 0; they must be of two steps; ' +
        'all that it has are from 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:21.600Z',
    ])
    expect((await said({ clock: 'local', fromMs: START_MS + 9_000 })).join()).toContain('21.640Z')
    expect((await said({ toMs: START_MS + 200 })).join()).toMatch(/asked for: 2; /)
    // Still without any, which no name explains.
    expect((await said({ exchanges: ['meadow'], toMs: START_MS })).join()).toMatch(/asked for: 0; /)
  })

  test('a long list of what a file holds is cut, and a file without names says so', async () => {
    const names = Array.from({ length: 1_200 }, (_, at) => `M${at}${'x'.repeat(50)}`)
    const rows = names.map((name, at) => `${name},${START_MS + at * 1_000},1`)
    const many = written('many.csv', ['symbol,timestamp,price', ...rows.slice(0, 200)].join('\n'))
    const asked = imported(many, { symbol: '\u001b[2J' })
    const ten = Array.from({ length: 10 }, () => `M\\d+x+…`).join(', ')
    await expect(asked).rejects.toThrow(
      new RegExp(`has no market \\?\\[2J; it has ${ten} and 190 more$`),
    )
    const most = written('most.csv', ['symbol,timestamp,price', ...rows].join('\n'))
    await expect(imported(most, { symbol: 'none' })).rejects.toThrow(/asked for: 0; /)
    const bare = written('bare.csv', 'timestamp,price\n1700000000,1\n1700000009,2\n')
    await expect(imported(bare, { symbol: 'BTC-USD' })).rejects.toThrow(
      'has no market BTC-USD; it names no markets',
    )
    const empty = written('none.csv', 'timestamp,price\n')
    await expect(imported(empty)).rejects.toThrow(/asked for: 0; they must be of two steps$/)
  })

  test('no cut or changed Parquet file passes as another, or ends in anything but a code', async () => {
    const good = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'timestamp', data: LINES.map((_, at) => BigInt(START_MS + at)), type: 'INT64' },
          { name: 'price', data: LINES.map((_, at) => 100 + at), type: 'DOUBLE' },
        ],
      }),
    )
    for (let at = 0; at < good.length; at += 7) {
      const changed = good.slice()
      changed[at] = (changed[at] ?? 0) ^ 0xff
      const file = written('changed.parquet', at % 2 === 0 ? changed : good.subarray(0, at))
      try {
        const { recording } = await imported(file, { stepMs: 10 })
        expect(recording.prices.length).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toMatchObject({ code: 'TRADES_INVALID' })
      }
    }
  })

  test('times are read in every unit that vendors use, and nothing else is a time', () => {
    const us = 1_700_000_000_123_000
    const same = [
      '1700000000.123',
      '1700000000123',
      us,
      String(us * 1_000),
      '2023-11-14T22:13:20.123Z',
    ]
    expect(same.map(microsecondsOf)).toEqual(same.map(() => us))
    expect(microsecondsOf('2023-11-14 22:13:20.1230009')).toBe(us)
    const wrong = [
      '',
      'soon',
      '-1',
      '1',
      '2023-13-45T00:00:00Z',
      '1e400',
      null,
      Number.NaN,
      {} as never,
    ]
    expect(wrong.map(microsecondsOf)).toEqual(wrong.map(() => null))
  })

  test('medians have the eight decimals of a feed, and a price that has none of them is none', async () => {
    const thirds = [
      line('a', { ms: 0, price: 1.000_000_011 }),
      line('b', { ms: 0, price: 1.000_000_021 }),
      line('a', { ms: 600, price: 2 }),
    ]
    const { recording } = await imported(written('thirds.csv', [HEADER, ...thirds].join('\n')))
    expect(recording.prices[0]).toBe(1.000_000_02)
    const dust = line('a', { ms: 0, price: 1 }).replace(',1,0.5', ',0.000000001,0.5')
    expect(await problemsOf(written('dust.csv', [HEADER, dust].join('\n')))).toEqual(['line 2'])
  })

  test('a price is shown from when it was known on: no moment shows a trade that is yet to come', async () => {
    const text = [HEADER, ...LINES].join('\n')
    const path = written('known.json', '')
    const { recording } = await imported(written('known.csv', text), { stepMs: 100 })
    writeFileSync(path, JSON.stringify(recording))
    const truth = createRecordedPath(readRecording(path).recording, 1)
    // The trade of meadow at 1600 ms raises the median of 101 and 104 to that of 101 and 106.
    expect([1_600_000, 1_699_999].map(truth.at)).toEqual([103, 103])
    expect(truth.at(1_700_000)).toBe(104)
    // The first step has none before it; the last stays.
    expect(truth.at(0)).toBe(truth.at(100_000))
    expect(truth.at(9e9)).toBe(104)
  })

  test('a scenario follows a recording, is bound to its bytes, and must not outlast it', async () => {
    const later = [5_000, 30_000].map((ms) => line('harbour', { ms, price: 120 + ms / 1_000 }))
    const text = [HEADER, ...LINES, ...later].join('\n')
    const { recording } = await imported(written('long.csv', text))
    const path = written('btc.json', JSON.stringify(recording))
    const scenario = checkScenario({
      name: 'recorded',
      committee: { members: 4 },
      rounds: 20,
      prices: { model: { type: 'recorded', file: 'btc.json' }, noisePpm: 0 },
    })
    const bound = recorded(scenario, folder)
    const { sha256, recording: read } = readRecording(path)
    expect(bound.prices.model).toEqual({ type: 'recorded', file: path, sha256 })
    const result = new Simulation({ scenario: bound, seed: 1, recording: read }).run()
    const values = result.timeline.map(({ round, valueHigh }) => [round, valueHigh])
    const truth = createRecordedPath(read, 100_000_000)
    // A member samples when its round opens; region timing opens one each half second.
    expect(values).toEqual(
      values.map(([round]) => [round, truth.at(Number(round) * 500_000) / 100_000_000]),
    )
    expect(new Set(values.map(([, value]) => value)).size).toBeGreaterThan(1)
    expect(() => recorded({ ...scenario, rounds: 200 }, folder)).toThrow(ScenarioError)
    writeFileSync(path, JSON.stringify({ ...recording, prices: recording.prices.map(() => 1) }))
    expect(() => recorded(bound, folder)).toThrow(/has the hash/)
  })
})

test('a file without a time or a price is told which columns it may have, and which it has', () => {
  const { problems } = columnsOf(['when', 'venue', 'cost'])
  expect(problems).toEqual([
    expect.stringMatching(
      /^must have a column for the time: timestamp, .*; has when, venue, cost$/,
    ),
    expect.stringMatching(/^must have a column for the price: price, .*; has when, venue, cost$/),
  ])
  expect(columnsOf(['x'.repeat(1_000)]).problems[0]?.length).toBeLessThan(400)
})

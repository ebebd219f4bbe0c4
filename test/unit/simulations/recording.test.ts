import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { printImport } from '../../../simulations/import/commands.ts'
import { ScenarioError } from '../../../simulations/scenario/load.ts'
import {
  HEARD_MAX,
  readRecording,
  STEPS_MAX,
  textOfRecording,
} from '../../../simulations/scenario/recording.ts'

const START_MS = 1_700_000_000_000
const line = (ms: number, price: number, lagMs = 40) =>
  `harbour,${START_MS + ms},${START_MS + ms + lagMs},${price}`
const LINES = ['exchange,timestamp,local_timestamp,price', line(0, 100), line(1_600, 106)]
const FACTS = {
  source: {
    file: 'trades.csv',
    sha256: '0'.repeat(64),
    symbol: null,
    exchanges: [],
    clock: 'exchange' as const,
    trades: 2,
  },
  fromMs: START_MS,
  stepMs: 500,
}

describe('what import-prices writes', () => {
  let folder = ''
  let out = ''
  const written = (name: string, lines: readonly string[]) => {
    const path = join(folder, name)
    writeFileSync(path, lines.join('\n'))
    return path
  }
  const imported = (file: string, ...more: readonly string[]) =>
    printImport([file, '--out', out, ...more], new AbortController().signal)

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'recording-'))
    out = join(folder, 'made.json')
  })
  beforeEach(() => rmSync(out, { force: true }))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('a scenario can read, or it is refused and nothing is written', async () => {
    // Heard two hours before the first step that the exchange's clock gives.
    const early = written('early.csv', [...LINES, line(100, 101, -7_200_000)])
    await expect(imported(early, '--venues')).rejects.toMatchObject({
      code: 'TRADES_INVALID',
      problems: [{ message: expect.stringContaining('at most an hour before the first step') }],
    })
    expect(existsSync(out)).toBe(false)
    await imported(early)
    expect(() => readRecording(out)).not.toThrow()
  })

  test('is called by no longer a name than a recording may have', async () => {
    await imported(
      written(`${'n'.repeat(240)}.csv`, ['time,price', '1700000000,1', '1700000009,2']),
    )
    expect(() => readRecording(out)).not.toThrow()
  })

  test('has room for the most steps and prices of venues, however long each is', () => {
    const price = 9_999_999.123_456_78
    const heard = Array.from({ length: HEARD_MAX }, (_, at) => 999_999_999_999 - HEARD_MAX + at)
    const prices = Array.from({ length: STEPS_MAX }, () => price)
    const venue = { name: 'v', localMs: heard, exchangeMs: heard, prices: heard.map(() => price) }
    const text = textOfRecording({ ...FACTS, name: 'x', prices, venues: [venue] })
    expect(text.ok).toBe(true)
    writeFileSync(out, text.ok ? text.value : '')
    expect(readRecording(out).recording.prices.length).toBe(STEPS_MAX)
    // Of as many prices with all their digits a file would be too long to read.
    const third = 1 / 3e10
    const long = { ...venue, prices: heard.map(() => third) }
    const thirds = { name: 'x', prices: prices.map(() => third), venues: [long] }
    const refused = textOfRecording({ ...FACTS, ...thirds })
    expect(refused).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/^makes \d+ bytes/) }],
    })
  })

  test('shows names of others without what a terminal obeys', async () => {
    const lines = (symbol: string) => [
      'exchange,symbol,time,price',
      'a\u001b[2Jb,\u009bX,1700000000,1',
      `a\u001b[2Jb,${symbol},1700000009,2`,
    ]
    const { output } = await imported(written('one.csv', lines('\u009bX')))
    expect(output).toContain('a?[2Jb')
    expect(output).toContain('?X: 2 trades')
    expect(output).not.toContain('\u001b')
    expect(output).not.toContain('\u009b')
    const two = imported(written('two.csv', lines('Y')))
    await expect(two).rejects.toThrow('has 2 markets, Y, ?X; name one with --symbol')
    expect(new ScenarioError([{ path: 'p', message: 'x\u001b[0m\ny' }]).message).toContain(
      'p: x?[0m\ny',
    )
  })

  test('begins steps where books of venues change', async () => {
    const file = written('steps.csv', LINES)
    await expect(imported(file, '--step-ms', '250', '--venues')).rejects.toThrow(
      '--step-ms must be a multiple of 100 with --venues',
    )
    await expect(imported(file, '--step-ms', '250')).resolves.toMatchObject({ isHeld: true })
  })
})

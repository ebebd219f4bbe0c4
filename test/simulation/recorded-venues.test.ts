import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG_COMMANDS } from '../../simulations/commands.ts'
import { figuresOf } from '../../simulations/report/page.ts'
import { pageOfRun } from '../../simulations/report/run/page.ts'
import { observed } from '../../simulations/run/observed-run.ts'
import { recorderOf } from '../../simulations/run/run.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario, loadScenario, recorded } from '../../simulations/scenario/load.ts'
import { recordingOf } from '../../simulations/scenario/recording.ts'
import { scenarioText } from '../../simulations/scenario/scenario-text.ts'
import type { Scenario } from '../../simulations/scenario/schema.ts'
import { createVenueSeries } from '../../simulations/world/recorded.ts'
import { framesOf, hasRecordings, NO_RECORDINGS } from '../support/recordings.ts'

const HOME = new URL('../../simulations/', import.meta.url).pathname
const SCENARIO = join(HOME, 'scenarios/recorded-venues.yaml')
const TRADES = join(HOME, 'recordings/four-venues.csv')
const RECORDING = join(HOME, 'recordings/four-venues.json')
/** The line to summit stands from the one to the other; all of it arrives then. */
const [STANDS_MS, GOES_ON_MS] = [62_000, 100_000]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'venues-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function imported(file: string, out: string, ...args: readonly string[]) {
  const command = LONG_COMMANDS.get('import-prices')
  await command?.([file, '--out', join(folder, out), ...args], new AbortController().signal)
  return JSON.parse(readFileSync(join(folder, out), 'utf8'))
}

const scenario = loadScenario(SCENARIO)
const run = (of: Scenario, seed = 1) =>
  new Simulation({ scenario: of, seed, recording: recordingOf(of) }).run()
const priced = (changes: object): Scenario => {
  const { prices } = scenario
  return recorded(checkScenario({ ...scenario, prices: { ...prices, ...changes } }), HOME)
}

describe('import-prices --venues', () => {
  test('makes the recording beside the trades again, to the byte', async () => {
    await imported(TRADES, 'again.json', '--venues')
    expect(readFileSync(join(folder, 'again.json'), 'utf8')).toBe(readFileSync(RECORDING, 'utf8'))
  })

  test('keeps of each venue what was heard last in a tenth of a second, with both times', async () => {
    const line = (venue: string, ms: number, lagMs: number, price: number) =>
      `${venue},${1_700_000_000_000 + ms},${1_700_000_000_000 + ms + lagMs},${price}`
    const lines = [
      'exchange,timestamp,local_timestamp,price',
      line('b', 0, 130, 10),
      line('a', 20, 40, 11),
      // Heard after the next one, though it was said before.
      line('a', 100, 190, 12),
      line('a', 130, 20, 13),
      line('b', 700, 5, 14),
    ]
    const file = join(folder, 'few.csv')
    writeFileSync(file, lines.join('\n'))
    const { venues } = await imported(file, 'few.json', '--venues')
    expect(venues).toEqual([
      { name: 'a', localMs: [60, 150, 290], exchangeMs: [20, 130, 100], prices: [11, 13, 12] },
      { name: 'b', localMs: [130, 705], exchangeMs: [0, 700], prices: [10, 14] },
    ])
    expect((await imported(file, 'plain.json')).venues).toEqual([])
    const [first] = venues
    const series = createVenueSeries(first, 100)
    expect(series.at(59_999)).toBeNull()
    expect(series.at(60_000)).toEqual({ price: 1_100, stampUs: 20_000 })
    expect(series.at(289_999)).toEqual({ price: 1_300, stampUs: 130_000 })
    expect(series.at(9e9)).toEqual({ price: 1_200, stampUs: 100_000 })
  })

  test.skipIf(!hasRecordings)(
    `keeps the lag of a real venue${hasRecordings ? '' : ` (${NO_RECORDINGS})`}`,
    async () => {
      const rows = framesOf('OKX.ws.1.0').flatMap(({ receivedMs, text }) => {
        const { arg, data } = JSON.parse(text)
        if (arg?.channel !== 'trades' || data === undefined) return []
        return (data as { ts: string; px: string }[]).map(
          ({ ts, px }) => `okx,${ts},${Math.round(receivedMs * 1_000)},${px}`,
        )
      })
      const file = join(folder, 'okx.csv')
      writeFileSync(file, ['exchange,timestamp,local_timestamp,price', ...rows].join('\n'))
      const { venues } = await imported(file, 'okx.json', '--venues')
      const [{ localMs, exchangeMs, prices }] = venues
      expect(prices.length).toBeGreaterThan(20)
      const lags: readonly number[] = localMs.map((ms: number, at: number) => ms - exchangeMs[at])
      expect(Math.min(...lags)).toBeGreaterThan(80)
      expect(Math.max(...lags)).toBeLessThan(1_000)
    },
  )
})

describe('venues that follow a recording', () => {
  test('show what had arrived, so that a line that stands is an old price with an old time', () => {
    const result = run(scenario)
    expect(result.violations).toEqual([])
    expect(result.traceHash).toBe(run(scenario).traceHash)
    expect(result.unavailable.rounds).toBe(0)
    // With all four needed the value is gone for as long as summit is off the others or too old.
    const all = run(priced({ sourcesMin: 4 })).unavailable
    const [feed] = all.feeds
    expect(feed?.venues).toMatchObject({
      QUARANTINED: expect.any(Number),
      QUOTE_STALE: expect.any(Number),
    })
    // It is more than 2 % off soon after, and stands until the line goes on, in rounds of 500 ms.
    const standing = (GOES_ON_MS - STANDS_MS) / 500
    expect(all.rounds).toBeGreaterThan(standing * 0.7)
    expect(all.rounds).toBeLessThan(standing * 1.1)
  })

  test('have the lag that was recorded, and what a scenario gives on top of it', () => {
    const meanBps = (of: Scenario) => run(of).errorBps.meanBps ?? Number.NaN
    const { venues } = scenario.prices
    expect(venues.map(({ lagMs, noisePpm }) => [lagMs, noisePpm])).toEqual(venues.map(() => [0, 0]))
    const later = priced({ venues: venues.map((each) => ({ ...each, lagMs: 3_000 })) })
    expect(meanBps(later)).toBeGreaterThan(2 * meanBps(scenario))
    const dead = { type: 'dead', fromMs: 0, toMs: 200_000 }
    const few = priced({
      sourcesMin: 4,
      venues: venues.map((each, at) => (at === 0 ? { ...each, incidents: [dead] } : each)),
    })
    expect(run(few).unavailable.rounds).toBe(scenario.rounds)
  })

  test('are read from a file that a scenario is written to, and drawn in its report', () => {
    expect(checkScenario(scenario)).toEqual(scenario)
    expect(scenarioText(scenario)).toContain('path: harbour')
    const recorder = recorderOf(scenario)
    const recording = recordingOf(scenario)
    const watched = new Simulation(observed({ scenario, seed: 1, recording }, recorder))
    const page = pageOfRun({
      scenario,
      result: watched.run(),
      record: recorder.record(),
      recording,
    })
    const figure = figuresOf(page).find(({ id }) => id === 'venues')
    if (figure?.plot.type !== 'lines') throw new Error('the figure has lines')
    const summit = figure.plot.series.find(({ name }) => name === 'summit')?.points ?? []
    const at = (ms: number) => summit.find(({ x }) => x >= ms / 500)?.y ?? 0
    expect(at(90_000)).toBeGreaterThan(200)
    expect(Math.abs(at(50_000))).toBeLessThan(10)
    expect(Math.abs(at(110_000))).toBeLessThan(10)
  })

  test('need a recording that has them', () => {
    const model = { type: 'recorded', file: RECORDING }
    const with_ = (prices: object) => () =>
      recorded(
        checkScenario({
          name: 's',
          rounds: 10,
          committee: { members: 4 },
          prices: { sourcesMin: 1, ...prices },
        }),
        folder,
      )
    const venues = [{ name: 'x', path: 'harbor' }]
    expect(with_({ venues })).toThrow(
      'prices.venues.0.path: needs a recording: prices.model of type recorded',
    )
    expect(with_({ model, venues })).toThrow(
      'prices.venues.0.path: must be a venue of the recording: delta, harbour, meadow, summit',
    )
    const { venues: _, ...plain } = JSON.parse(readFileSync(RECORDING, 'utf8'))
    writeFileSync(join(folder, 'plain.json'), JSON.stringify(plain))
    expect(with_({ model: { type: 'recorded', file: 'plain.json' }, venues })).toThrow(
      'prices.venues.0.path: needs a recording of each venue: import-prices makes it with --venues',
    )
    expect(with_({ model: { type: 'recorded', file: 'plain.json' } })).not.toThrow()
  })

  test.each([
    [{ localMs: [5, 4], exchangeMs: [1, 2], prices: [1, 2] }, 'must have rising localMs'],
    [{ localMs: [5], exchangeMs: [1, 2], prices: [1] }, 'must have as many localMs'],
    [{ localMs: [5], exchangeMs: [1], prices: [0] }, 'venues.0.prices.0'],
  ])('refuse a recording with %j', (venue, message) => {
    const file = JSON.parse(readFileSync(RECORDING, 'utf8'))
    const path = join(folder, 'wrong.json')
    writeFileSync(path, JSON.stringify({ ...file, venues: [{ name: 'x', ...venue }] }))
    const model = { type: 'recorded', file: path }
    const wrong = { name: 's', rounds: 10, committee: { members: 4 }, prices: { model } }
    expect(() => recorded(checkScenario(wrong), folder)).toThrow(message)
  })
})

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { htmlOf } from '../../simulations/report/page.ts'
import type { Scenario } from '../../simulations/scenario/schema.ts'
import { printStudy } from '../../simulations/study/commands.ts'
import { studyOfConcentration } from '../../simulations/study/concentration.ts'
import { depegPart, depegScenarios } from '../../simulations/study/depeg.ts'
import type { FaultRow } from '../../simulations/study/fault-cases.ts'
import { studyOfFaults } from '../../simulations/study/faults.ts'
import { pageOfStudy } from '../../simulations/study/page.ts'
import { type CourseRow, priceCourse } from '../../simulations/study/price-course.ts'
import type { RunStudy, Study } from '../../simulations/study/study.ts'
import { perform } from '../../simulations/study/tasks.ts'
import { HAS_BROWSER } from '../support/browser.ts'
import { withoutUnit } from '../support/columns.ts'
import { withPage, wrongLabels } from './browser.ts'

type Conversion = Scenario['prices']['conversions'][number]
/** A run about a coin, as the study's data has it. */
type CoinRow = CourseRow & {
  readonly quoting: number
  readonly incident: string
  readonly policy: string
}

const ECONOMY = new URL('../../simulations/economics/worked-book.yaml', import.meta.url).pathname
const SHORT = { workers: 1, file: null, isShort: true }

describe('studies', () => {
  let folder = ''
  const never = new AbortController().signal
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'study-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('one command writes a page, every figure and every table', async () => {
    const out = join(folder, 'e')
    const economy = parse(readFileSync(ECONOMY, 'utf8'))
    const file = join(folder, 'economy.yaml')
    writeFileSync(file, stringify({ ...economy, surface: { ...economy.surface, f: [2] } }))
    const options = ['--out', out, '--format', 'parquet', '--json']
    const answer = await printStudy(['e', file, ...options], never)
    const { best, surface } = JSON.parse(answer.output)
    expect(best.way).toBe('members')
    const ids = ['profit-up', 'profit-down', 'surface-f2']
    const files = readdirSync(out)
    expect(files).toEqual(expect.arrayContaining([...ids.map((id) => `${id}.svg`), 'report.html']))
    if (HAS_BROWSER) {
      for (const id of ids) {
        const png = readFileSync(join(out, `${id}.png`))
        expect(png.subarray(1, 4).toString()).toBe('PNG')
        // Three times the 760 pixels of a figure.
        expect(png.readUInt32BE(16)).toBe(2_280)
      }
    }
    const table = await asyncBufferFromFile(join(out, 'surface.parquet'))
    const rows = await parquetReadObjects({ file: table })
    expect(rows.map((row) => row.netUsd)).toEqual(
      surface.map(({ netUsd }: { netUsd: number }) => netUsd),
    )
  })

  test('ours stands beside others in one world, and says where another is ahead', async () => {
    const study = await studied(studyOfFaults)
    const { data, findings, isHeld, method } = study
    const rows = data.rows as readonly FaultRow[]
    const of = (state: string, protocol: string) =>
      rows.find((row) => row.state === state && row.protocol === protocol)
    expect(rows).toHaveLength(30)
    expect(isHeld).toBe(true)
    const meanMs = (protocol: string) => of('alive', protocol)?.mean.meanMs ?? 0
    expect(meanMs('ours')).toBeGreaterThan(meanMs('raw-quorum'))
    expect(of('liars', 'single-signer')?.mostBps).toBeGreaterThan(99)
    expect(of('cut', 'ours')?.mean.lostShare).toBe(10 / 80)
    expect(method.join()).toContain('lead equally often: 80 with 4 members.')
    expect(study.tables.flatMap(({ table }) => withoutUnit(table))).toEqual([])
    expect(pageOfStudy(study, SHORT).title).toMatch(/ \(short run: not for publication\)$/)
    expect(pageOfStudy(study, { isShort: false }).title).toBe(study.title)
    const tail = findings.find((finding) => finding.includes('ahead of OCR2')) ?? ''
    const late = (protocol: string) => of('late', protocol)?.mean.p99Ms ?? 0
    const isBehind = late('ours') > late('ocr2')
    expect(tail.split('percentile')[1]?.includes('4 members, f late')).toBe(isBehind)
    // Of each figure there are two seeds, so every one has an interval.
    expect(rows.every(({ seeds }) => seeds === 2)).toBe(true)
    expect(of('alive', 'ours')?.half.meanMs).toBeGreaterThan(0)
    const bars = study.figures.find(({ id }) => id === 'latency-4')?.plot
    const shown = bars?.type === 'bars' ? bars.series.flatMap(({ bars: each }) => each) : []
    expect(shown.every((bar) => bar === null || Array.isArray(bar.whisker))).toBe(true)
    expect(shown.some((bar) => bar !== null)).toBe(true)
    // What gossip repeats is in the bytes of ours, and streams repeat nothing.
    expect(of('alive', 'ours')?.mean.wireOverlayBytesPerRound).toBeGreaterThan(0)
    expect(of('alive', 'ocr2')?.mean.wireOverlayBytesPerRound).toBe(0)
  })

  test('the part about a coin has its figures, and says what the guard is for', () => {
    const scenarios = depegScenarios(60)
    const answers = scenarios.map((scenario) =>
      [1, 2].map((seed) => perform({ type: 'whole', job: { scenario, seed } })),
    )
    const { figures, tables, findings, data } = depegPart(answers, scenarios)
    const rows = data.coins as readonly CoinRow[]
    const of = (quoting: number, incident: string) => {
      const found = (policy: string) => {
        const row = rows.find(
          (each) =>
            each.quoting === quoting && each.incident === incident && each.policy === policy,
        )
        if (row === undefined) throw new Error(`no run of ${policy}`)
        return row
      }
      const [dollar, converted] = [found('taken for a dollar'), found('converted')]
      return { dollar, converted, guarded: found('within 5 % of par') }
    }
    const fall = of(3, 'coin falls by 12 %')
    expect(fall.converted.maxBps).toBeLessThan(10)
    expect(fall.guarded.mean.availableShare).toBeLessThan(0.2)
    expect(fall.dollar.maxBps).toBeGreaterThan(1_000)
    const shares = [fall.converted, fall.dollar].map(({ mean }) => mean.availableShare)
    expect(shares).toEqual([1, 1])
    for (const incident of ['coin falls by 1 %', 'coin falls by 4 %']) {
      const { converted, guarded, dollar } = of(3, incident)
      expect(guarded.mean.meanBps).toBe(converted.mean.meanBps)
      expect(converted.mean.meanBps).toBeLessThan((dollar.mean.meanBps ?? 0) / 50)
      expect(converted.half.meanBps).toBeGreaterThan(0)
    }
    // What the guard is for; and while two of five quote in the coin nothing of all this shows.
    const lied = of(3, 'its market false by 12 %')
    expect(lied.guarded.mean.meanBps).toBeLessThan((lied.converted.mean.meanBps ?? 0) / 50)
    for (const row of rows.filter(({ quoting }) => quoting === 2)) {
      expect(row.mean.meanBps).toBeLessThan(2)
      expect(row.mean.availableShare).toBe(1)
    }
    expect(figures.map(({ id }) => id)).toEqual(['coin-distance', 'coin-absence'])
    for (const { plot } of figures) {
      const cells = plot.type === 'heat' ? plot.cells.flat() : []
      expect(cells).toHaveLength(rows.length)
      expect(cells).not.toContain(null)
    }
    expect(tables[0]?.table.rows).toHaveLength(rows.length)
    expect(tables.flatMap(({ table }) => withoutUnit(table))).toEqual([])
    expect(findings.length).toBeGreaterThan(0)
  })

  test('a coin that falls costs least converted, then with a guard, most as a dollar', () => {
    // Three of five venues quote in it, and it falls by 12 %: as long as the guide has it.
    const scenarios = depegScenarios(240).filter(({ prices }) => {
      const quoting = prices.venues.filter(({ quote }) => quote === 'USDT').length
      return quoting === 3 && prices.conversions[0]?.depeg?.depthBps === 1_200
    })
    const course = (policy: (conversion: Conversion) => boolean) => {
      const scenario = scenarios.find(({ prices }) => prices.conversions.some(policy))
      if (scenario === undefined) throw new Error('no run of this policy')
      const answer = perform({ type: 'whole', job: { scenario, seed: 1 } })
      if (answer.type !== 'whole') throw new Error('a task was answered by another')
      return priceCourse(answer.result, scenario)
    }
    const dollar = course(({ use }) => use === 'par')
    const converted = course(({ use, peg }) => use === 'market' && peg === undefined)
    const guarded = course(({ peg }) => peg !== undefined)
    const shown = [converted, guarded, dollar].map(({ meanBps }) => meanBps?.toFixed(2))
    expect(shown).toEqual(['0.64', '0.73', '1273.46'])
    expect([converted, guarded, dollar].map((each) => each.availableShare.toFixed(2))).toEqual([
      '1.00',
      '0.06',
      '1.00',
    ])
  })

  test('a signal stops one, and nothing is written', async () => {
    const out = join(folder, 'stopped')
    const answer = await printStudy(['d', '--out', out], AbortSignal.abort())
    expect(answer.output).toContain('stopped')
    expect(existsSync(out)).toBe(false)
  })

  test('a wrong command line is refused', async () => {
    for (const args of [[], ['g'], ['a', 'file'], ['e', '--format', 'xlsx']]) {
      await expect(printStudy(args, never)).rejects.toThrow(RangeError)
    }
  })

  test.skipIf(!HAS_BROWSER)(
    'no label overlaps another or leaves its figure (needs /usr/bin/chromium)',
    async () => {
      const path = join(folder, 'page.html')
      writeFileSync(path, htmlOf(pageOfStudy(await studied(studyOfConcentration), SHORT), ORIGIN))
      const troubles = await withPage(path, async (page) => {
        expect(await page.locator('.drawing > svg').count()).toBe(4)
        expect(await wrongLabels(page)).toEqual([])
        const outage = page.locator('[data-figure="region-outage"]')
        await outage.locator('.drawing > svg').hover()
        expect(await outage.locator('.tip').textContent()).toMatch(/^time \(s\): [\d.]+\nfast: \d/)
        await outage.locator('[data-legend="0"]').click()
        await outage.locator('.drawing > svg').hover()
        expect(await outage.locator('.tip').textContent()).not.toContain('fast')
      })
      expect(troubles).toEqual([])
    },
  )

  async function studied(run: RunStudy): Promise<Study> {
    const study = await run({ ...SHORT, signal: never })
    if (study === null) throw new Error('nobody stopped it')
    return study
  }
})

const ORIGIN = { commit: 'c'.repeat(40), command: 'study d' }

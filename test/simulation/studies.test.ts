import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { htmlOf } from '../../simulations/report/page.ts'
import { printStudy } from '../../simulations/study/commands.ts'
import { studyOfConcentration } from '../../simulations/study/concentration.ts'
import type { FaultRow } from '../../simulations/study/fault-cases.ts'
import { studyOfFaults } from '../../simulations/study/faults.ts'
import { pageOfStudy } from '../../simulations/study/page.ts'
import type { RunStudy, Study } from '../../simulations/study/study.ts'
import { HAS_BROWSER, withPage, wrongLabels } from './browser.ts'

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
    const { data, findings, isHeld } = await studied(studyOfFaults)
    const rows = data.rows as readonly FaultRow[]
    const of = (state: string, protocol: string) =>
      rows.find((row) => row.state === state && row.protocol === protocol)
    expect(rows).toHaveLength(30)
    expect(isHeld).toBe(true)
    expect(of('alive', 'ours')?.meanMs).toBeGreaterThan(of('alive', 'raw-quorum')?.meanMs ?? 0)
    expect(of('liars', 'single-signer')?.errorMaxBps).toBeGreaterThan(99)
    expect(of('cut', 'ours')?.lost).toBe(2 / 16)
    const tail = findings.find((finding) => finding.includes('ahead of ocr2')) ?? ''
    const isBehind = (of('late', 'ours')?.p99Ms ?? 0) > (of('late', 'ocr2')?.p99Ms ?? 0)
    expect(tail.split('percentile')[1]?.includes('4 members late')).toBe(isBehind)
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
      writeFileSync(path, htmlOf(pageOfStudy(await studied(studyOfConcentration)), ORIGIN))
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

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { htmlOf, tablesOf } from '../../simulations/report/page.ts'
import { pageOfRun } from '../../simulations/report/run/page.ts'
import { writeReport } from '../../simulations/report/write-report.ts'
import { createRun, recorderOf } from '../../simulations/run/run.ts'
import { checkScenario, parseScenario } from '../../simulations/scenario/load.ts'
import { HAS_BROWSER } from '../support/browser.ts'
import { withoutUnit } from '../support/columns.ts'
import { withPage, wrongLabels } from './browser.ts'

const ORIGIN = { commit: 'c'.repeat(40), command: 'simulate x' }

/** A run of a scenario, with all that its report shows. */
function shown(scenario: Readonly<Record<string, unknown>>) {
  const checked = checkScenario({
    name: 'test',
    committee: { members: 4 },
    rounds: 60,
    ...scenario,
  })
  const recorder = recorderOf(checked)
  const result = createRun({ scenario: checked, seed: 1, recorder }).run()
  return { scenario: checked, result, record: recorder.record() }
}

const ATTACKED = {
  about: 'a </script> & "more"',
  adversaries: [{ strategy: 'mute', members: [3] }],
}
/** Crashes, a cut, a clock and venues, in a committee of many. */
const STORM = {
  rounds: 80,
  committee: { members: 31, timing: 'worldwide' },
  network: {
    latency: { type: 'lognormal', medianMs: 40, sigma: 0.6 },
    cuts: [{ fromMs: 20_000, toMs: 30_000, senders: [0, 1, 2, 3, 4, 5], receivers: [9, 10, 11] }],
  },
  faults: [
    { type: 'crash', members: [4, 7], atMs: 40_000, restartMs: 48_000 },
    { type: 'clockShift', members: [8], atMs: 50_000, byMs: 700 },
  ],
  adversaries: [
    { strategy: 'withhold-share', members: [28, 29, 30] },
    { strategy: 'late', members: [27] },
  ],
  stopAtViolation: false,
}

/** A chain with every kind of fault that a figure names. */
const ON_CHAIN = {
  rounds: 120,
  chain: {
    heartbeatMs: 20_000,
    faults: [
      { type: 'reorg', atMs: 24_500, depth: 2 },
      { type: 'feeSpike', fromMs: 30_000, toMs: 40_000, factor: 20 },
      { type: 'rpcLying', about: 'newer', fromMs: 0, toMs: 9_000, members: [0], endpoints: [1] },
      { type: 'transmitters', how: 'stale', fromMs: 9_000, toMs: 20_000, members: [3] },
    ],
  },
}

describe('a run that is watched', () => {
  test('is the same run, of ours and of others', () => {
    for (const scenario of [ATTACKED, STORM, ON_CHAIN, { protocol: 'ocr2', rounds: 20 }]) {
      const { scenario: checked, result } = shown(scenario)
      expect(createRun({ scenario: checked, seed: 1 }).run()).toEqual(result)
    }
  })

  test('shows members that say nothing, that are down, and that sign', () => {
    const { record } = shown({
      ...ATTACKED,
      committee: { members: 7 },
      adversaries: [{ strategy: 'mute', members: [3] }],
      faults: [{ type: 'crash', members: [6], atMs: 10_000, restartMs: 15_000 }],
    })
    const sum = (member: number, part: number) =>
      record.bins.reduce((total, { counts }) => total + (counts[member * 5 + part] ?? 0), 0)
    const [signed, absent, down] = [0, 3, 4]
    expect(sum(3, absent)).toBe(60)
    // Ten rounds of half a second, and the start, in whose rounds it is silent.
    expect(sum(6, down)).toBe(10)
    expect(sum(0, signed)).toBeGreaterThan(50)
  })

  test('measures links as the network has them', () => {
    // Long enough for S8 to tell what happened once more to a machine beside the world.
    const { record } = shown({ rounds: 300, network: { latency: { type: 'constant', ms: 7 } } })
    const { links, sent } = record.links
    for (const [from, to] of [[0, 1] as const, [1, 0] as const]) {
      expect(links[from]?.[to]).toEqual({ count: sent[from], meanMs: 7, maxMs: 7 })
    }
    const others = shown({ network: { latency: { type: 'constant', ms: 7 } }, protocol: 'ocr2' })
    expect(others.record.links.links[0]?.[1]).toMatchObject({ meanMs: 7, maxMs: 7 })
  })
})

describe('the report of a run', () => {
  let folder = ''
  const file = (name: string) => join(folder, name)
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('holds its scenario, which outlives the file that it was made of', () => {
    const run = shown({ ...STORM, rounds: 20 })
    const [, text = ''] = /<pre>(name: [^<]*)<\/pre>/.exec(htmlOf(pageOfRun(run), ORIGIN)) ?? []
    const plain = text.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
    expect(parseScenario(plain)).toEqual({ ...run.scenario, seed: run.result.seed })
  })

  test('no text of a scenario can end an element', () => {
    const run = shown(ATTACKED)
    const scenario = { ...run.scenario, about: ATTACKED.about }
    const html = htmlOf(pageOfRun({ ...run, scenario }), ORIGIN)
    expect(html).toContain('a &lt;/script&gt; &amp; &quot;more&quot;')
    const page = pageOfRun({ ...run, result: { ...run.result, scenario: '</script><b>' } })
    expect(htmlOf(page, ORIGIN)).not.toContain('</script><b>')
  })

  test('stays small, however long the run', () => {
    const { scenario, result, record } = shown({ rounds: 3_000 })
    const html = htmlOf(pageOfRun({ scenario, result, record }), ORIGIN)
    expect(result.timeline.length).toBeLessThanOrEqual(1_024)
    expect(html.length).toBeLessThan(1_500_000)
  })

  test('of a run that was stopped before its first round says that there is nothing', () => {
    const scenario = checkScenario({ name: 'test', committee: { members: 4 }, rounds: 5 })
    const recorder = recorderOf(scenario)
    const result = createRun({ scenario, seed: 1, recorder }).result()
    const html = htmlOf(pageOfRun({ scenario, result, record: recorder.record() }), ORIGIN)
    expect(html).toContain('stopped before its end')
    expect(html.split('<script')[0]).not.toMatch(/NaN|Infinity|undefined|null ms/)
  })

  test('names every quantity in its tables with its unit', () => {
    const pushed = new URL('../../simulations/scenarios/pushed-venues.yaml', import.meta.url)
    const attacked: Record<string, unknown> = parse(readFileSync(pushed, 'utf8'))
    for (const scenario of [ATTACKED, ON_CHAIN, attacked]) {
      for (const { table } of tablesOf(pageOfRun(shown(scenario)))) {
        expect(withoutUnit(table)).toEqual([])
      }
    }
  })

  test('a folder has the page, every figure, every table', async () => {
    const out = file('folder')
    await writeReport(out, pageOfRun(shown(ATTACKED)), { ...ORIGIN, format: 'csv' })
    const files = readdirSync(out)
    const figures = ['paths', 'faults', 'latency-rounds', 'latency', 'price', 'members', 'links']
    expect(files).toEqual(expect.arrayContaining(['report.html', 'timeline.csv', 'members.csv']))
    for (const id of figures) {
      expect(readFileSync(join(out, `${id}.svg`), 'utf8')).toContain('<desc>simulate x (commit cc')
      expect(existsSync(join(out, `${id}.png`))).toBe(HAS_BROWSER)
    }
  })

  test.skipIf(!HAS_BROWSER)(
    'shows values at the pointer, hides, jumps and saves (needs /usr/bin/chromium)',
    async () => {
      const path = file('report.html')
      const run = shown({ ...ATTACKED, committee: { members: 4 } })
      // Any violation will do: what it shows is where it was.
      const violations = [{ rule: 'L2', round: 9, nowUs: 0, message: 'for the test' } as const]
      const result = { ...run.result, violations, violationCount: 1 }
      writeFileSync(path, htmlOf(pageOfRun({ ...run, result }), ORIGIN))
      const troubles = await withPage(path, async (page) => {
        expect(await wrongLabels(page)).toEqual([])
        const left = (id: string) =>
          page.locator(`[data-figure="${id}"] [data-area]`).first().getAttribute('data-area')
        const lefts = ['paths', 'faults', 'latency-rounds', 'price', 'price-error', 'members'].map(
          async (id) => (await left(id))?.split(' ').slice(0, 2).join(' '),
        )
        expect(new Set(await Promise.all(lefts)).size).toBe(1)
        expect(await hovered(page, 'paths')).toMatch(/^round: \d+\n/)
        expect(await hovered(page, 'latency-rounds')).toMatch(
          /^round: \d+\nfirst honest member: \d/,
        )
        expect(await hovered(page, 'latency')).toContain('each honest member: ')
        expect(await hovered(page, 'price')).toMatch(/observed by honest members: [\d.]+ to [\d.]+/)
        expect(await hovered(page, 'faults')).toContain('mute by 3')
        expect(await hovered(page, 'members')).toMatch(
          /^round: \d+, member 1\nrounds 4 to 63\ncounted and signed$/,
        )
        await jump(page)
        await save(page)
      })
      expect(troubles).toEqual([])
    },
  )

  test.skipIf(!HAS_BROWSER)(
    'keeps its letters legible on a telephone (needs /usr/bin/chromium)',
    async () => {
      const path = file('telephone.html')
      writeFileSync(path, htmlOf(pageOfRun(shown(ATTACKED)), ORIGIN))
      const troubles = await withPage(path, async (page) => {
        await page.setViewportSize({ width: 390, height: 844 })
        const [seen, whole] = await page.evaluate(() => {
          const { clientWidth, scrollWidth } = document.documentElement
          return [clientWidth, scrollWidth]
        })
        expect(whole).toBe(seen)
        const heights = await page
          .locator('.drawing text')
          .evaluateAll((labels) => labels.map((label) => label.getBoundingClientRect().height))
        // An upright label is measured along its text, and is longer still.
        expect(Math.min(...heights)).toBeGreaterThan(9)
        const view = page.locator('[data-figure="price"] .view')
        await view.evaluate((each) => each.scrollTo(each.scrollWidth, 0))
        expect(await hovered(page, 'price')).toMatch(/^round: \d+\n/)
        const edges = await view.evaluate((each) =>
          [each, each.querySelector('.tip')].map((one) => one?.getBoundingClientRect().left ?? 0),
        )
        expect(edges[1]).toBeGreaterThanOrEqual(edges[0] ?? 0)
      })
      expect(troubles).toEqual([])
    },
  )

  test.skipIf(!HAS_BROWSER).each([
    ['a storm over 31 members', STORM],
    ['a chain with faults', ON_CHAIN],
    ['another protocol', { protocol: 'ocr2', committee: { members: 4 }, rounds: 30 }],
    ['more faulty than f', { ...ATTACKED, adversaries: [{ strategy: 'mute', members: [2, 3] }] }],
    ['a run of many rounds', { rounds: 1_200 }],
  ])('no label overlaps another: %s (needs /usr/bin/chromium)', async (_name, scenario) => {
    const path = file('labels.html')
    writeFileSync(path, htmlOf(pageOfRun(shown(scenario)), ORIGIN))
    const troubles = await withPage(path, async (page) => {
      expect(await wrongLabels(page)).toEqual([])
    })
    expect(troubles).toEqual([])
  })
})

/** What a figure says where the pointer is in its middle. */
async function hovered(page: Page, id: string): Promise<string> {
  const figure = page.locator(`[data-figure="${id}"]`)
  await figure.locator('.drawing > svg').hover()
  return (await figure.locator('.tip').textContent()) ?? ''
}

async function jump(page: Page): Promise<void> {
  const marks = page.locator('[data-figure="paths"] .jumped')
  const area = page.locator('[data-figure="paths"] [data-area]')
  expect(await marks.count()).toBe(0)
  await page.locator('[data-jump="9"]').click()
  expect(await marks.count()).toBe(1)
  const [left, right] = ((await area.getAttribute('data-area')) ?? '').split(' ').map(Number)
  // The sixth of sixty rounds, in its middle.
  const x = (left as number) + (5.5 / 60) * ((right as number) - (left as number))
  expect(Number(await marks.getAttribute('x1'))).toBeCloseTo(x, 3)
}

async function save(page: Page): Promise<void> {
  const figure = page.locator('[data-figure="latency"]')
  const saved = async (button: string) => {
    const download = page.waitForEvent('download')
    await figure.locator(`[data-save="${button}"]`).click()
    return readFileSync(await (await download).path())
  }
  const whole = (await saved('svg')).toString()
  expect(whole).toContain('each honest member')
  expect(whole).not.toContain('class="pointer"')
  const png = await saved('png')
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  // Three times the 760 pixels of a figure.
  expect(png.readUInt32BE(16)).toBe(2_280)
  await figure.locator('[data-legend="1"]').click()
  expect((await saved('svg')).toString()).not.toContain('data-series="1"')
}

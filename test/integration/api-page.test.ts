import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMetrics } from '../../node/api/metrics.ts'
import { ApiServer } from '../../node/api/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { HAS_BROWSER, openBrowser, type TestBrowser } from '../support/browser.ts'
import { certifier } from '../support/certificates.ts'
import { FakeView } from '../unit/node/api/fake-view.ts'

let view: FakeView
let server: ApiServer
let browser: TestBrowser
let page: Page
let foreign: string[]
let complaints: string[]

beforeAll(async () => {
  if (!HAS_BROWSER) return
  browser = await openBrowser({ width: 1_280, height: 1_150 })
})

afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
})

beforeEach(async () => {
  if (!HAS_BROWSER) return
  view = new FakeView()
  const limits = {
    requestsPerMinuteMax: 10_000,
    connectionsMax: 64,
    connectionsPerAddressMax: 64,
    streamReadersMax: 0,
  }
  server = new ApiServer(
    { host: '127.0.0.1', port: 0, ...limits },
    {
      context: certifier().context,
      history: null,
      certificates: new Shelf({ certificatesMax: 1 }),
      epoch: () => 1,
      view,
      metrics: createMetrics(),
      clock: { nowMs: () => Date.now() },
      log: SILENT_LOG,
    },
  )
  await server.start()
  foreign = []
  complaints = []
  page = await browser.context.newPage()
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${server.address}/`) && !url.startsWith('data:')) foreign.push(url)
  })
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
})

afterEach(async () => {
  if (!HAS_BROWSER) return
  await page.close()
  await server.stop()
})

async function open(): Promise<void> {
  await page.goto(`${server.address}/`)
  await page.getByRole('status').filter({ hasText: 'live' }).waitFor()
}

describe.skipIf(!HAS_BROWSER)('status page', () => {
  test('shows rounds, feeds, members, sources and deliveries', async () => {
    await open()
    expect(await page.title()).toBe('Parallax · local · alpha')
    expect(await page.locator('#round').textContent()).toBe('123,456')
    expect(await page.locator('#certified').textContent()).toBe('99.1 %')
    expect(await page.locator('#members').textContent()).toBe('2 of 3')
    const bitcoin = page.locator('#feeds tbody tr').first()
    expect(await bitcoin.locator('td').allTextContents()).toEqual([
      'BTC/USD',
      '64,123.51',
      '2.75',
      '3',
      '0.6 s',
      '64,123.51',
      '3',
      '64,123.51',
      '',
    ])
    expect(await page.locator('#rounds i').count()).toBe(120)
    expect(await page.locator('#rounds i.skipped').count()).toBe(3)
    expect(await page.locator('#peers tbody tr').nth(3).textContent()).toContain('not connected')
    const measured = (member: number) =>
      page.locator('#peers tbody tr').nth(member).locator('td').allTextContents()
    expect((await measured(1)).slice(6)).toEqual(['0.0 %', '8 · 19 ms', '−6 ms', '0.0 %', '97.9 %'])
    expect((await measured(2)).slice(6)).toEqual([
      ...['0.0 %', '141 · 389 ms', '−120 ms', '32.7 %', '0.4 %'],
    ])
    expect((await measured(3)).slice(6)).toEqual(['100.0 %', '–', '–', '0.0 %', '0.4 %'])
    expect(await page.locator('#peers td.bad').allTextContents()).toEqual([
      '97.9 %',
      'not connected',
    ])
    expect(await page.locator('#measured').textContent()).toBe('measured over 512 rounds')
    const sources = page.locator('#sources tbody tr')
    expect(await sources.filter({ hasText: 'kraken' }).textContent()).toContain('VENUE_SILENT')
    expect(await sources.filter({ hasText: 'kraken' }).textContent()).toContain(
      'poll, SOURCE_STREAM_SILENT',
    )
    expect(await sources.filter({ hasText: 'binance' }).textContent()).toContain('stream, 12,345')
    expect(await sources.filter({ hasText: 'okx' }).textContent()).toContain('QUARANTINED')
    const chains = await page.locator('#chains').textContent()
    expect(chains).toContain('RPC_HEAD_AHEAD')
    expect(chains).toContain('WEB3SIGNER_TIMEOUT')
    expect(chains).toContain('TRANSMIT_REVERTED: RoundNotNewer')
    const shot = process.env.PARALLAX_SCREENSHOT
    if (shot !== undefined) await page.screenshot({ path: shot })
  })

  test('shows evidence when there is some, and where its proof is', async () => {
    await open()
    const evidence = page.locator('#evidence')
    expect(await evidence.isVisible()).toBe(false)
    view.convicted = [3]
    await evidence.waitFor({ state: 'visible' })
    const words = 'Member 3: two observations in round 123,447'
    expect(await evidence.locator('li').allTextContents()).toEqual([words])
    const href = await evidence.getByRole('link').getAttribute('href')
    const proof = await fetch(`${server.address}${href}`)
    expect(await proof.json()).toMatchObject({ evidence: [{ accused: 3 }] })
    expect(complaints).toEqual([])
  })

  test('loads nothing from elsewhere and breaks none of its own rules', async () => {
    await open()
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
  })

  test('says where a venue is asked when it is not where it is preferred', async () => {
    const passedOver = [{ host: 'one.example', code: 'SOURCE_REGION_BLOCKED' }]
    view.krakenHosts = { host: 'two.example', passedOver }
    await open()
    const kraken = page.locator('#sources tbody tr').filter({ hasText: 'kraken' })
    expect(await kraken.textContent()).toContain(
      'poll two.example, not one.example SOURCE_REGION_BLOCKED',
    )
  })

  test('names from outside are text, never markup', async () => {
    view.nodeName = '<img src=x onerror="document.title=1">'
    await open()
    expect(await page.locator('#about').textContent()).toContain('<img src=x')
    expect(await page.locator('#about img').count()).toBe(0)
  })

  test('says why the node is not ready', async () => {
    view.reasons = ['PEERS_TOO_FEW', 'CLOCK_BEHIND']
    await open()
    const notice = page.locator('#obstacles')
    expect(await notice.isVisible()).toBe(true)
    expect(await notice.textContent()).toBe('Not ready: PEERS_TOO_FEW, CLOCK_BEHIND')
  })

  test('follows what changes without being loaded again', async () => {
    await open()
    const status = view.status()
    view.status = () => ({ ...status, round: 123_457 })
    await page.locator('#round').filter({ hasText: '123,457' }).waitFor()
    expect(await page.locator('#feeds .spark polyline').count()).toBe(3)
  })

  test('says so when the node no longer answers', async () => {
    await open()
    await server.stop()
    await page.getByRole('status').filter({ hasText: 'no answer' }).waitFor()
  })

  test('fits a narrow window without scrolling sideways', async () => {
    await page.setViewportSize({ width: 420, height: 900 })
    await open()
    const overflow = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement
      return scrollWidth - clientWidth
    })
    await page.setViewportSize({ width: 1_280, height: 1_150 })
    expect(overflow).toBeLessThanOrEqual(0)
  })
})

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type Address, bytesToHex, encodeDeployData } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { perpetualMarkAbi, perpetualMarkBytecode } from '../../contracts/abi/perpetual-mark.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { deploy } from '../../contracts/deploy/apply.ts'
import { deployParametersOf } from '../../contracts/deploy/parameters.ts'
import { ParallaxClient } from '../../node/client/client.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { HAS_BROWSER, openBrowser, type TestBrowser } from '../support/browser.ts'
import { installClient } from '../support/built-client.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import type { follow, Read, read } from '../support/client-page.ts'
import { BTC } from '../support/committee.ts'
import { CHAIN_START_MS, startChain, type TestChain } from '../support/contracts/chain.ts'
import {
  bomb,
  drip,
  type Impostor,
  pour,
  startImpostor,
  startTestGateway,
  type TestGateway,
} from '../support/gateways.ts'
import { namedBlocks } from '../support/guide.ts'
import { bundleForWeb } from '../support/web-bundle.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const GENESIS_MS = CHAIN_START_MS - 60_000
/** Opens half a minute after the chain's first block. */
const ROUND = 180
const NOW_MS = GENESIS_MS + ROUND * 500 + 800
/** So long that a busy machine turns no other fault into a timeout. */
const PATIENT_MS = 60_000
const FEEDS = [{ ...BTC, name: 'ETH/USD' }, ...feedsNamed(2)]
const committee = certifier({ feeds: FEEDS, genesisMs: GENESIS_MS })
const certificate = committee.certify(ROUND, valuesAt(ROUND, FEEDS.length))
const file = formatCommittee(committee.file)
const CHAIN = {
  id: 31_337,
  name: 'local',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [] } },
}
/** Lets the page load its own module and reach other places by `fetch`, and evaluate nothing. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src http:"

/** What the page offers under `globalThis.client`. */
interface Offered {
  readonly read: typeof read
  readonly follow: typeof follow
  /** Of the guide; bigints do not cross over, so the test's own call wraps it. */
  readonly open: (
    settings: Readonly<Record<string, unknown>>,
    traded: bigint,
  ) => Promise<{ readonly bytes: string; readonly mark: bigint; readonly hash: `0x${string}` }>
}

type PageGlobal = typeof globalThis & {
  readonly client: Offered
  readonly wallet: (call: unknown) => Promise<unknown>
}

const PAGE = [
  "import * as guide from './frontend.ts'",
  "import * as page from './client-page.ts'",
  'Object.assign(globalThis, { client: { ...guide, ...page } })',
].join('\n')
const HTML =
  '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'

let folder: string
let site: Impostor
let browser: TestBrowser
let gateway: TestGateway
let page: Page
let complaints: string[]

beforeAll(async () => {
  if (!HAS_BROWSER) return
  folder = mkdtempSync(join(tmpdir(), 'parallax-web-'))
  installClient(folder)
  const guide = readFileSync(join(ROOT, 'docs/guides/protocol.md'), 'utf8')
  writeFileSync(join(folder, 'frontend.ts'), namedBlocks(guide)['frontend.ts'] ?? '')
  cpSync(join(ROOT, 'test/support/client-page.ts'), join(folder, 'client-page.ts'))
  writeFileSync(join(folder, 'page.ts'), PAGE)
  const { code } = await bundleForWeb({ folder, file: 'page.ts' }, [join(ROOT, 'node_modules')])
  site = await startImpostor((request, answer) => {
    const isScript = request.url === '/page.js'
    answer.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    answer.setHeader('content-security-policy', POLICY)
    answer.end(isScript ? code : HTML)
  })
  browser = await openBrowser()
})

afterAll(async () => {
  if (!HAS_BROWSER) return
  await browser.close()
  site.stop()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  if (!HAS_BROWSER) return
  gateway = await startTestGateway(committee.context, () => NOW_MS)
  gateway.shelf.add(certificate)
  page = await browser.context.newPage()
  complaints = []
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.clock.setFixedTime(NOW_MS)
  await page.goto(site.url)
})

afterEach(async () => {
  if (!HAS_BROWSER) return
  await page.close()
  await gateway.stop()
})

/** Reads the newest report in the page, from another origin than its own. */
function readInPage(url: string, timeoutMs = PATIENT_MS): Promise<Read> {
  const asked = { url, file, timeoutMs }
  return page.evaluate((given) => (globalThis as PageGlobal).client.read(given), asked)
}

describe.skipIf(!HAS_BROWSER)('the client in a browser', () => {
  test('verifies a report from another origin, and makes the bytes that Node makes', async () => {
    const read = await readInPage(gateway.url)
    const inNode = new ParallaxClient({
      url: gateway.url,
      committee: committee.file,
      nowMs: () => NOW_MS,
    })
    const report = await inNode.latest(['ETH/USD', 'F1/USD'], { ageMsMax: 5_000 })
    expect(read).toEqual({
      calldata: report.calldata,
      bytes: bytesToHex(inNode.bytesOf(report, ['ETH/USD'])),
      value: '180000',
    })
    expect(complaints).toEqual([])
  })

  test('follows a stream until it has seen enough', async () => {
    const asked = { url: gateway.url, file, timeoutMs: PATIENT_MS }
    const followed = page.evaluate(
      (asked) => (globalThis as PageGlobal).client.follow(asked),
      asked,
    )
    await page.waitForFunction((round) => document.title === round, `${ROUND}`)
    gateway.shelf.add(committee.certify(ROUND + 1, valuesAt(ROUND + 1, FEEDS.length)))
    expect(await followed).toEqual([ROUND, ROUND + 1])
  })

  test.each<[string, (honest: string) => string, string]>([
    ['a price that nobody signed', forgedIn, 'CERTIFICATE_FORGED'],
    [
      'another price beside the certificate',
      (honest) => honest.replaceAll('"0.00180000"', '"9999.00180000"'),
      'GATEWAY_CONTRADICTS',
    ],
    ['a page', () => '<html>', 'GATEWAY_ANSWER_INVALID'],
  ])('refuses %s', async (_, change, code) => {
    const asked = `${gateway.url}/v1/certificates/latest?feeds=0,2`
    const changed = change(await (await fetch(asked)).text())
    const impostor = await startImpostor((_, answer) => {
      answer.setHeader('access-control-allow-origin', '*')
      answer.end(changed)
    })
    expect(await readInPage(impostor.url)).toEqual({ code })
    impostor.stop()
  })

  test.each<[string, Parameters<typeof startImpostor>[0], string]>([
    ['a byte now and then', (_, answer) => drip(answer, ' '), 'GATEWAY_UNREACHABLE'],
    ['an answer without end', (_, answer) => pour(answer), 'GATEWAY_ANSWER_INVALID'],
    ['a few bytes that unpack to many', (_, answer) => bomb(answer), 'GATEWAY_ANSWER_INVALID'],
    [
      'a redirect',
      (_, answer) => void answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'GATEWAY_REFUSED',
    ],
  ])('ends in a code, as in Node, when it is given %s', async (_, listener, code) => {
    const impostor = await startImpostor((request, answer) => {
      answer.setHeader('access-control-allow-origin', '*')
      listener(request, answer)
    })
    const timeoutMs = code === 'GATEWAY_UNREACHABLE' ? 1_000 : PATIENT_MS
    expect(await readInPage(impostor.url, timeoutMs)).toEqual({ code })
    impostor.stop()
  })
})

/** The lowest byte of the first value, behind 63 bytes of header, is another one. */
function forgedIn(honest: string): string {
  const answer = JSON.parse(honest)
  const at = 2 * 71 - 1
  const { certificate: text } = answer
  const digit = text[at] === '0' ? '1' : '0'
  return JSON.stringify({ ...answer, certificate: text.slice(0, at) + digit + text.slice(at + 1) })
}

describe.skipIf(!HAS_BROWSER)('the frontend of the guide', () => {
  let chain: TestChain
  let market: Address

  beforeAll(async () => {
    chain = await startChain()
    const { params, digest, groupKey } = committee.context.committee
    const parameters = deployParametersOf(
      { params, digest, groupKey: groupKey.publicKey },
      { historyFeeds: 0, reportAgeMsMax: 60_000, futureMsMax: 2_000, consumerAgeSecondsMax: null },
    )
    const { deployment } = await deploy(chain, parameters)
    const hash = await chain.writer.sendTransaction({
      account: chain.account,
      chain: null,
      data: encodeDeployData({
        abi: perpetualMarkAbi,
        bytecode: perpetualMarkBytecode,
        args: [deployment.hub, 0n, 3],
      }),
    })
    const receipt = await chain.reader.waitForTransactionReceipt({ hash })
    market = receipt.contractAddress as Address
    await chain.at(NOW_MS + 1_000)
    await chain.mine()
  })

  afterAll(() => chain.close())

  test('fetches, verifies, simulates and sends, and the market marks at that price', async () => {
    const request = chain.reader.request as (call: unknown) => Promise<unknown>
    // A wallet whose user agrees to everything.
    await page.exposeFunction('wallet', (call: { readonly method: string }) =>
      request(call.method === 'eth_requestAccounts' ? { method: 'eth_accounts' } : call),
    )
    const opened = await page.evaluate(openInPage, {
      gateway: gateway.url,
      committee: JSON.parse(file),
      market,
      chain: CHAIN,
    })
    expect(opened.mark).toBe('180900')
    const receipt = await chain.reader.waitForTransactionReceipt({ hash: opened.hash })
    expect(receipt.status).toBe('success')
    const hub = await chain.reader.readContract({
      address: market,
      abi: perpetualMarkAbi,
      functionName: 'HUB',
    })
    const held = await chain.reader.readContract({
      address: hub,
      abi: priceFeedsAbi,
      functionName: 'latest',
      args: [0n],
    })
    expect(held).toMatchObject({ value: 180_000n, round: ROUND })
    expect(complaints).toEqual([])
  })
})

/** Runs in the browser. The market trades above its band, which ends half a percent off. */
async function openInPage(settings: Readonly<Record<string, unknown>>) {
  const { client, wallet } = globalThis as PageGlobal
  const provider = { request: wallet }
  const all = { ...settings, wallet: provider }
  const { mark, hash } = await client.open(all, 190_000n)
  return { mark: `${mark}`, hash }
}

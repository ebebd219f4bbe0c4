import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, createPublicClient, type Hex, http, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import type { Deployment } from '../../contracts/deploy/apply.ts'
import { SettleSender } from '../../node/cli/settle-sender.ts'
import { dueBySchedule, watchExpiries } from '../../node/cli/settle-watch.ts'
import { ParallaxClient } from '../../node/client/client.ts'
import type { Brought } from '../../node/client/settle.ts'
import { codeOf } from '../../node/errors.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import { startDeployedHub } from '../support/deployed-hub.ts'
import { startTestGateway, type TestGateway } from '../support/gateways.ts'
import { FUNDED_KEYS, type HardhatNode } from '../support/hardhat-node.ts'
import { LyingRpc } from '../support/lying-rpc.ts'

const STEP_SECONDS = 3_600
const GWEI = 1_000_000_000n
const ACCOUNT = privateKeyToAccount(FUNDED_KEYS[1])
/** Every story has an expiry of its own, on a chain whose time only rises. */
let expiry = Math.ceil(Date.now() / 3_600_000) * STEP_SECONDS
const committee = certifier({ feeds: feedsNamed(2), genesisMs: expiry * 1_000 - 3_600_000 })
const { genesisMs } = committee

let chain: HardhatNode
let client: ReturnType<HardhatNode['client']>
let deployment: Deployment
/** Time of the machine that watches, and of its gateway. */
let nowMs: number
let turnedMs: number
let gateway: TestGateway
let senders: SettleSender[]
let endpoints: LyingRpc[]
let clients: ParallaxClient[]

beforeAll(async () => {
  ;({ chain, client, deployment } = await startDeployedHub(committee))
})
afterAll(() => chain.stop())

beforeEach(async () => {
  senders = []
  endpoints = []
  clients = []
  expiry += STEP_SECONDS
  await turnTo(expiry)
  gateway = await startTestGateway(committee.context, timeMs, 1)
  gateway.shelf.add(committee.certify(round(), valuesAt(round(), 2)))
})
afterEach(async () => {
  for (const sender of senders) await sender.stop()
  for (const each of clients) await each.close()
  for (const endpoint of endpoints) await endpoint.stop()
  await gateway.stop()
  await client.setAutomine(true)
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: GWEI })
  await client.mine({ blocks: 1 })
})

const round = () => (expiry * 1_000 - genesisMs) / committee.test.committee.params.timing.roundMs
/** What is remembered of an endpoint holds for moments, also while the time of a story stands. */
const timeMs = () => nowMs + Math.floor(performance.now() - turnedMs)

/** The time of everybody, in Unix seconds. */
async function turnTo(seconds: number): Promise<void> {
  nowMs = seconds * 1_000
  turnedMs = performance.now()
  await client.setNextBlockTimestamp({ timestamp: BigInt(seconds) })
  await client.mine({ blocks: 1 })
}

/** What sends, as a process that was just started. */
async function open(
  options: {
    readonly rpcUrls?: readonly string[]
    readonly feePerGasMax?: bigint
    /** How far the machine's clock is off. */
    readonly offMs?: number
    readonly spendingFile?: string
  } = {},
): Promise<SettleSender> {
  const { rpcUrls = [chain.url], feePerGasMax = 500n * GWEI, offMs = 0 } = options
  const { spendingFile = null } = options
  const sender = await SettleSender.open({
    ...{ rpcUrls, committee: committee.file, account: ACCOUNT, feePerGasMax },
    ...{ spendPerDayWeiMax: 10n ** 18n, spendingFile, log: SILENT_LOG },
    clock: { nowMs: () => timeMs() + offMs },
  })
  senders.push(sender)
  await sender.start()
  return sender
}

const due = () => ({ contract: deployment.settlement as Address, feed: 'F1/USD', expiry })

/** Settles the expiry of the story; what it failed with is its code. */
function settle(sender: SettleSender): Promise<Brought | string> {
  const source = new ParallaxClient({
    ...{ url: gateway.url, committee: committee.file },
    nowMs: () => sender.clock.nowMs(),
  })
  clients.push(source)
  const { signal } = new AbortController()
  return sender
    .settle([source], { ...due(), signal, onSent: () => undefined })
    .catch((error: unknown) => codeOf(error))
}

async function priceOnChain() {
  const reader = createPublicClient({ transport: http(chain.url) })
  const [value, isFinal] = await reader.readContract({
    ...{ address: deployment.settlement, abi: settlementAbi, functionName: 'settlementPrice' },
    args: [1n, BigInt(expiry)],
  } as const)
  return { value, isFinal }
}

/** Transactions of the wallet that wait in the pool, as offers in gwei for a gas. */
async function offers(): Promise<readonly bigint[]> {
  const pool = (await client.request({
    method: 'eth_pendingTransactions',
    params: [],
  } as never)) as readonly { readonly from: string; readonly maxFeePerGas: string }[]
  const own = pool.filter(({ from }) => from === ACCOUNT.address.toLowerCase())
  return own.map(({ maxFeePerGas }) => BigInt(maxFeePerGas) / GWEI)
}

/** A block whose base fee is this, at a second. */
async function mineAt(seconds: number, baseFeePerGas: bigint): Promise<void> {
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas })
  await turnTo(seconds)
}

test('a fee spike is followed: what no block takes is replaced, within the ceiling', async () => {
  await client.setAutomine(false)
  await mineAt(expiry + 1, GWEI)
  const sender = await open({ feePerGasMax: 60n * GWEI })
  const settled = settle(sender)
  await expect.poll(offers).toHaveLength(1)
  const [first = 0n] = await offers()
  // A block passes that does not take it; then its time for a raise has come.
  await mineAt(expiry + 20, 50n * GWEI)
  await expect.poll(async () => ((await offers())[0] ?? 0n) > first).toBe(true)
  expect((await offers())[0]).toBeLessThanOrEqual(60n)
  await mineAt(expiry + 40, 50n * GWEI)
  expect(await settled).toMatchObject({ isFinal: true, round: round(), missing: 0 })
  expect(await priceOnChain()).toEqual({ value: BigInt(round() * 1_000 + 1), isFinal: true })
})

test('a process that is started again outbids what the one before left in the pool', async () => {
  await client.setAutomine(false)
  await mineAt(expiry + 1, GWEI)
  const before = await open()
  const left = settle(before)
  await expect.poll(offers).toHaveLength(1)
  await before.stop()
  expect(await left).toBe('TRANSMIT_STOPPED')
  const [first = 0n] = await offers()
  await mineAt(expiry + 20, 50n * GWEI)
  const settled = settle(await open())
  await expect.poll(async () => ((await offers())[0] ?? 0n) > first).toBe(true)
  // One nonce: there is nothing behind it that would be paid for, too.
  expect(await offers()).toHaveLength(1)
  await mineAt(expiry + 40, 50n * GWEI)
  expect(await settled).toMatchObject({ isFinal: true, round: round() })
})

test('above its ceiling it sends nothing, and when fees fall it brings the price', async () => {
  await mineAt(expiry + 1, 50n * GWEI)
  const sender = await open({ feePerGasMax: 40n * GWEI })
  expect(await settle(sender)).toBe('TRANSMIT_FEE_OVER_CAP')
  await mineAt(expiry + 60, GWEI)
  expect(await settle(sender)).toMatchObject({ isFinal: true, round: round() })
})

test('what a reorganisation takes back is brought again', async () => {
  const sender = await open()
  const id = await client.snapshot()
  expect(await settle(sender)).toMatchObject({ isFinal: true, round: round() })
  await client.revert({ id })
  await turnTo(expiry + 30)
  expect(await priceOnChain()).toMatchObject({ isFinal: false })
  expect(await settle(sender)).toMatchObject({ isFinal: true, round: round() })
})

test('one endpoint that says it is settled is outvoted, and one that is away is left out', async () => {
  const liar = await LyingRpc.start(chain.url)
  const away = await LyingRpc.start(chain.url)
  endpoints.push(liar, away)
  away.answer = { status: 503, text: 'down' }
  // The first word is the value, the second whether it is final.
  liar.lieAbout('eth_call', (result) =>
    typeof result === 'string' && /^0x0{128}$/.test(result)
      ? `0x${'1'.padStart(64, '0')}${'1'.padStart(64, '0')}`
      : result,
  )
  const honest = await LyingRpc.start(chain.url)
  endpoints.push(honest)
  const sender = await open({ rpcUrls: [liar.url, away.url, honest.url, chain.url] })
  expect(await settle(sender)).toMatchObject({ isFinal: true, round: round() })
  expect(await priceOnChain()).toMatchObject({ isFinal: true })
})

test('an endpoint that speaks of days to come gives no new ceiling', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'parallax-watch-'))
  const spendingFile = join(directory, 'spending.json')
  const hour = Math.floor(timeMs() / 3_600_000)
  await writeFile(spendingFile, `{"spentWeiByHour": {"${hour}": "${10n ** 18n}"}}`)
  const liar = await LyingRpc.start(chain.url)
  endpoints.push(liar)
  liar.lieAbout('eth_getBlockByNumber', (block) => {
    const { timestamp } = block as { readonly timestamp: Hex }
    return { ...(block as object), timestamp: toHex(Number(timestamp) + 3 * 86_400) }
  })
  const sender = await open({ rpcUrls: [liar.url], spendingFile })
  expect(await settle(sender)).toBe('SPENDING_CEILING_REACHED')
  await rm(directory, { recursive: true })
})

test.each([
  ['an hour behind', -3_600_000],
  ['twenty minutes ahead', 1_200_000],
])('a watch whose machine is %s settles all the same', async (_, offMs) => {
  await turnTo(expiry + 5)
  const sender = await open({ offMs })
  const stopping = new AbortController()
  const said: Brought[] = []
  const schedule = { stepSeconds: STEP_SECONDS, offsetSeconds: 0 }
  const { contract, feed } = due()
  const source = new ParallaxClient({
    ...{ url: gateway.url, committee: committee.file },
    nowMs: () => sender.clock.nowMs(),
  })
  clients.push(source)
  await watchExpiries([dueBySchedule({ contract, feed }, schedule)], {
    settle: (each, onSent) => sender.settle([source], { ...each, signal: stopping.signal, onSent }),
    say: (each, brought) => {
      if (each.expiry !== expiry) return
      said.push(brought)
      stopping.abort()
    },
    stderr: { write: () => undefined },
    signal: stopping.signal,
    moments: async () => {
      await sender.clock.look()
      return sender.clock.moments()
    },
  })
  expect(said).toMatchObject([{ isFinal: true, round: round() }])
})

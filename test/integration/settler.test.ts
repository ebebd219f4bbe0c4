import { type Address, createPublicClient, http } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { orderOf } from '../../aggregator/context.ts'
import { settlementRoundsOf } from '../../aggregator/delivery/settlement.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import type { Deployment } from '../../contracts/deploy/apply.ts'
import type { SettlementPlan } from '../../node/chain/open-expiries.ts'
import { Settler } from '../../node/chain/settler.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import { startDeployedHub } from '../support/deployed-hub.ts'
import { FUNDED_KEYS, type HardhatNode } from '../support/hardhat-node.ts'
import { LyingRpc } from '../support/lying-rpc.ts'
import { openTarget, type TargetUnderTest } from './chain-support.ts'

const STEP_SECONDS = 86_400
/** Every story has an expiry of its own, on a chain whose time only rises. */
let expiry = Math.ceil(Date.now() / 86_400_000) * STEP_SECONDS
const committee = certifier({
  feeds: feedsNamed(2),
  genesisMs: expiry * 1_000 - 3_600_000,
  timing: { stageMs: 12_000 },
})
const { context } = committee

let chain: HardhatNode
let deployment: Deployment
let client: ReturnType<HardhatNode['client']>
/** Time of the nodes and of the chain; nothing waits for it. */
let nowMs: number
let turnedMs: number
let held: Map<number, Certificate>
let opened: TargetUnderTest[]
let endpoints: LyingRpc[]

beforeAll(async () => {
  ;({ chain, client, deployment } = await startDeployedHub(committee))
})
afterAll(() => chain.stop())

beforeEach(async () => {
  opened = []
  endpoints = []
  held = new Map()
  expiry += STEP_SECONDS
  const { first } = roundsNow()
  held.set(first, committee.certify(first, valuesAt(first, 2)).message)
  await turnTo(expiry)
})
afterEach(async () => {
  for (const { target, remove } of opened) {
    await target.stop()
    await remove()
  }
  for (const endpoint of endpoints) await endpoint.stop()
})

const roundsNow = () => {
  const rounds = settlementRoundsOf(context.committee, expiry)
  if (rounds === null) throw new Error('the expiry lies behind the genesis')
  return rounds
}

/** The time of everybody, in Unix seconds: of the next block, and of this moment. */
async function turnTo(seconds: number): Promise<void> {
  nowMs = seconds * 1_000
  turnedMs = performance.now()
  await client.setNextBlockTimestamp({ timestamp: BigInt(seconds) })
  await client.mine({ blocks: 1 })
}

const atStage = (stage: number) => orderOf(context, roundsNow().first)[stage] ?? 0

interface Member {
  readonly settler: Settler
  /** Calls that it asked its transmitter for, at once; not every one is sent. */
  readonly asked: () => number
  readonly transactions: () => number
  readonly logged: (event: string) => readonly string[]
}

/** A member with a wallet of its own, whose turn it is at a stage. */
async function member(options: {
  readonly stage: number
  readonly rpcUrls?: readonly string[]
  readonly plans?: readonly SettlementPlan[]
  readonly onOutcome?: (outcome: string) => void
  /** What its journal has beyond what it holds. */
  readonly journal?: ReadonlyMap<number, Certificate>
}): Promise<Member> {
  const { journal = new Map() } = options
  const { stage, rpcUrls = [chain.url], onOutcome = () => undefined } = options
  const contract = deployment.settlement.toLowerCase() as Address
  const schedule = { stepSeconds: STEP_SECONDS, offsetSeconds: 0 }
  const known = { committee: context.committee, contract: deployment.hub }
  const under = await openTarget(known, {
    rpcUrls,
    config: { headAgeMsMax: 10_000_000_000 },
    // What the pool remembers of a head holds for moments, also while the time of a story stands.
    clock: { nowMs: () => nowMs + Math.floor(performance.now() - turnedMs) },
    key: FUNDED_KEYS[stage === 0 ? 1 : 2],
  })
  opened.push(under)
  await under.target.start()
  let asked = 0
  const settler = new Settler(
    {
      name: 'local',
      hub: deployment.hub,
      self: atStage(stage),
      plans: options.plans ?? [{ contract, feed: 1, schedule }],
    },
    {
      context,
      target: {
        call: (call) => {
          asked += 1
          return under.target.call(call)
        },
        readNow: (ask) => under.target.readNow(ask),
        encodeReport: (certificate, feeds) => under.target.encodeReport(certificate, feeds),
        get epoch() {
          return under.target.epoch
        },
      },
      certificateOf: (round) => held.get(round) ?? null,
      pastCertificateOf: (round) => held.get(round) ?? journal.get(round) ?? null,
      clock: { nowMs: () => nowMs },
      log: under.log,
      onOutcome,
    },
  )
  return {
    settler,
    asked: () => asked,
    transactions: () => under.events.filter(({ type }) => type === 'sent').length,
    logged: (event) => under.logLines.filter((line) => line.includes(`"${event}"`)),
  }
}

const stateOf = ({ settler }: Member) => settler.view()[0]?.state

/** Looks until the transaction that was sent is in a block and read back. */
async function lookUntil(settling: Member, state: string): Promise<void> {
  const look = async () => {
    await settling.settler.look()
    return stateOf(settling)
  }
  await expect.poll(look, { interval: 20 }).toBe(state)
}

async function priceOnChain() {
  const reader = createPublicClient({ transport: http(chain.url) })
  const [value, isFinal] = await reader.readContract({
    address: deployment.settlement,
    abi: settlementAbi,
    functionName: 'settlementPrice',
    args: [1n, BigInt(expiry)],
  })
  return { value, isFinal }
}

test('at the expiry the first member settles, and the second sends nothing', async () => {
  const outcomes: string[] = []
  const first = await member({ stage: 0, onOutcome: (outcome) => outcomes.push(outcome) })
  const second = await member({ stage: 1 })
  await second.settler.look()
  expect(stateOf(second)).toBe('waiting')
  await lookUntil(first, 'final')
  await turnTo(expiry + 12)
  await second.settler.look()
  expect(stateOf(second)).toBe('final')
  expect([first.transactions(), second.transactions()]).toEqual([1, 0])
  const { first: round } = roundsNow()
  expect(await priceOnChain()).toEqual({ value: BigInt(round * 1_000 + 1), isFinal: true })
  expect(outcomes).toEqual(['settled'])
})

test('while the first is down the second waits for its turn and brings the price', async () => {
  const second = await member({ stage: 1 })
  await turnTo(expiry + 11)
  await second.settler.look()
  expect(second.asked()).toBe(0)
  await turnTo(expiry + 12)
  await lookUntil(second, 'final')
  expect(second.transactions()).toBe(1)
})

test('a chain that comes back within the window is settled after an alarm', async () => {
  const rpc = await LyingRpc.start(chain.url)
  endpoints.push(rpc)
  const first = await member({ stage: 0, rpcUrls: [rpc.url] })
  rpc.answer = { status: 503, text: 'down' }
  await turnTo(expiry + 120)
  await first.settler.look()
  expect(stateOf(first)).toBe('missing')
  expect(first.settler.view()).toMatchObject([{ feed: 'F1/USD', closesInSeconds: 480 }])
  expect(first.logged('settlement.missing')).toHaveLength(1)
  rpc.answer = null
  await turnTo(expiry + 599)
  await lookUntil(first, 'final')
  expect(await priceOnChain()).toMatchObject({ isFinal: true })
})

test('one endpoint that says it is settled is outvoted', async () => {
  const liar = await LyingRpc.start(chain.url)
  const honest = await LyingRpc.start(chain.url)
  endpoints.push(liar, honest)
  // The first word is the value, the second whether it is final.
  liar.lieAbout('eth_call', (result) =>
    typeof result === 'string' && /^0x0{128}$/.test(result)
      ? `0x${'1'.padStart(64, '0')}${'1'.padStart(64, '0')}`
      : result,
  )
  const first = await member({ stage: 0, rpcUrls: [liar.url, honest.url, chain.url] })
  await lookUntil(first, 'final')
  expect(first.transactions()).toBe(1)
  expect(await priceOnChain()).toMatchObject({ isFinal: true })
})

test('without the first round a later one is brought, and a lower one replaces it', async () => {
  const { first: round } = roundsNow()
  const lost = held.get(round) as Certificate
  held = new Map([[round + 3, committee.certify(round + 3, valuesAt(round + 3, 2)).message]])
  const first = await member({ stage: 0 })
  await turnTo(expiry + 5)
  await first.settler.look()
  expect(stateOf(first)).toBe('waiting')
  await turnTo(expiry + 30)
  await lookUntil(first, 'standing')
  expect(await priceOnChain()).toEqual({ value: BigInt((round + 3) * 1_000 + 1), isFinal: false })
  held.set(round, lost)
  await turnTo(expiry + 120)
  await lookUntil(first, 'final')
  expect(await priceOnChain()).toEqual({ value: BigInt(round * 1_000 + 1), isFinal: true })
})

test('an expiry that nobody could settle is told once when its window is over', async () => {
  held = new Map()
  const outcomes: string[] = []
  const first = await member({ stage: 0, onOutcome: (outcome) => outcomes.push(outcome) })
  await turnTo(expiry + 300)
  await first.settler.look()
  await turnTo(expiry + 601)
  await first.settler.look()
  await first.settler.look()
  expect(stateOf(first)).toBe('missed')
  expect(outcomes).toEqual(['missed'])
  await turnTo(expiry + 661)
  await first.settler.look()
  expect(first.settler.view()).toEqual([])
})

test('a chain that was down for an hour is settled by the round of the expiry, by one', async () => {
  const rpc = await LyingRpc.start(chain.url)
  endpoints.push(rpc)
  const outcomes: string[] = []
  const onOutcome = (outcome: string) => outcomes.push(outcome)
  const first = await member({ stage: 0, rpcUrls: [rpc.url], onOutcome })
  const second = await member({ stage: 1, rpcUrls: [rpc.url] })
  rpc.answer = { status: 503, text: 'down' }
  for (const minutes of [5, 12, 40, 60]) {
    await turnTo(expiry + minutes * 60)
    await first.settler.look()
    await second.settler.look()
  }
  expect(first.settler.view()).toMatchObject([{ state: 'missing', closesInSeconds: 0 }])
  expect(first.logged('settlement.missed')).toEqual([])
  rpc.answer = null
  await second.settler.look()
  await lookUntil(first, 'final')
  await turnTo(expiry + 3_612)
  await second.settler.look()
  expect(stateOf(second)).toBe('final')
  expect([first.transactions(), second.transactions()]).toEqual([1, 0])
  const { first: round } = roundsNow()
  expect(await priceOnChain()).toEqual({ value: BigInt(round * 1_000 + 1), isFinal: true })
  expect(outcomes).toEqual(['settled'])
})

test('a process that is started two hours later goes on with the round in its journal', async () => {
  const journal = held
  held = new Map()
  await turnTo(expiry + 7_200)
  const first = await member({ stage: 0, journal })
  await first.settler.look()
  expect(first.settler.view()).toMatchObject([{ expirySeconds: expiry, state: 'missing' }])
  await turnTo(expiry + 7_200 + 1_800)
  await lookUntil(first, 'final')
  expect(first.transactions()).toBe(1)
  expect(await priceOnChain()).toMatchObject({ isFinal: true })
})

test('a price that came late and falls out of its block again is brought again', async () => {
  await turnTo(expiry + 700)
  const first = await member({ stage: 0, journal: held })
  await turnTo(expiry + 7_200)
  const before = await client.snapshot()
  await first.settler.look()
  await turnTo(expiry + 10_000)
  await lookUntil(first, 'final')
  await client.revert({ id: before })
  await turnTo(expiry + 10_020)
  await first.settler.look()
  expect(stateOf(first)).toBe('missing')
  await turnTo(expiry + 14_000)
  await lookUntil(first, 'final')
  expect(await priceOnChain()).toMatchObject({ isFinal: true })
})

test('given another contract in place of Settlement, the start says so', async () => {
  const schedule = { stepSeconds: STEP_SECONDS, offsetSeconds: 0 }
  const plans = [{ contract: deployment.statistics, feed: 1, schedule }]
  const { settler } = await member({ stage: 0, plans })
  await expect(settler.start()).rejects.toMatchObject({ code: 'CONTRACT_SETTLEMENT_DIFFERS' })
})

import { PassThrough, Readable } from 'node:stream'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WallClock } from '../../node/clock.ts'
import { parseConfig } from '../../node/config/load.ts'
import type { Facts } from '../../node/doctor/check.ts'
import { chains } from '../../node/doctor/checks/chains.ts'
import type { Finding } from '../../node/doctor/finding.ts'
import { HOST_SOURCES } from '../../node/sources/host.ts'
import { FUNDED_KEYS, HardhatNode } from '../support/hardhat-node.ts'
import { LyingRpc } from '../support/lying-rpc.ts'
import { MINIMAL_CONFIG } from '../unit/node/config/fixtures.ts'
import { CHAIN_ID, type Deployed, deployFeeds } from './chain-support.ts'

let node: HardhatNode
let deployed: Deployed
let other: Deployed
const endpoints: LyingRpc[] = []

beforeAll(async () => {
  node = await HardhatNode.start()
  deployed = await deployFeeds(node)
  other = await deployFeeds(node, 1)
})

afterAll(() => node.stop())

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.stop()
})

async function lying(): Promise<LyingRpc> {
  const endpoint = await LyingRpc.start(node.url)
  endpoints.push(endpoint)
  return endpoint
}

const WALLET = privateKeyToAccount(FUNDED_KEYS[1]).address

interface Asked {
  readonly rpcUrls?: readonly string[]
  readonly contract?: string
  readonly wallet?: Facts['wallet']
  readonly sendUrls?: readonly string[]
  readonly settlements?: Facts['config']['chains'][number]['settlements']
}

/** What the check finds with these settings of the chain, by name. */
async function examined(asked: Asked = {}): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const { rpcUrls = [node.url], contract = deployed.contract, wallet = WALLET } = asked
  const { sendUrls = [], settlements = [] } = asked
  const parsed = parseConfig(MINIMAL_CONFIG)
  if (parsed.type === 'refused') throw new Error('the fixture is good')
  const chain = parsed.config.chains.map((each) => ({
    ...each,
    ...{ chainId: CHAIN_ID, contract: contract.toLowerCase() as `0x${string}` },
    ...{ rpcUrls: [...rpcUrls], sendUrls: [...sendUrls], feePerGasGweiMax: 500n * 10n ** 9n },
    settlements,
  }))
  const { params, groupKey } = deployed.committee
  const facts: Facts = {
    config: { ...parsed.config, chains: chain },
    committee: { params, complete: { params, groupKey } },
    ...{ predecessor: null, feeds: params.feeds, self: 0, wallet, isHeld: false },
    ...{ quotes: new Map(), readings: [] },
  }
  const { findings } = await chains.examine(facts, {
    ...HOST_SOURCES,
    clock: new WallClock(),
    terminal: { input: Readable.from([]), output: new PassThrough() },
    signal: new AbortController().signal,
  })
  return Map.groupBy(findings, ({ check }) => check)
}

const codes = (found: readonly Finding[] | undefined) =>
  found?.map(({ verdict, code }) => `${verdict} ${code}`)

describe('a chain', () => {
  test('as it should be: endpoint, contract and wallet', async () => {
    const found = await examined()
    expect(codes(found.get('rpc local'))).toEqual(['ok OK'])
    expect(found.get('rpc local')?.[0]?.seen).toMatch(/chain id 31337, block \d+, -?\d+ s old$/)
    expect(found.get('contract on local')?.[0]?.seen).toContain('verifies this committee')
    expect(found.get('wallet on local')?.[0]?.seen).toMatch(
      /^0x\w{40} has 10000 ether, enough for about \d+ updates of all feeds$/,
    )
  })

  test('beside an endpoint of another chain is used, and the operator hears of that one', async () => {
    const liar = await lying()
    liar.lieAbout('eth_chainId', () => '0x1')
    const found = await examined({ rpcUrls: [liar.url, node.url] })
    expect(codes(found.get('rpc local'))).toEqual(['fault RPC_CHAIN_ID_WRONG', 'ok OK'])
    expect(codes(found.get('contract on local'))).toEqual(['ok OK'])
  })

  test('whose only endpoint is of another chain is not asked further', async () => {
    const liar = await lying()
    liar.lieAbout('eth_chainId', () => '0x1')
    const found = await examined({ rpcUrls: [liar.url] })
    expect(codes(found.get('rpc local'))).toEqual(['fault RPC_CHAIN_ID_WRONG'])
    expect(codes(found.get('contract on local'))).toEqual(['unchecked DOCTOR_UNCHECKED'])
    expect(codes(found.get('wallet on local'))).toEqual(['unchecked DOCTOR_UNCHECKED'])
  })

  test('whose endpoint answers with orders to the terminal is shown without them', async () => {
    const liar = await lying()
    const error = { code: -1, message: `\u001b[2J${'no'.repeat(10_000)}` }
    liar.answer = { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id: 1, error }) }
    const found = await examined({ rpcUrls: [liar.url] })
    const [endpoint] = found.get('rpc local') ?? []
    expect(endpoint).toMatchObject({ verdict: 'fault', code: 'RPC_UNREACHABLE' })
    expect(endpoint?.seen).not.toContain('\u001b')
    expect(endpoint?.seen.length).toBeLessThanOrEqual(600)
  })

  test('whose relays are asked for their chain, and need not say it', async () => {
    const good = await lying()
    const foreign = await lying()
    const mute = await lying()
    const away = await lying()
    foreign.lieAbout('eth_chainId', () => '0x1')
    const error = { code: -32_601, message: 'Method not found' }
    mute.answer = { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id: 1, error }) }
    away.answer = { status: 502, text: 'Bad gateway' }
    const sendUrls = [good, foreign, mute, away].map(({ url }) => url)
    const found = await examined({ sendUrls })
    expect(codes(found.get('relay local'))).toEqual([
      ...['ok OK', 'fault RPC_CHAIN_ID_WRONG', 'ok OK', 'warning RPC_UNREACHABLE'],
    ])
    const alone = await examined({ sendUrls: [away.url] })
    expect(codes(alone.get('relay local'))).toEqual(['fault RPC_UNREACHABLE'])
    expect(codes((await examined()).get('relay local'))).toBeUndefined()
  })

  test('with nothing at the address, and with the contract of another committee', async () => {
    const nothing = await examined({ contract: `0x${'11'.repeat(20)}` })
    expect(codes(nothing.get('contract on local'))).toEqual(['fault CONTRACT_MISSING'])
    const foreign = await examined({ contract: other.contract })
    expect(codes(foreign.get('contract on local'))).toEqual(['fault CONTRACT_COMMITTEE_DIFFERS'])
  })

  test('with a wallet that has nothing', async () => {
    const found = await examined({ wallet: `0x${'22'.repeat(20)}` })
    expect(codes(found.get('wallet on local'))).toEqual(['fault WALLET_EMPTY'])
  })
  test('with what it settles there, and who pays for it', async () => {
    const feed = deployed.committee.params.feeds[0]?.name ?? ''
    const expiries = { stepSeconds: 86_400, offsetSeconds: 0 }
    const contract = deployed.settlement
    const right = await examined({ settlements: [{ contract, feed, expiries }] })
    const what = `settlement of ${feed} on local`
    expect(codes(right.get(what))).toEqual(['ok OK'])
    expect(codes(right.get('settlements on local'))).toEqual(['ok OK'])
    const foreign = [{ contract: other.settlement, feed, expiries }, { market: other.contract }]
    const wrong = await examined({ settlements: foreign, wallet: `0x${'22'.repeat(20)}` })
    expect(codes(wrong.get(what))).toEqual(['fault CONTRACT_SETTLEMENT_DIFFERS'])
    const market = `settlement of market ${other.contract} on local`
    expect(codes(wrong.get(market))).toEqual(['fault CONTRACT_MARKET_MISSING'])
    expect(codes(wrong.get('settlements on local'))).toEqual(['fault WALLET_EMPTY'])
    expect(codes((await examined()).get('settlements on local'))).toBeUndefined()
  })
})

import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Address, bytesToHex, encodeFunctionData, type Hex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeReport } from '../../aggregator/report/calldata.ts'
import { optionMarketAbi } from '../../contracts/abi/option-market.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { testTokenAbi } from '../../contracts/abi/test-token.ts'
import { type Deployment, deploy } from '../../contracts/deploy/apply.ts'
import { plan } from '../../contracts/deploy/plan.ts'
import { ok, UNAVAILABLE } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { CHAIN_START_MS, sendCalldata } from '../support/contracts/chain.ts'
import { outcomeOf, startHub, type TestHub } from '../support/contracts/hub.ts'
import { OPTION_MARKET, parametersFor } from '../support/contracts/parameters.ts'

const SPOT = 6_500_000_000_000n
const AVERAGE = 6_510_000_000_000n
const STRIKE = 6_490_000_000_000n
const UNIT = 10n ** 18n
const ROUND_MS = 500

let hub: TestHub
let deployment: Deployment
let market: Deployment['markets'][number]
let expiry: number
beforeEach(async () => {
  hub = await startHub({ feedCount: 4, markets: [OPTION_MARKET] })
  const parameters = parametersFor(hub.box, { feedCount: 4, markets: [OPTION_MARKET] })
  deployment = (await deploy(hub.chain, parameters)).deployment
  market = deployment.markets[0] as typeof market
  expiry = CHAIN_START_MS / 1_000 + 120
})
afterEach(() => hub.chain.close())

/** Spot, average, volatility of 50 %, rate of 3 %. */
const feeds = (average = AVERAGE) => [ok(SPOT), ok(average), ok(50_000_000n), ok(3_000_000n)]

async function trade(functionName: string, args: readonly unknown[]): Promise<void> {
  const data = encodeFunctionData({ abi: optionMarketAbi, functionName, args } as never)
  await sendCalldata(hub.chain, { to: market.market, data })
}

async function token(to: Address, functionName: string, args: readonly unknown[]): Promise<void> {
  const data = encodeFunctionData({ abi: testTokenAbi, functionName, args } as never)
  await sendCalldata(hub.chain, { to, data })
}

const balanceOf = (address: Address, account: Address) =>
  hub.chain.reader.readContract({
    address,
    abi: testTokenAbi,
    functionName: 'balanceOf',
    args: [account],
  })

/** Round whose opening is this many rounds after the settlement round. */
const settlementRound = (after = 0) =>
  Math.ceil((expiry * 1_000 - hub.box.clock.genesisMs) / ROUND_MS) + after

function settleData(round: number, content = feeds()): Hex {
  const certificate = hub.box.certify({ round, feeds: content })
  const chosen = { certificate, feeds: [1], committee: firstCommittee(hub.box) }
  return encodeFunctionData({
    abi: settlementAbi,
    functionName: 'settle',
    args: [1n, BigInt(expiry), bytesToHex(encodeReport(keccak_256, chosen))],
  })
}

const settle = (round: number, content = feeds()) =>
  sendCalldata(hub.chain, { to: deployment.settlement, data: settleData(round, content) })

/** A call and a put are written and bought, and the clock stands a second after the expiry. */
async function boughtAndExpired(): Promise<void> {
  const { account } = hub.chain
  for (const each of [market.base, market.quote]) {
    await token(each, 'mint', [account.address, 10n ** 24n])
    await token(each, 'approve', [market.market, 10n ** 24n])
  }
  await hub.report(hub.roundAt(60_000), feeds())
  for (const side of [0, 1]) await trade('write', [side, STRIKE, expiry, 2n * UNIT, 100])
  await trade('buy', [1n, UNIT, 10n ** 24n])
  await trade('buy', [2n, UNIT, 10n ** 24n])
  await hub.chain.at(expiry * 1_000 + 1_000)
  await hub.chain.mine()
}

describe('options on real certificates, from the offer to the payout', () => {
  test('are priced from the feeds, settled by the average, and paid to the last unit', async () => {
    await boughtAndExpired()
    await settle(settlementRound())
    const { account } = hub.chain
    const before = await balanceOf(market.base, account.address)
    const series = (side: number) =>
      hub.chain.reader.readContract({
        address: market.market,
        abi: optionMarketAbi,
        functionName: 'seriesId',
        args: [side, STRIKE, expiry],
      })
    await trade('exercise', [await series(0)])
    const paid = (await balanceOf(market.base, account.address)) - before
    expect(paid).toBe(((AVERAGE - STRIKE) * UNIT) / AVERAGE)
    await trade('exercise', [await series(1)])
    for (const offer of [1n, 2n]) await trade('redeem', [offer])
    for (const each of [market.base, market.quote]) await trade('withdrawPremium', [each])
    // What stays in the market is what rounding left: at most a unit for each claim.
    expect(await balanceOf(market.base, market.market)).toBeLessThanOrEqual(2n)
    expect(await balanceOf(market.quote, market.market)).toBeLessThanOrEqual(2n)
  })

  test('a later round is lowered by the settlement round, which is final at once', async () => {
    await boughtAndExpired()
    await settle(settlementRound(3), feeds(AVERAGE + 7n))
    expect(await price()).toEqual([AVERAGE + 7n, false])
    await settle(settlementRound(1), feeds(AVERAGE + 5n))
    expect(await price()).toEqual([AVERAGE + 5n, false])
    expect(await refusal(settlementRound(2))).toBe('RoundNotEarlier')
    await settle(settlementRound())
    expect(await price()).toEqual([AVERAGE, true])
    expect(await refusal(settlementRound())).toBe('RoundNotEarlier')
  })

  test('whoever brings which round first, the price after the window is the same', async () => {
    const orders = [
      [4, 2, 1],
      [1, 4, 2],
      [2, 1, 4],
    ]
    for (const order of orders) {
      await hub.chain.close()
      hub = await startHub({ feedCount: 4, markets: [OPTION_MARKET] })
      await boughtAndExpired()
      for (const after of order) {
        await settle(settlementRound(after), feeds(AVERAGE + BigInt(after))).catch(() => null)
      }
      await hub.chain.at((expiry + 601) * 1_000)
      await hub.chain.mine()
      expect(await price()).toEqual([AVERAGE + 1n, true])
      expect(await refusal(settlementRound())).toBe('SettlementClosed')
    }
  })

  test('a round whose average is absent settles nothing', async () => {
    await boughtAndExpired()
    const [spot = UNAVAILABLE, , volatility = UNAVAILABLE, rate = UNAVAILABLE] = feeds()
    const absent = [spot, UNAVAILABLE, volatility, rate]
    expect(await refusal(settlementRound(), absent)).toBe('FeedHalted')
  })

  test('the deployment is planned, deployed once, and a no-op after that', async () => {
    const parameters = parametersFor(hub.box, { feedCount: 4, markets: [OPTION_MARKET] })
    expect((await deploy(hub.chain, parameters)).transactions).toEqual([])
    const names = plan(parameters, new Set()).contracts.map(({ name }) => name)
    expect(names).toContain('OptionMarket F0/USD')
    const unknown = { ...OPTION_MARKET, spotFeed: 'DOGE/USD' }
    expect(() => plan({ ...parameters, markets: [unknown] }, new Set())).toThrow(/DOGE\/USD/)
    const longTail = { ...parameters, historyFeeds: 1, flagshipFeeds: 1 }
    expect(() => plan(longTail, new Set())).toThrow(/never settles/)
  })
})

const price = () =>
  hub.chain.reader.readContract({
    address: deployment.settlement,
    abi: settlementAbi,
    functionName: 'settlementPrice',
    args: [1n, BigInt(expiry)],
  })

async function refusal(round: number, content = feeds()): Promise<string> {
  const outcome = await outcomeOf(hub, settleData(round, content), deployment.settlement)
  return outcome?.name ?? 'none'
}

import type { PublicClient } from 'viem'
import { expect, test } from 'vitest'
import { MarketExpiries } from '../../../../node/chain/market-expiries.ts'
import type { Ask } from '../../../../node/chain/rpc.ts'

const MARKET = '0x00000000000000000000000000000000000000aa'
const SETTLEMENT = '0x00000000000000000000000000000000000000bb'
const EXPIRY = 1_790_323_200

/** A market whose offers a test writes: expiries by number from 1 on, 0 for a redeemed one. */
function marketOf(offers: number[]) {
  let questions = 0
  const answers = {
    SETTLEMENT: () => SETTLEMENT,
    SETTLEMENT_FEED: () => 3,
    offerCount: () => BigInt(offers.length),
    offer: (id: bigint) => ({ series: (BigInt(offers[Number(id) - 1] ?? 0) << 72n) | (7n << 8n) }),
  }
  const readContract = async (call: {
    readonly functionName: keyof typeof answers
    readonly args?: readonly [bigint]
  }) => answers[call.functionName](call.args?.[0] ?? 0n)
  const readNow = <T>(ask: Ask<T>) => {
    questions += 1
    return ask({ readContract } as unknown as PublicClient, 1n)
  }
  return { expiries: new MarketExpiries(MARKET, readNow), questions: () => questions }
}

test('every expiry that a market has offers for comes up once, at its time', async () => {
  const many = Array.from({ length: 40 }, (_, index) => EXPIRY + index * 3_600)
  const { expiries } = marketOf([EXPIRY, ...many, 0])
  await expiries.look((EXPIRY - 100) * 1_000)
  expect(expiries.open((EXPIRY - 1) * 1_000)).toEqual([])
  expect(expiries.open(EXPIRY * 1_000)).toEqual([
    { contract: SETTLEMENT, feed: 3, expirySeconds: EXPIRY },
  ])
  const last = EXPIRY + 39 * 3_600
  expect(expiries.open(last * 1_000)).toMatchObject([{ expirySeconds: last }])
})

test('an offer that is written later is found, and the old ones are not read again', async () => {
  const offers = [EXPIRY]
  const { expiries, questions } = marketOf(offers)
  await expiries.look((EXPIRY - 100) * 1_000)
  offers.push(EXPIRY + 60)
  await expiries.look((EXPIRY - 90) * 1_000)
  const before = questions()
  await expiries.look((EXPIRY - 80) * 1_000)
  expect(questions() - before).toBe(1)
  const open = expiries.open((EXPIRY + 60) * 1_000)
  expect(open.map(({ expirySeconds }) => expirySeconds)).toEqual([EXPIRY, EXPIRY + 60])
})

test('an offer that a reorganised chain has in place of another is found', async () => {
  const offers = [EXPIRY, EXPIRY + 60]
  const { expiries } = marketOf(offers)
  await expiries.look((EXPIRY - 100) * 1_000)
  offers[1] = EXPIRY + 120
  await expiries.look((EXPIRY - 80) * 1_000)
  const open = expiries.open((EXPIRY + 120) * 1_000)
  expect(open.map(({ expirySeconds }) => expirySeconds)).toContain(EXPIRY + 120)
})

test('what was over before the node looked is late, until it is void', async () => {
  const { expiries } = marketOf([EXPIRY, EXPIRY - 60, 0])
  const nowMs = (EXPIRY + 601) * 1_000
  await expiries.look(nowMs)
  expect(expiries.open((EXPIRY + 600) * 1_000)).toEqual([])
  const late = (at: number) => expiries.late(at).map(({ expirySeconds }) => expirySeconds)
  expect(late(nowMs)).toEqual([EXPIRY, EXPIRY - 60])
  expect(late((EXPIRY + 30 * 86_400) * 1_000)).toEqual([EXPIRY])
})

test('what falls out of its window is late, and only so many are kept', async () => {
  const many = Array.from({ length: 1_100 }, (_, index) => EXPIRY + index)
  const { expiries } = marketOf(many)
  await expiries.look((EXPIRY - 100) * 1_000)
  await expiries.look((EXPIRY - 100) * 1_000)
  const nowMs = (EXPIRY + 2_000) * 1_000
  await expiries.look(nowMs)
  expect(expiries.late(nowMs)).toHaveLength(1_024)
  expect(expiries.late(nowMs)[0]).toMatchObject({ expirySeconds: EXPIRY + 1_099 })
})

import type { PublicClient } from 'viem'
import { expect, test } from 'vitest'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { OpenExpiries, settle } from '../../../../node/chain/open-expiries.ts'
import type { Ask } from '../../../../node/chain/rpc.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'

const committee = certifier()
const { context } = committee
const CONTRACT = '0x00000000000000000000000000000000000000aa'
const MINUTE_MS = 60_000
/** Two weeks after the genesis, on a minute. */
const NOW_MS = Math.ceil(openingOf(context.committee, 14 * 172_800) / MINUTE_MS) * MINUTE_MS
const { message: certificate } = committee.certify(1, valuesAt(1, 1))

/** A node with every round in its journal, before a chain that has the prices of few expiries. */
function everyMinute(settled: ReadonlySet<number> = new Set()) {
  let questions = 0
  const readContract = async (call: {
    readonly functionName: 'settlementRound' | 'settlementPrice'
    readonly args: readonly bigint[]
  }) => {
    if (call.functionName === 'settlementRound') return [1n, 1n]
    return [0n, settled.has(Number(call.args[1]))]
  }
  const target = {
    epoch: 1,
    readNow: <T>(ask: Ask<T>) => {
      questions += 1
      return ask({ readContract } as unknown as PublicClient, 1n)
    },
  }
  const schedule = { stepSeconds: 60, offsetSeconds: 0 }
  const plans = [{ contract: CONTRACT, feed: 0, schedule }] as const
  const use = { context, self: 0, target, certificateOf: () => certificate }
  return { expiries: new OpenExpiries(plans, use), questions: () => questions }
}

const throwing = (error: unknown) => {
  throw error
}

test('a chain without any price is looked back at slowly, newest first, and to a bound', async () => {
  const { expiries, questions } = everyMinute()
  expiries.turnTo(NOW_MS)
  const inWindow = expiries.all().length
  await expiries.look(NOW_MS, throwing)
  expect(questions()).toBe(4)
  const [newest] = expiries.all().filter(({ isLate }) => isLate)
  expect(newest?.expirySeconds).toBe((NOW_MS - 11 * MINUTE_MS) / 1_000)
  for (let look = 0; look < 100; look++) await expiries.look(NOW_MS, throwing)
  expect(expiries.all()).toHaveLength(inWindow + 256)
  expect(questions()).toBe(256)
})

test('what falls out of its window comes before what is older, which waits for room', async () => {
  const settled = new Set<number>()
  const { expiries } = everyMinute(settled)
  for (let look = 0; look < 100; look++) await expiries.look(NOW_MS, throwing)
  expiries.turnTo(NOW_MS)
  const laterMs = NOW_MS + 10 * MINUTE_MS
  expiries.turnTo(laterMs)
  const late = expiries.all().filter(({ isLate }) => isLate)
  expect(late).toHaveLength(256)
  expect(Math.max(...late.map(({ expirySeconds }) => expirySeconds))).toBe(NOW_MS / 1_000 - 60)
  const oldest = Math.min(...late.map(({ expirySeconds }) => expirySeconds))
  for (const open of late) {
    if (open.expirySeconds === oldest) continue
    settled.add(open.expirySeconds)
    settle(open, laterMs)
  }
  expiries.turnTo(laterMs + 2 * MINUTE_MS)
  for (let look = 0; look < 200; look++) await expiries.look(laterMs + 2 * MINUTE_MS, throwing)
  const found = expiries.all().map(({ expirySeconds }) => expirySeconds)
  expect(Math.min(...found)).toBeLessThan(oldest)
})

import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { feedPlaceProblems, feedPlacesOf } from '../../aggregator/handover/feed-places.ts'
import { handoverMessageOf } from '../../aggregator/handover/handover.ts'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { roundedToLane } from '../../aggregator/report/lanes.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { committeeInABox, ok } from '../../contracts/testing/committee-box.ts'
import { activateCall, handOverCall } from '../../node/chain/handover-calls.ts'
import { CHAIN_START_MS, sendCalldata } from '../support/contracts/chain.ts'
import { latestOf, startHub, type TestHub } from '../support/contracts/hub.ts'
import { committeeOfFour } from '../unit/node/config/fixtures.ts'

const SWITCH_MS = 120_000
const next = committeeInABox({ members: 4, seed: 'one flagship feed more' })

const [fixture] = committeeOfFour().params.feeds
const feed = (name: string, tier: FeedParams['tier'] = 'flagship'): FeedParams => ({
  ...(fixture as FeedParams),
  ...{ name, tier },
})
/** Two flagship feeds and two long-tail feeds; the next committee adds a flagship feed. */
const FEEDS = [feed('F0'), feed('F1'), feed('F2', 'long-tail'), feed('F3', 'long-tail')]
const MORE = [...FEEDS.slice(0, 2), feed('NEW'), ...FEEDS.slice(2)]
const tail = (value: bigint) => roundedToLane(ok(value))

let hub: TestHub

beforeAll(async () => {
  const { flagshipFeeds } = feedPlacesOf(FEEDS)
  hub = await startHub({ historyFeeds: 2, flagshipFeeds, feedCount: FEEDS.length })
})

afterAll(() => hub.chain.close())

async function pairOf(place: number): Promise<readonly bigint[]> {
  return hub.chain.reader.readContract({
    address: hub.address,
    abi: priceFeedsAbi,
    functionName: 'history',
    args: [BigInt(place), 0n, 2n],
  })
}

async function handOver(): Promise<void> {
  const handover = {
    epoch: 2,
    committeeDigest: keccak_256(next.groupKey.publicKey),
    publicKey: next.groupKey.publicKey,
    activeFromMs: CHAIN_START_MS + SWITCH_MS,
    ...next.clock,
  }
  const signature = hub.box.sign(handoverMessageOf(keccak_256, handover))
  await hub.chain.at(CHAIN_START_MS + 100_000)
  await sendCalldata(hub.chain, { to: hub.address, data: handOverCall({ handover, signature }) })
  await hub.chain.at(CHAIN_START_MS + SWITCH_MS)
  await sendCalldata(hub.chain, { to: hub.address, data: activateCall('committee') })
}

test('a flagship feed more moves long-tail feeds on chain, and no history', async () => {
  for (const each of [1, 3, 5]) {
    await hub.report(hub.roundAt(60_000 + each * 5_000), [ok(10n), ok(20n), tail(30n), tail(40n)])
  }
  const before = [await pairOf(0), await pairOf(1)]
  expect(before.flat().filter((pair) => pair !== 0n)).toHaveLength(4)
  expect(before[0]).not.toEqual(before[1])
  await handOver()
  const round = hub.roundAt(SWITCH_MS + 5_000)
  const feeds = [ok(11n), ok(21n), ok(99n), tail(31n), tail(41n)]
  const calldata = encodeUpdate(keccak_256, {
    certificate: next.certify({ round, feeds }),
    feeds: [2, 3, 4],
    committee: { ...next, epoch: 2, publicKey: next.groupKey.publicKey, isFirstClock: true },
  })
  await hub.deliver(calldata, next.clock.genesisMs + round * next.clock.roundMs + 1_000)

  // Readers of F2, in place 2, now see the new feed; and in its own place F2 reads as F3.
  expect((await latestOf(hub, 2)).value).toBe(99n)
  expect((await latestOf(hub, 3)).value).toBe(41n)
  expect(await latestOf(hub, 4)).toMatchObject({ value: 0n, status: 0 })
  // Rings stand 4096 slots apart, whoever reports: nothing of feeds with history has changed.
  expect([await pairOf(0), await pairOf(1)]).toEqual(before)
})

test('such a committee has problems, and so has every other that moves a feed', () => {
  const problems = (feeds: readonly FeedParams[], first = FEEDS) =>
    feedPlaceProblems(feedPlacesOf(first), feeds).map(({ path }) => path)
  expect(problems(MORE)).toEqual([...['feeds[2].name', 'feeds[2].tier', 'feeds[3].name']])
  const [f0, f1, f2, f3] = FEEDS as [FeedParams, FeedParams, FeedParams, FeedParams]
  expect(problems([f1, f0, f2, f3])).toEqual(['feeds[0].name', 'feeds[1].name'])
  expect(problems([{ ...f0, decimals: f0.decimals + 1 }])).toEqual(['feeds[0].decimals'])
  expect(problems([f0, { ...f1, tier: 'long-tail' }, f2, f3])).toEqual(['feeds[1].tier'])
  // A contract that was deployed without long-tail feeds reads none.
  expect(problems(FEEDS, [f0, f1])).toEqual(['feeds[2].tier', 'feeds[3].tier'])

  expect(problems(FEEDS)).toEqual([])
  expect(problems([...FEEDS, feed('F4', 'long-tail')])).toEqual([])
  expect(problems([f0, f1, feed('F2')], [f0, f1])).toEqual([])
  expect(problems([f0, f1, f2])).toEqual([])
})

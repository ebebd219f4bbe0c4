import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { roundedToLane } from '../../aggregator/report/lanes.ts'
import { startHub, type TestHub } from '../../test/support/contracts/hub.ts'
import { ok } from '../testing/committee-box.ts'

/** Rounds between two updates of a feed. */
const ROUNDS_BETWEEN = 20
const PRICE = 9_123_456_789_012n
const SPREAD = 1_234_567n

/** Feeds like bitcoin's: eight decimals, spread of some basis points. */
function feedsOf(count: number, round: number): FeedReport[] {
  return Array.from({ length: count }, (_, index) => ok(PRICE + BigInt(index + round), SPREAD))
}

interface Series {
  /** Total gas of an update with an even number, and of one with an odd one, which ends a pair. */
  readonly even: number
  readonly odd: number
}

/** Slots of the history of the first feed (docs/contracts.md). */
const HISTORY_SLOT = 1280
const PAIRS = 4096
/** Bits 97..68 of a feed's word, and how many values a ring holds. */
const SEQUENCE_SHIFT = 68n
const RING_VALUES = 8192n

const slotOf = (number: number) => `0x${number.toString(16).padStart(64, '0')}`

/**
 * Puts feeds where a whole ring of updates leaves them: the newest has the number 8,192, and each
 * slot that the measured updates come by was written before.
 */
async function fillRing(hub: TestHub, feeds: readonly number[], pairs: number): Promise<void> {
  const { reader } = hub.chain
  const set = async (slot: number, value: bigint) => {
    const params = [hub.address, slotOf(slot), `0x${value.toString(16).padStart(64, '0')}`]
    await reader.request({ method: 'hardhat_setStorageAt' as never, params: params as never })
  }
  for (const feed of feeds) {
    const slot = slotOf(feed) as `0x${string}`
    const word = BigInt((await reader.getStorageAt({ address: hub.address, slot })) ?? '0x0')
    await set(feed, word | (RING_VALUES << SEQUENCE_SHIFT))
    for (let pair = 0; pair < pairs; pair++) await set(HISTORY_SLOT + PAIRS * feed + pair, word)
  }
}

/** Two updates in a row, after some that wrote everything once that is written. */
async function series(hub: TestHub, size: number, chosen: readonly number[]): Promise<Series> {
  const gas: number[] = []
  for (let turn = 0; turn < 6; turn++) {
    const round = hub.roundAt(60_000) + turn * ROUNDS_BETWEEN
    gas.push(await hub.report(round, feedsOf(size, turn), chosen))
  }
  // The first of them has an odd number: the history begins with 1, and 8,192 is even.
  const [odd = 0, even = 0] = gas.slice(-2)
  return { even, odd }
}

async function single(members: number, size: number, historyFeeds: number, pairs: number) {
  const hub = await startHub({ members, historyFeeds, feedCount: 1 })
  if (pairs > 0) await fillRing(hub, [0], pairs)
  const found = await series(hub, size, [0])
  await hub.chain.close()
  return found
}

/** As many pairs as the measured updates write, since each slot of a test's chain takes a call. */
const PAIRS_MEASURED = 4

async function flagships(count: number): Promise<number> {
  const hub = await startHub({ feedCount: count })
  const all = Array.from({ length: count }, (_, index) => index)
  await fillRing(hub, all, PAIRS_MEASURED)
  const { even, odd } = await series(hub, count, all)
  await hub.chain.close()
  return Math.ceil((even + odd) / 2 / count)
}

/** An update of all long-tail feeds of a committee that has no others, per feed. */
async function longTail(count: number): Promise<number> {
  const hub = await startHub({
    historyFeeds: 0,
    flagshipFeeds: 0,
    feedCount: 1,
  })
  let used = 0
  // The second update finds every slot written.
  for (let turn = 0; turn < 2; turn++) {
    const round = hub.roundAt(60_000) + turn * ROUNDS_BETWEEN
    used = await hub.report(round, feedsOf(count, turn).map(roundedToLane))
  }
  await hub.chain.close()
  return Math.ceil(used / count)
}

/** Total transaction gas of updates in steady state, by the keys of contracts/gas.json. */
export async function measureUpdates(): Promise<Record<string, number>> {
  const n4 = await single(4, 1, 1024, PAIRS)
  const n31 = await single(31, 1, 1024, PAIRS)
  const of32 = await single(4, 32, 1024, PAIRS)
  const mean = ({ even, odd }: Series) => Math.ceil((even + odd) / 2)
  return {
    'update.single.history.n4': mean(n4),
    'update.single.history.n4.worst': n4.odd,
    'update.single.history.n4.freshRing': (await single(4, 1, 1024, 0)).odd,
    'update.single.history.n31': mean(n31),
    'update.single.history.of32': mean(of32),
    'update.single.nohistory': (await single(4, 1, 0, 0)).even,
    'update.flagship.8.perFeed': await flagships(8),
    'update.flagship.32.perFeed': await flagships(32),
    'update.batch.8.perFeed': await longTail(8),
    'update.batch.32.perFeed': await longTail(32),
    'update.batch.100.perFeed': await longTail(100),
    'update.batch.250.perFeed': await longTail(250),
  }
}

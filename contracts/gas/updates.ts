import type { FeedReport } from '../../aggregator/report/words.ts'
import { startHub, type TestHub } from '../../test/support/contracts/hub.ts'
import { ok } from '../testing/committee-box.ts'

/** Rounds between two updates of a feed. */
const ROUNDS_BETWEEN = 20
/** Values kept per feed with history: after so many updates every slot of the ring is in use. */
const PRICE = 9_123_456_789_012n
const SPREAD = 1_234_567n

/** Feeds like bitcoin's: eight decimals, spread of some basis points. */
function feedsOf(count: number, round: number): FeedReport[] {
  return Array.from({ length: count }, (_, index) => ok(PRICE + BigInt(index + round), SPREAD))
}

interface Series {
  /** Total gas of an update after an even and after an odd one. */
  readonly plain: number
  readonly paired: number
}

/** The second pair of updates of a hub: nothing is written for the first time but the ring. */
async function series(hub: TestHub, size: number, chosen: readonly number[]): Promise<Series> {
  const gas: number[] = []
  for (let turn = 0; turn < 6; turn++) {
    const round = hub.roundAt(60_000) + turn * ROUNDS_BETWEEN
    gas.push(await hub.report(round, feedsOf(size, turn), chosen))
  }
  const [paired = 0, plain = 0] = gas.slice(-2)
  return { plain, paired }
}

/** A slot of the ring that is written again costs this much less than a fresh one (EIP-2200). */
const FRESH_SLOT_GAS = 17_100

async function single(members: number, size: number, historyFeeds: number) {
  const hub = await startHub({ members, historyFeeds, feedCount: 1 })
  const found = await series(hub, size, [0])
  await hub.chain.close()
  return found
}

async function flagships(count: number): Promise<number> {
  const hub = await startHub({ feedCount: count })
  const all = Array.from({ length: count }, (_, index) => index)
  const { plain, paired } = await series(hub, count, all)
  await hub.chain.close()
  return Math.ceil((plain + paired - count * FRESH_SLOT_GAS) / 2 / count)
}

/** Total transaction gas of updates in steady state, by the keys of contracts/gas.json. */
export async function measureUpdates(): Promise<Record<string, number>> {
  const n4 = await single(4, 1, 1024)
  const n31 = await single(31, 1, 1024)
  const of32 = await single(4, 32, 1024)
  const mean = ({ plain, paired }: Series) => Math.ceil((plain + paired - FRESH_SLOT_GAS) / 2)
  return {
    'update.single.history.n4': mean(n4),
    'update.single.history.n4.worst': n4.paired - FRESH_SLOT_GAS,
    'update.single.history.n4.freshRing': n4.paired,
    'update.single.history.n31': mean(n31),
    'update.single.history.of32': mean(of32),
    'update.single.nohistory': (await single(4, 1, 0)).plain,
    'update.flagship.8.perFeed': await flagships(8),
    'update.flagship.32.perFeed': await flagships(32),
  }
}

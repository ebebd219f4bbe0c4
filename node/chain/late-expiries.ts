import { lateExpiries, lateSettlementOf } from '../../aggregator/delivery/late-settlement.ts'
import type { SettlementRounds } from '../../aggregator/delivery/settlement.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { MarketExpiries } from './market-expiries.ts'
import type { SettlementPlan } from './open-expiries.ts'
import type { Ask } from './rpc.ts'
import { readSettlement, type Settling } from './settlement-calls.ts'

export interface LateExpiriesDependencies {
  readonly target: {
    readonly readNow: <T>(ask: Ask<T>) => Promise<T>
    /** Number of this node's committee on the contract. */
    readonly epoch: number
  }
  readonly roundsOf: (expirySeconds: number) => SettlementRounds | null
  readonly certificateOf: (round: Round) => Certificate | null
}

/** Expiries looked back at in one look. */
const LOOKED_BACK_MAX = 4

/** Where a plan stands in looking back: expiries before this one were not asked for yet. */
interface Cursor {
  readonly lateBefore: (nowMs: UnixMs, before: number) => Settling | null
  before: number
}

/**
 * Looks back, once, for expiries that are late, have no price, and whose round this node has: those
 * that a process before this one went on with. The newest first, a few in each look.
 */
export class LateExpiries {
  readonly #use: LateExpiriesDependencies
  readonly #cursors: readonly Cursor[]

  constructor(
    plans: readonly SettlementPlan[],
    markets: readonly MarketExpiries[],
    dependencies: LateExpiriesDependencies,
  ) {
    this.#use = dependencies
    const finders = [...plans.flatMap(ofSchedule), ...markets.map(ofMarket)]
    this.#cursors = finders.map((lateBefore) => ({ lateBefore, before: Number.POSITIVE_INFINITY }))
  }

  /** Looks back once more from now on: something had no room. */
  again(): void {
    for (const cursor of this.#cursors) cursor.before = Number.POSITIVE_INFINITY
  }

  /** Hands on what is to be settled yet; rejects as `RpcPool.agreed`, and goes on there. */
  async look(nowMs: UnixMs, onFound: (settling: Settling) => void): Promise<void> {
    let left = LOOKED_BACK_MAX
    for (const cursor of this.#cursors) {
      while (left > 0) {
        const settling = cursor.lateBefore(nowMs, cursor.before)
        if (settling === null) break
        if (await this.#isUnsettled(settling)) onFound(settling)
        cursor.before = settling.expirySeconds
        left -= 1
      }
    }
  }

  async #isUnsettled(settling: Settling): Promise<boolean> {
    const { target, roundsOf, certificateOf } = this.#use
    const rounds = roundsOf(settling.expirySeconds)
    if (rounds === null) return false
    if (lateSettlementOf({ feed: settling.feed, rounds, certificateOf }) === null) return false
    const standing = await target.readNow((client, block) =>
      readSettlement(client, block, settling),
    )
    return !standing.isFinal && standing.epoch === target.epoch
  }
}

function ofSchedule(plan: SettlementPlan): readonly Cursor['lateBefore'][] {
  if ('market' in plan) return []
  const { contract, feed, schedule } = plan
  const lateBefore: Cursor['lateBefore'] = (nowMs, before) => {
    const [expirySeconds] = lateExpiries(schedule, { nowMs, before, countMax: 1 })
    return expirySeconds === undefined ? null : { contract, feed, expirySeconds }
  }
  return [lateBefore]
}

function ofMarket(market: MarketExpiries): Cursor['lateBefore'] {
  return (nowMs, before) =>
    market.late(nowMs).find(({ expirySeconds }) => expirySeconds < before) ?? null
}

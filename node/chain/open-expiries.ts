import type { Address } from 'viem'
import type { Context } from '../../aggregator/context.ts'
import {
  type ExpirySchedule,
  isOpen,
  openExpiries,
  SETTLEMENT_WINDOW_MS,
  type SettlementRounds,
  settlementRoundsOf,
  settlementTurnMs,
} from '../../aggregator/settlement.ts'
import type { FeedIndex, MemberIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { SettlementView } from '../api/view.ts'
import { MarketExpiries } from './market-expiries.ts'
import type { Ask } from './rpc.ts'
import type { Settling } from './settlement-calls.ts'

/** What is settled: a feed by a schedule, or whatever an option market has offers for. */
export type SettlementPlan =
  | { readonly contract: Address; readonly feed: FeedIndex; readonly schedule: ExpirySchedule }
  | { readonly market: Address }

/** An expiry whose window is open, or was until a minute ago. */
export interface OpenExpiry extends Settling {
  readonly rounds: SettlementRounds
  /** Of a market: whoever writes an offer can make one, so those of schedules go first. */
  readonly isOfMarket: boolean
  state: SettlementView['state']
  /** Nothing is sent before; an attempt moves it. */
  turnMs: UnixMs
  /** When the chain was last asked; negative infinity before. */
  readMs: UnixMs
  isSending: boolean
  /** What the last attempt failed with, so that the log says it once. */
  fault: string
}

/** An expiry is remembered so long behind its window: then it is known whether it has a price. */
const REMEMBERED_MS = 60_000
/** Beyond it those that come later wait. */
const OPEN_MAX = 1_024

/** The expiries of all plans of one target that are due, each once. */
export class OpenExpiries {
  readonly #plans: readonly SettlementPlan[]
  readonly #use: { readonly context: Context; readonly self: MemberIndex }
  readonly #markets: readonly MarketExpiries[]
  readonly #open = new Map<string, OpenExpiry>()

  constructor(
    plans: readonly SettlementPlan[],
    use: {
      readonly context: Context
      readonly self: MemberIndex
      readonly readNow: <T>(ask: Ask<T>) => Promise<T>
    },
  ) {
    this.#plans = plans
    this.#use = use
    this.#markets = plans.flatMap((plan) =>
      'market' in plan ? [new MarketExpiries(plan.market, use.readNow)] : [],
    )
  }

  /** Those of schedules before those of markets. */
  all(): readonly OpenExpiry[] {
    const open = [...this.#open.values()]
    return open.toSorted((a, b) => Number(a.isOfMarket) - Number(b.isOfMarket))
  }

  /** Asks markets for news. What they fail with goes to `onFault`; the others go on. */
  async look(nowMs: UnixMs, onFault: (error: unknown) => void): Promise<void> {
    for (const market of this.#markets) await market.look(nowMs).catch(onFault)
  }

  /** Takes in what is due now, and forgets what is over. */
  turnTo(nowMs: UnixMs): void {
    for (const [key, { expirySeconds, isSending }] of this.#open) {
      const forgottenMs = expirySeconds * 1_000 + SETTLEMENT_WINDOW_MS + REMEMBERED_MS
      if (nowMs > forgottenMs && !isSending) this.#open.delete(key)
    }
    for (const plan of this.#plans) {
      if ('market' in plan) continue
      const { contract, feed, schedule } = plan
      for (const expirySeconds of openExpiries(schedule, nowMs)) {
        this.#add({ contract, feed, expirySeconds }, false)
      }
    }
    for (const market of this.#markets) {
      for (const settling of market.open(nowMs)) this.#add(settling, true)
    }
  }

  #add(settling: Settling, isOfMarket: boolean): void {
    const { contract, feed, expirySeconds } = settling
    const key = `${contract.toLowerCase()} ${feed} ${expirySeconds}`
    if (this.#open.has(key) || this.#open.size >= OPEN_MAX) return
    const { context, self } = this.#use
    const rounds = settlementRoundsOf(context.committee, expirySeconds)
    if (rounds === null) return
    const turnMs = settlementTurnMs(context, self, { expirySeconds, first: rounds.first })
    const readMs = Number.NEGATIVE_INFINITY
    const before = { state: 'waiting', turnMs, readMs, isSending: false, fault: '' } as const
    this.#open.set(key, { ...settling, rounds, isOfMarket, ...before })
  }
}

/** Whether an expiry was looked at when its window was over. */
export function wasReadAfterwards({ expirySeconds, readMs }: OpenExpiry): boolean {
  return readMs > expirySeconds * 1_000 && !isOpen(expirySeconds, readMs)
}

import type { Address } from 'viem'
import type { Context } from '../../aggregator/context.ts'
import { isLate, lateTurnMs } from '../../aggregator/delivery/late-settlement.ts'
import {
  type ExpirySchedule,
  isOpen,
  openExpiries,
  SETTLEMENT_WINDOW_MS,
  type SettlementRounds,
  settlementRoundsOf,
  settlementTurnMs,
} from '../../aggregator/delivery/settlement.ts'
import type { FeedIndex, MemberIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { SettlementView } from '../api/view.ts'
import { LateExpiries, type LateExpiriesDependencies } from './late-expiries.ts'
import { MarketExpiries } from './market-expiries.ts'
import type { Settling } from './settlement-calls.ts'

/** What is settled: a feed by a schedule, or whatever an option market has offers for. */
export type SettlementPlan =
  | { readonly contract: Address; readonly feed: FeedIndex; readonly schedule: ExpirySchedule }
  | { readonly market: Address }

/** An expiry whose window is open, or was until a minute ago; or that is late and goes on. */
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
  /** Its window is over, and the round of the expiry alone settles it. */
  isLate: boolean
  /** The chain was out of reach when it was to be looked at. */
  isBlind: boolean
  /** No price can come any more as far as this node can tell: it lacks the round, or its hub. */
  isHopeless: boolean
  /** What the last attempt failed with, so that the log says it once. */
  fault: string
}

/** An expiry is remembered so long behind its window: then it is known whether it has a price. */
const REMEMBERED_MS = 60_000
/** Beyond it those that come later wait. */
const OPEN_MAX = 1_024
/** Late ones gone on with at once; of more the oldest wait until half of them are settled. */
const LATE_MAX = 256
/** A price that is final is looked at again until the window closes: a block may be taken back. */
const FINAL_LOOK_MS = 15_000

/** The expiries of all plans of one target that are due, each once. */
export class OpenExpiries {
  readonly #plans: readonly SettlementPlan[]
  readonly #use: { readonly context: Context; readonly self: MemberIndex }
  readonly #markets: readonly MarketExpiries[]
  readonly #late: LateExpiries
  readonly #open = new Map<string, OpenExpiry>()
  #hasLeftOut = false

  constructor(
    plans: readonly SettlementPlan[],
    use: Omit<LateExpiriesDependencies, 'roundsOf'> & {
      readonly context: Context
      readonly self: MemberIndex
    },
  ) {
    this.#plans = plans
    this.#use = use
    this.#markets = plans.flatMap((plan) =>
      'market' in plan ? [new MarketExpiries(plan.market, (ask) => use.target.readNow(ask))] : [],
    )
    const roundsOf = (expiry: number) => settlementRoundsOf(use.context.committee, expiry)
    this.#late = new LateExpiries(plans, this.#markets, { ...use, roundsOf })
  }

  /** Those in their window first, of them those of schedules before those of markets. */
  all(): readonly OpenExpiry[] {
    const rank = ({ isLate: late, isOfMarket }: OpenExpiry) => 2 * Number(late) + Number(isOfMarket)
    return [...this.#open.values()].toSorted((a, b) => rank(a) - rank(b))
  }

  /** Asks markets for news, and looks back. What fails goes to `onFault`; the others go on. */
  async look(nowMs: UnixMs, onFault: (error: unknown) => void): Promise<void> {
    for (const market of this.#markets) await market.look(nowMs).catch(onFault)
    const late = this.#lateOnes().length
    if (this.#hasLeftOut && late < LATE_MAX / 2) {
      this.#hasLeftOut = false
      this.#late.again()
    }
    if (late >= LATE_MAX) return
    await this.#late.look(nowMs, (settling) => this.#add(settling, nowMs)).catch(onFault)
  }

  /** Takes in what is due now, and forgets what is over. */
  turnTo(nowMs: UnixMs): void {
    for (const [key, open] of this.#open) {
      this.#turn(open, nowMs)
      if (isForgotten(open, nowMs)) this.#open.delete(key)
    }
    const tooMany = this.#lateOnes().toSorted((a, b) => b.expirySeconds - a.expirySeconds)
    for (const open of tooMany.slice(LATE_MAX)) {
      this.#hasLeftOut = true
      this.#open.delete(keyOf(open))
    }
    for (const plan of this.#plans) {
      if ('market' in plan) continue
      const { contract, feed, schedule } = plan
      for (const expirySeconds of openExpiries(schedule, nowMs)) {
        this.#add({ contract, feed, expirySeconds }, nowMs)
      }
    }
    for (const market of this.#markets) {
      for (const settling of market.open(nowMs)) this.#add(settling, nowMs, true)
    }
  }

  #lateOnes(): readonly OpenExpiry[] {
    return [...this.#open.values()].filter((open) => open.isLate && !open.isSending)
  }

  /** What falls out of its window without a price has other turns from then on. */
  #turn(open: OpenExpiry, nowMs: UnixMs): void {
    if (open.isLate || !isLate(open.expirySeconds, nowMs)) return
    open.isLate = true
    const { context, self } = this.#use
    const { expirySeconds, rounds } = open
    open.turnMs = lateTurnMs(context, self, { expirySeconds, ...rounds, afterMs: nowMs })
  }

  #add(settling: Settling, nowMs: UnixMs, isOfMarket = false): void {
    const key = keyOf(settling)
    if (this.#open.has(key) || this.#open.size >= OPEN_MAX) return
    const { context, self } = this.#use
    const { expirySeconds } = settling
    const rounds = settlementRoundsOf(context.committee, expirySeconds)
    if (rounds === null) return
    const turnMs = settlementTurnMs(context, self, { expirySeconds, first: rounds.first })
    const readMs = Number.NEGATIVE_INFINITY
    const before = { state: 'waiting', isSending: false, isLate: false, isBlind: false } as const
    const hope = { isHopeless: false, fault: '' }
    const open: OpenExpiry = { ...settling, rounds, isOfMarket, ...before, ...hope, turnMs, readMs }
    this.#turn(open, nowMs)
    this.#open.set(key, open)
  }
}

/** Takes note that a price is final; it is looked at for a while, for a block may be taken back. */
export function settle(open: OpenExpiry, nowMs: UnixMs): void {
  if (open.isLate && open.state !== 'final') open.turnMs = nowMs + REMEMBERED_MS
  open.state = 'final'
}

/** Whether the chain is to be asked now how an expiry stands. */
export function isLookDue(open: OpenExpiry, nowMs: UnixMs): boolean {
  if (open.isSending || open.state === 'missed') return false
  const isDone = open.state === 'final' || open.state === 'foreign'
  if (isDone) return nowMs - open.readMs >= FINAL_LOOK_MS
  return !open.isLate || !wasReadAfterwards(open) || nowMs >= open.turnMs
}

/** Whether an expiry was looked at when its window was over. */
export function wasReadAfterwards({ expirySeconds, readMs }: OpenExpiry): boolean {
  return readMs > expirySeconds * 1_000 && !isOpen(expirySeconds, readMs)
}

/** One that is late is gone on with while it has no price and can have one. */
function isForgotten(open: OpenExpiry, nowMs: UnixMs): boolean {
  const { expirySeconds, isSending, state, turnMs } = open
  const isOver = nowMs > expirySeconds * 1_000 + SETTLEMENT_WINDOW_MS + REMEMBERED_MS
  const isUnsettled = state === 'waiting' || state === 'missing'
  const isJustFinal = state === 'final' && open.isLate && nowMs <= turnMs
  const goesOn = isLate(expirySeconds, nowMs) && (isUnsettled || isJustFinal)
  return isOver && !goesOn && !isSending
}

function keyOf({ contract, feed, expirySeconds }: Settling): string {
  return `${contract.toLowerCase()} ${feed} ${expirySeconds}`
}

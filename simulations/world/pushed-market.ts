import {
  costUsd,
  holdTrade,
  NO_TRADE,
  type OrderBook,
  partOf,
  pushTrade,
  reachOf,
  revertedOf,
  sumOf,
  type Trade,
} from '../economics/order-book.ts'
import { PRICE_STEP_US } from './prices.ts'

/** A market of a venue that somebody may push. */
export interface PushableMarket {
  /** `quoteKey` of venue and market. */
  readonly key: string
  readonly venue: string
  readonly market: string
  readonly book: OrderBook
  /** What members let it weigh beside the others of its market; only ratios count. */
  readonly weight: number
}

/** What was traded to move a price, and to keep it. */
export interface PushTrades {
  readonly push: Trade
  readonly hold: Trade
}

const STEP_SECONDS = PRICE_STEP_US / 1_000_000
/** Steps kept, as of true prices. */
const STEPS_KEPT = 2_048

/** How far one market is off, step by step, and what that has cost whoever pushes it. */
export class PushedMarket {
  readonly of: PushableMarket
  readonly #moves = new Float64Array(STEPS_KEPT)
  #latest = 0
  #at = 0
  #trades: PushTrades = { push: NO_TRADE, hold: NO_TRADE }
  #furthest = 0

  constructor(of: PushableMarket) {
    this.of = of
  }

  /** Share of the true price by which it is off now. */
  get at(): number {
    return this.#at
  }

  get trades(): PushTrades {
    return this.#trades
  }

  /** Furthest that it was off, with its sign. */
  get furthest(): number {
    return this.#furthest
  }

  /** The same at a time before now; not too far back. */
  moveAt(timeUs: number): number {
    const step = Math.floor(timeUs / PRICE_STEP_US)
    if (step < 0) return 0
    if (step >= this.#latest) return this.#at
    if (this.#latest - step >= STEPS_KEPT) {
      throw new RangeError('a pushed price is asked for too far back')
    }
    return this.#moves[step % STEPS_KEPT] as number
  }

  /**
   * One step: arbitrage works against what is off, the attacker buys what it offers and moves on to
   * `level`, as far as the money goes. What it does shows from the next step on. On the other side
   * of the true price it begins there: it sells at that price what it has bought.
   *
   * @param level null, or the same way and less than it is off: it is let go
   * @returns what it cost, at most `usd`
   */
  step(step: number, { level, usd }: { readonly level: number | null; readonly usd: number }) {
    this.#record(step)
    if (level !== null) this.#at = this.#from(level)
    const isWanted = level !== null && Math.abs(level) >= Math.abs(this.#at)
    const held = isWanted ? this.#hold(usd) : this.#letGo(level)
    return isWanted ? held + this.#push(level, usd - held) : held
  }

  /** What it would cost from here to be at a level for so long. */
  costOf(level: number, seconds: number): number {
    const { book } = this.of
    const from = this.#from(level)
    const isFurther = Math.abs(level) > Math.abs(from)
    const push = isFurther ? costUsd(pushTrade(book, from, level)) : 0
    return push + costUsd(holdTrade(book, level, seconds))
  }

  /** Where a push to a level begins. */
  #from(level: number): number {
    return level * this.#at < 0 ? 0 : this.#at
  }

  #record(step: number): void {
    // Steps that nobody took are as the last one left it.
    for (; this.#latest <= step; this.#latest++) {
      this.#moves[this.#latest % STEPS_KEPT] = this.#at
    }
  }

  #hold(usd: number): number {
    const { book } = this.of
    const whole = holdTrade(book, this.#at, STEP_SECONDS)
    const wantedUsd = costUsd(whole)
    const held = wantedUsd <= usd ? 1 : usd / wantedUsd
    this.#trades = { ...this.#trades, hold: sumOf(this.#trades.hold, partOf(whole, held)) }
    this.#at = revertedOf(book, { at: this.#at, seconds: STEP_SECONDS, held })
    return wantedUsd * held
  }

  #push(level: number, usd: number): number {
    const { book } = this.of
    const to = reachOf(book, { from: this.#at, to: level, usd })
    const trade = pushTrade(book, this.#at, to)
    this.#trades = { ...this.#trades, push: sumOf(this.#trades.push, trade) }
    this.#at = to
    if (Math.abs(to) > Math.abs(this.#furthest)) this.#furthest = to
    return costUsd(trade)
  }

  #letGo(level: number | null): number {
    const at = revertedOf(this.of.book, { at: this.#at, seconds: STEP_SECONDS, held: 0 })
    const isBeyond = level !== null && level * at > 0 && Math.abs(at) < Math.abs(level)
    this.#at = isBeyond ? level : at
    return 0
  }
}

import type { Address } from 'viem'
import { isLate } from '../../aggregator/delivery/late-settlement.ts'
import { isOpen } from '../../aggregator/delivery/settlement.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Ask } from './rpc.ts'
import { OFFERS_AT_ONCE, readMarketTerms, readOffers, type Settling } from './settlement-calls.ts'

/** Kept at once; of more the nearest stay. A stranger who fills it pays for each offer. */
const EXPIRIES_MAX = 100_000
/** Late ones kept; of more the newest stay. */
const LATE_MAX = 1_024
/** How often a market is asked for new offers: far less than the ten minutes of a window. */
const LOOK_EVERY_MS = 15_000
/** Questions in one look; the next one goes on. */
const QUESTIONS_MAX = 64

/** The expiries for which an option market has offers, by its own numbering: none is missed. */
export class MarketExpiries {
  readonly #market: Address
  readonly #readNow: <T>(ask: Ask<T>) => Promise<T>
  #terms: Omit<Settling, 'expirySeconds'> | null = null
  #expiries = new Set<number>()
  #late = new Set<number>()
  /** Number of the newest offer that was read. */
  #read = 0
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(market: Address, readNow: <T>(ask: Ask<T>) => Promise<T>) {
    this.#market = market
    this.#readNow = readNow
  }

  /** How many offers were read, from the first on. */
  get offersRead(): number {
    return this.#read
  }

  /**
   * Reads what is new, now and then; rejects as `RpcPool.agreed` does.
   *
   * @returns whether all is read; if not, the next look goes on
   */
  async look(nowMs: UnixMs): Promise<boolean> {
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return true
    const market = this.#market
    this.#terms ??= await this.#readNow((client, block) => readMarketTerms(client, block, market))
    // The newest ones again: blocks that were taken back may have come back with other offers.
    this.#read = Math.max(0, this.#read - OFFERS_AT_ONCE)
    for (let questions = 0; questions < QUESTIONS_MAX; questions++) {
      const after = this.#read
      const { count, expiries } = await this.#readNow((client, block) =>
        readOffers(client, block, { market, after }),
      )
      for (const expiry of expiries) {
        if (!isOver(expiry, nowMs)) this.#expiries.add(expiry)
        else if (isLate(expiry, nowMs)) this.#late.add(expiry)
      }
      // An endpoint that was rolled back may count fewer: what it lost is read again.
      this.#read = Math.min(count, after + OFFERS_AT_ONCE)
      if (this.#read < count) continue
      this.#lookedMs = nowMs
      break
    }
    this.#forget(nowMs)
    return this.#lookedMs === nowMs
  }

  /** What may be settled now, the earliest expiry first. */
  open(nowMs: UnixMs): readonly Settling[] {
    const terms = this.#terms
    if (terms === null) return []
    const open = [...this.#expiries].filter((expiry) => isOpen(expiry, nowMs))
    return open.toSorted((a, b) => a - b).map((expirySeconds) => ({ ...terms, expirySeconds }))
  }

  /** Of expiries whose window is over and that are not void, those with offers, newest first. */
  late(nowMs: UnixMs): readonly Settling[] {
    const terms = this.#terms
    if (terms === null) return []
    const late = [...this.#late].filter((expiry) => isLate(expiry, nowMs))
    return late.toSorted((a, b) => b - a).map((expirySeconds) => ({ ...terms, expirySeconds }))
  }

  /** What expires after a moment, in Unix seconds, the earliest first. */
  ahead(nowMs: UnixMs): readonly number[] {
    const ahead = [...this.#expiries].filter((expiry) => expiry * 1_000 > nowMs)
    return ahead.toSorted((a, b) => a - b)
  }

  #forget(nowMs: UnixMs): void {
    const all = new Set([...this.#expiries, ...this.#late])
    const over = [...all].filter((expiry) => isLate(expiry, nowMs))
    this.#late = new Set(over.toSorted((a, b) => b - a).slice(0, LATE_MAX))
    const kept = [...this.#expiries].filter((expiry) => !isOver(expiry, nowMs))
    this.#expiries = new Set(kept.toSorted((a, b) => a - b).slice(0, EXPIRIES_MAX))
  }
}

function isOver(expirySeconds: number, nowMs: UnixMs): boolean {
  return expirySeconds * 1_000 <= nowMs && !isOpen(expirySeconds, nowMs)
}

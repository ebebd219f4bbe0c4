import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { Clock } from '../clock.ts'
import { codeOf } from '../errors.ts'
import type { Log } from '../logging.ts'
import { type Chain, costWei, type Receipt } from './chain.ts'
import type { SendingAccount } from './sender.ts'
import type { OpenNonce, Spending } from './spending.ts'

export interface CostsDependencies {
  readonly chain: Pick<Chain, 'head' | 'minedNonce' | 'receipt'>
  readonly account: Pick<SendingAccount, 'address'>
  readonly spending: Spending
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

/** A receipt that is not there is asked for again after so long: it corrects a count, no more. */
export const RECEIPTS_EVERY_MS: DurationMs = 60_000
/** Receipts asked for in one look; the next one goes on with the others. */
const ASKED_MAX = 32

/** Finds out what transactions cost, and counts it in place of their worst case. */
export class Costs {
  readonly #use: CostsDependencies
  #dataFeeWei = 0n
  #lookedMs: UnixMs = Number.NEGATIVE_INFINITY
  #asked = 0

  constructor(dependencies: CostsDependencies) {
    this.#use = dependencies
  }

  /** Data fee of the newest transaction in a block, in wei; the next one's is not known. */
  get dataFeeWei(): bigint {
    return this.#dataFeeWei
  }

  /** Whether there is a nonce whose cost is not known. */
  get areOpen(): boolean {
    return this.#use.spending.open.length > 0
  }

  /**
   * Reads what was spent today. A count that cannot be read is taken for a ceiling that was spent
   * this hour: for a day no delivery leaves on this chain, over restarts too, and the others go on.
   */
  async read(ceilingWei: bigint): Promise<void> {
    const { spending, clock, log, account } = this.#use
    try {
      await spending.load()
    } catch (error) {
      log.error('chain.spending.unreadable', { code: codeOf(error), error })
      await spending.record(ceilingWei, clock.nowMs()).catch((cause) => {
        log.error('chain.spending.unreadable', { code: codeOf(cause), error: cause })
      })
    }
    spending.payFrom(account.address, clock.nowMs())
  }

  /**
   * Counts what a nonce cost by a receipt that no reorganisation takes back; never rejects. While
   * endpoints differ about it the worst case stays, for the cheaper one may lie. No more counts
   * than the ceiling would have let through: a larger number is a lie, or a fee that multiplied in
   * one block, and both times nothing more is sent for a day.
   */
  async paid(nonce: number, receipt: Omit<Receipt, 'hash'>, ceilingWei: bigint): Promise<void> {
    const { spending, clock, log } = this.#use
    if (!receipt.isAgreed) return
    const weiMax = most(ceilingWei, spending.weiMaxOf(nonce))
    const wei = costWei(receipt)
    this.#dataFeeWei = least(receipt.dataFeeWei, ceilingWei)
    if (wei > weiMax) log.error('chain.cost.overCeiling', { costWei: wei.toString() })
    // It is counted all the same; and nothing more is sent before the count can be written.
    await spending.settle(nonce, least(wei, weiMax), clock.nowMs()).catch((error: unknown) => {
      log.error('chain.spending.notWritten', { code: codeOf(error), error })
    })
  }

  /**
   * Asks now and then for receipts that nobody waits for: of what an earlier process sent, or an
   * endpoint did not have when its nonce was used. Never rejects: what stays open stays counted.
   *
   * @param depth blocks, the including one counted, after which no reorganisation is expected
   */
  async look(depth: number, ceilingWei: bigint): Promise<void> {
    const { chain, spending, clock, log } = this.#use
    const nowMs = clock.nowMs()
    if (!this.areOpen || nowMs - this.#lookedMs < RECEIPTS_EVERY_MS) return
    this.#lookedMs = nowMs
    try {
      const nonce = await chain.minedNonce()
      spending.usedBelow(nonce, nowMs)
      const deepest = (await chain.head()) - depth + 1
      for (const asked of this.#turnOf(spending.open.filter((open) => open.nonce < nonce))) {
        const receipt = await chain.receipt(asked.hash)
        const isDeep = receipt !== null && receipt.blockNumber <= deepest
        if (isDeep) await this.paid(asked.nonce, receipt, ceilingWei)
      }
    } catch (error) {
      log.debug('chain.receipts.unread', { code: codeOf(error) })
    }
  }

  /** So many transactions that no look is long, and all have their turn. */
  #turnOf(used: readonly OpenNonce[]) {
    const all = used.flatMap(({ nonce, hashes }) => hashes.map((hash) => ({ nonce, hash })))
    const from = this.#asked < all.length ? this.#asked : 0
    this.#asked = from + ASKED_MAX
    return all.slice(from, from + ASKED_MAX)
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

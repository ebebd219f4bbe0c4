import type { MemberIndex } from '../../../aggregator/values/ids.ts'
import type { Fees } from '../../../node/chain/fees.ts'
import type { Applied, Delivery } from './contract.ts'

/** A transaction of a member, wherever it is. */
export interface Transaction {
  /** In the order in which they were made. */
  readonly id: number
  readonly sender: MemberIndex
  readonly nonce: number
  readonly fees: Fees
  readonly delivery: Delivery
  /** Since when it is in the pool, in world time. */
  arrivedUs: number
  /** In which block it is; null while it is in none. */
  receipt: TransactionReceipt | null
}

export interface TransactionReceipt {
  readonly blockNumber: number
  /** Tells blocks of one number apart. */
  readonly blockId: number
  readonly outcome: Applied
  readonly gasUsed: bigint
  /** Base fee and tip that were paid, in wei per gas. */
  readonly gasPriceWei: bigint
}

export type PoolAnswer = 'accepted' | 'underpriced' | 'nonceUsed'

/** Transactions that a pool holds at most, as many as a committee could fill with replacements. */
const POOL_MAX = 64
/** A replacement must offer a tenth more of both fees. */
const REPLACE_PERCENT = 110n

/** Transactions that wait for a block, one for each sender and nonce. */
export class Mempool {
  #waiting: Transaction[] = []
  #evicted = 0
  readonly #keepUs: number

  /** @param options `keepUs`: what has waited for longer is forgotten */
  constructor(options: { readonly keepUs: number }) {
    this.#keepUs = options.keepUs
  }

  /** Transactions that were forgotten unmined: too old, or the cheapest of too many. */
  get evicted(): number {
    return this.#evicted
  }

  /** What one sender has waiting with a nonce. */
  of(sender: MemberIndex, nonce: number): Transaction | null {
    const found = this.#waiting.find((each) => each.sender === sender && each.nonce === nonce)
    return found ?? null
  }

  /** @param nonces the next unused one of each sender */
  add(transaction: Transaction, nonces: readonly number[]): PoolAnswer {
    const { sender, nonce } = transaction
    if (nonce < (nonces[sender] ?? 0)) return 'nonceUsed'
    const known = this.of(sender, nonce)
    // Sent again as it is: the pool knows it already.
    if (known !== null && isSame(known.fees, transaction.fees)) return 'accepted'
    if (known !== null && !outbids(transaction.fees, known.fees)) return 'underpriced'
    this.#waiting = [...this.#waiting.filter((each) => each !== known), transaction]
    if (this.#waiting.length > POOL_MAX) this.#evictCheapest()
    return 'accepted'
  }

  /**
   * Transactions that can pay a base fee and a tip, the highest tip first and at equal tips the
   * oldest; of each sender the next nonce alone.
   */
  ready(
    asked: { readonly baseFeeWei: bigint; readonly tipWei: bigint },
    nonces: readonly number[],
  ): readonly Transaction[] {
    return this.#waiting
      .filter(({ sender, nonce, fees }) => {
        if (nonce !== nonces[sender]) return false
        return (
          fees.maxFeePerGas >= asked.baseFeeWei && tipAt(fees, asked.baseFeeWei) >= asked.tipWei
        )
      })
      .sort((a, b) => {
        const [tipA, tipB] = [tipAt(a.fees, asked.baseFeeWei), tipAt(b.fees, asked.baseFeeWei)]
        if (tipA !== tipB) return tipA > tipB ? -1 : 1
        return a.arrivedUs - b.arrivedUs || a.id - b.id
      })
  }

  /** Forgets what is in a block, what can never be any more, and what has waited too long. */
  settle(nonces: readonly number[], nowUs: number): void {
    const { length } = this.#waiting
    if (length === 0) return
    const isYoung = (each: Transaction) => nowUs - each.arrivedUs <= this.#keepUs
    const usable = this.#waiting.filter(({ sender, nonce }) => nonce >= (nonces[sender] ?? 0))
    this.#waiting = usable.filter(isYoung)
    this.#evicted += usable.length - this.#waiting.length
  }

  #evictCheapest(): void {
    let cheapest = this.#waiting[0] as Transaction
    for (const each of this.#waiting) {
      if (each.fees.maxFeePerGas < cheapest.fees.maxFeePerGas) cheapest = each
    }
    this.#waiting = this.#waiting.filter((each) => each !== cheapest)
    this.#evicted += 1
  }
}

/** Tip that a transaction pays beside a base fee, in wei per gas. */
export function tipAt({ maxFeePerGas, maxPriorityFeePerGas }: Fees, baseFeeWei: bigint): bigint {
  const room = maxFeePerGas - baseFeeWei
  return room < maxPriorityFeePerGas ? room : maxPriorityFeePerGas
}

function isSame(a: Fees, b: Fees): boolean {
  return a.maxFeePerGas === b.maxFeePerGas && a.maxPriorityFeePerGas === b.maxPriorityFeePerGas
}

function outbids(offered: Fees, known: Fees): boolean {
  return (
    offered.maxFeePerGas * 100n >= known.maxFeePerGas * REPLACE_PERCENT &&
    offered.maxPriorityFeePerGas * 100n >= known.maxPriorityFeePerGas * REPLACE_PERCENT
  )
}

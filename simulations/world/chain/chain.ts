import type { FeedOnChain } from '../../../aggregator/delivery/due.ts'
import type { MemberIndex } from '../../../aggregator/values/ids.ts'
import type { FeeQuote, Fees } from '../../../node/chain/fees.ts'
import { type Prng, prngOf } from '../../determinism/prng.ts'
import type { Watcher } from '../facts.ts'
import { applied, type ContractOptions, type Delivery, emptyFeeds, gasOf } from './contract.ts'
import { FeeMarket, type FeeMarketOptions, nextBaseFee, type Priced } from './fee-market.ts'
import {
  Mempool,
  type PoolAnswer,
  type Transaction,
  type TransactionReceipt,
  tipAt,
} from './mempool.ts'

export interface ChainOptions {
  readonly seed: number
  readonly members: number
  /** True time at world time 0, in milliseconds since the Unix epoch. */
  readonly epochMs: number
  readonly contract: ContractOptions
  readonly market: FeeMarketOptions
  readonly blockUs: number
  /** A block comes so much earlier or later, by an even draw. */
  readonly jitterUs: number
  readonly poolKeepUs: number
}

export interface ChainDependencies {
  readonly nowUs: () => number
  readonly at: (timeUs: number, run: () => void) => void
  readonly watch: Watcher
}

/** A block, and all that stands after it. */
export interface Block extends Priced {
  readonly number: number
  /** Tells blocks of one number apart. */
  readonly id: number
  /** Whole seconds, in milliseconds since the Unix epoch. */
  readonly timestampMs: number
  readonly feeds: readonly FeedOnChain[]
  /** The next unused nonce of each member. */
  readonly nonces: readonly number[]
  readonly transactions: readonly Transaction[]
}

/** A transaction that a reorganisation took out of its block, and how it stood there. */
export interface Undone {
  readonly transaction: Transaction
  readonly receipt: TransactionReceipt
}

/** Blocks that are kept: what a reorganisation or an endpoint that lags can go back to. */
export const BLOCKS_KEPT = 128

/** One chain with one feed contract on it, for all members. */
export class Chain {
  readonly market: FeeMarket
  readonly contract: ContractOptions
  readonly #options: ChainOptions
  readonly #use: ChainDependencies
  readonly #times: Prng
  readonly #pool: Mempool
  /** Ascending, without gaps. */
  #blocks: Block[]
  #blockIds = 0
  #transactionIds = 0
  #isStanding = false
  readonly #arrivals: ((transaction: Transaction) => void)[] = []

  constructor(options: ChainOptions, dependencies: ChainDependencies) {
    this.#options = options
    this.#use = dependencies
    this.contract = options.contract
    this.market = new FeeMarket(options.market, prngOf(options.seed, 'chain demand'))
    this.#times = prngOf(options.seed, 'chain blocks')
    this.#pool = new Mempool({ keepUs: options.poolKeepUs })
    this.#blocks = [
      {
        number: 0,
        id: 0,
        timestampMs: options.epochMs,
        baseFeeWei: options.market.baseFeeWei,
        gasUsed: options.market.gasTarget,
        marginalTipWei: 0n,
        feeds: emptyFeeds(options.contract.context),
        nonces: Array.from({ length: options.members }, () => 0),
        transactions: [],
      },
    ]
    this.#planBlock()
  }

  get head(): Block {
    return this.#blocks.at(-1) as Block
  }

  /** Transactions that the pool forgot unmined. */
  get evicted(): number {
    return this.#pool.evicted
  }

  /** A block of the chain as it stands; the oldest that is kept for one before it. */
  blockAt(number: number): Block {
    const oldest = this.#blocks[0] as Block
    return this.#blocks[Math.max(0, number - oldest.number)] ?? this.head
  }

  quoteAt(block: Block): FeeQuote {
    return this.market.quoteAfter(block)
  }

  pending(sender: MemberIndex, nonce: number): Transaction | null {
    return this.#pool.of(sender, nonce)
  }

  /** A transaction of a member, on its way to the pool. */
  signed(by: {
    readonly sender: MemberIndex
    readonly nonce: number
    readonly fees: Fees
    readonly delivery: Delivery
  }): Transaction {
    this.#transactionIds += 1
    return { id: this.#transactionIds, ...by, arrivedUs: 0, receipt: null }
  }

  /** The transaction reaches the pool now. */
  submit(transaction: Transaction): PoolAnswer {
    transaction.arrivedUs = this.#use.nowUs()
    const answer = this.#pool.add(transaction, this.head.nonces)
    if (answer === 'accepted') for (const listen of this.#arrivals) listen(transaction)
    return answer
  }

  /** Calls back for whatever reaches the pool: everybody can look into it. */
  onArrival(listen: (transaction: Transaction) => void): void {
    this.#arrivals.push(listen)
  }

  /** The sequencer stops making blocks, or goes on: then the next one comes at once. */
  setStanding(isStanding: boolean): void {
    if (this.#isStanding === isStanding) return
    this.#isStanding = isStanding
    if (!isStanding) this.#makeBlock()
    this.#use.watch({ type: 'chainStood', nowUs: this.#use.nowUs(), isStanding })
  }

  /** The newest blocks give way to as many without a transaction of ours, which wait again. */
  reorganise(depth: number): void {
    const count = Math.min(depth, this.#blocks.length - 1)
    if (count === 0) return
    const gone = this.#blocks.splice(-count)
    const nowUs = this.#use.nowUs()
    const undone = gone.flatMap(({ transactions }) => transactions).flatMap(undoneOf)
    for (const { transaction } of undone) {
      transaction.receipt = null
      this.#pool.add(transaction, this.head.nonces)
    }
    const fromNumber = this.head.number + 1
    this.#use.watch({ type: 'chainReorganised', nowUs, fromNumber, undone })
    for (const { timestampMs } of gone) this.#append(timestampMs, [])
  }

  #planBlock(): void {
    const { blockUs, jitterUs } = this.#options
    const afterUs = blockUs + this.#times.between(-jitterUs, jitterUs)
    this.#use.at(this.#use.nowUs() + afterUs, () => {
      if (!this.#isStanding) this.#makeBlock()
      this.#planBlock()
    })
  }

  #makeBlock(): void {
    const nowUs = this.#use.nowUs()
    this.#pool.settle(this.head.nonces, nowUs)
    const { epochMs } = this.#options
    const seconds = Math.floor((epochMs + Math.floor(nowUs / 1_000)) / 1_000)
    const timestampMs = Math.max(seconds * 1_000, this.head.timestampMs)
    this.#append(timestampMs, null)
  }

  /** @param given transactions in place of those that the pool has ready */
  #append(timestampMs: number, given: readonly Transaction[] | null): void {
    const { gasTarget } = this.#options.market
    const parent = this.head
    const baseFeeWei = nextBaseFee(parent, gasTarget)
    const { gas, marginalTipWei } = this.market.demand(baseFeeWei)
    const asked = { baseFeeWei, tipWei: marginalTipWei }
    this.#blockIds += 1
    const place = { blockNumber: parent.number + 1, blockId: this.#blockIds }
    const filled = this.#fill(given ?? this.#pool.ready(asked, parent.nonces), {
      ...place,
      baseFeeWei,
      timestampMs,
    })
    const limit = 2n * gasTarget
    const gasUsed = gas + filled.gasUsed < limit ? gas + filled.gasUsed : limit
    const block: Block = {
      number: place.blockNumber,
      id: place.blockId,
      timestampMs,
      baseFeeWei,
      gasUsed,
      marginalTipWei,
      ...filled.after,
    }
    this.#blocks.push(block)
    if (this.#blocks.length > BLOCKS_KEPT) this.#blocks.shift()
    const isFull = gas > limit
    this.#use.watch({ type: 'chainBlock', nowUs: this.#use.nowUs(), block, isFull })
  }

  #fill(
    transactions: readonly Transaction[],
    at: {
      readonly blockNumber: number
      readonly blockId: number
      readonly baseFeeWei: bigint
      readonly timestampMs: number
    },
  ) {
    let { feeds } = this.head
    const nonces = [...this.head.nonces]
    let gasUsed = 0n
    for (const transaction of transactions) {
      const { delivery, fees, sender, nonce } = transaction
      const outcome = applied(this.contract, feeds, delivery, at.timestampMs)
      const gas = gasOf(outcome.type, delivery.feeds.length)
      const gasPriceWei = at.baseFeeWei + tipAt(fees, at.baseFeeWei)
      const { blockNumber, blockId } = at
      transaction.receipt = { blockNumber, blockId, outcome, gasUsed: gas, gasPriceWei }
      if (outcome.type === 'stored') ({ feeds } = outcome)
      nonces[sender] = nonce + 1
      gasUsed += gas
    }
    return { gasUsed, after: { feeds, nonces, transactions } }
  }
}

function undoneOf(transaction: Transaction): readonly Undone[] {
  const { receipt } = transaction
  return receipt === null ? [] : [{ transaction, receipt }]
}

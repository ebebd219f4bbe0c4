import type { Hex } from 'viem'
import { keccak256, parseTransaction } from 'viem'
import type { FeedOnChain } from '../../../../aggregator/delivery/due.ts'
import type { Certificate } from '../../../../aggregator/messages/messages.ts'
import type { FeedIndex } from '../../../../aggregator/values/ids.ts'
import type { Chain, GasEstimate, Receipt, SendOutcome } from '../../../../node/chain/chain.ts'
import type { FeeQuote, Fees } from '../../../../node/chain/fees.ts'

export const GWEI = 1_000_000_000n
const GAS_USED = 40_000n

interface Pooled {
  readonly hash: Hex
  readonly nonce: number
  readonly fees: Fees
  readonly gas: bigint
  readonly to: Hex
  readonly data: Hex
}

/** A chain with one wallet, whose blocks a test makes by hand. */
export class FakeChain implements Chain {
  readonly contract: Hex = '0x00000000000000000000000000000000000000fe'
  readonly overtakenErrors = ['Overtaken']
  readonly feedsMax = 255
  blockNumber = 100
  baseFeePerGas = 10n * GWEI
  /** What first attempts are told that the base fee is, where it is not what blocks take. */
  firstQuote: bigint | null = null
  balance = 10n ** 18n
  nonce = 5
  pool: Pooled | null = null
  /** What `estimateGas` answers next. */
  estimate: GasEstimate = { type: 'gas', gas: GAS_USED }
  /** Throws from every call while set. */
  outage: Error | null = null
  isMiningReverted = false
  /** Takes nothing into its blocks. */
  isFull = false
  /** What no block takes, whatever it offers. */
  isPassedOver: (pooled: Pooled) => boolean = () => false
  /** Endpoints do not have the receipts of blocks that they know. */
  hidesReceipts = false
  /** Endpoints differ about what a transaction cost, and none has a majority. */
  disagreesOnCosts = false
  /** Takes transactions, and no answer comes back. */
  losesAnswers = false
  /** What a rollup takes for data. */
  dataFeeWei = 0n
  readonly sends: Pooled[] = []
  readonly rounds = new Map<FeedIndex, number>()
  readonly #receipts = new Map<Hex, Receipt>()

  /** Data is the round and the feeds, readable by `mine`. */
  encodeUpdate(certificate: Certificate, feeds: readonly FeedIndex[]): Hex {
    const numbers = [certificate.round, ...feeds]
    return `0x${Buffer.from(JSON.stringify(numbers)).toString('hex')}`
  }

  /** Feeds from this index on have no history. */
  static readonly LONG_TAIL_FROM = 100

  freshSlotsMax(feeds: readonly FeedIndex[]): number {
    return feeds.filter((feed) => feed < FakeChain.LONG_TAIL_FROM).length
  }

  /** Makes a block of what waits, if it pays enough. */
  mine(): void {
    this.blockNumber++
    const pooled = this.pool
    if (this.isFull || pooled === null || pooled.fees.maxFeePerGas < this.baseFeePerGas) return
    if (this.isPassedOver(pooled)) return
    this.pool = null
    this.nonce = pooled.nonce + 1
    const status = this.isMiningReverted ? 'reverted' : 'success'
    this.#include(pooled.hash, status)
    if (status === 'success' && pooled.to === this.contract) this.#store(pooled.data)
  }

  /** Takes a transaction out of its block, and at once into another, at the fee of now. */
  includeAnew(hash: Hex): void {
    this.blockNumber++
    this.#include(hash, 'success')
  }

  #include(hash: Hex, status: Receipt['status']): void {
    this.#receipts.set(hash, {
      hash,
      status,
      blockNumber: this.blockNumber,
      blockHash: keccak256(`0x${this.blockNumber.toString(16).padStart(8, '0')}`),
      gasUsed: GAS_USED,
      gasPrice: this.baseFeePerGas,
      dataFeeWei: this.dataFeeWei,
      isAgreed: true,
    })
  }

  /** Takes the newest delivery out of its block again. */
  reorganise(hash: Hex): void {
    this.#receipts.delete(hash)
  }

  /** Another transmitter delivers. */
  othersDeliver(round: number, feeds: readonly FeedIndex[]): void {
    for (const feed of feeds) this.rounds.set(feed, round)
  }

  /** The wallet's key is used somewhere else, too. */
  nonceUsedElsewhere(): void {
    this.pool = null
    this.nonce++
  }

  async readFeeds(): Promise<readonly FeedOnChain[]> {
    this.#throwOnOutage()
    return [...this.rounds].map(([feed, round]) => {
      return { feed, round, value: 1n, timestampMs: 0, status: 1 }
    })
  }

  async head(): Promise<number> {
    this.#throwOnOutage()
    return this.blockNumber
  }

  async minedNonce(): Promise<number> {
    this.#throwOnOutage()
    return this.nonce
  }

  async balanceWei(): Promise<bigint> {
    return this.balance
  }

  async quoteFees(attempt: 'first' | 'replacement'): Promise<FeeQuote> {
    const baseFeePerGas = attempt === 'first' ? this.firstQuote : null
    return { baseFeePerGas: baseFeePerGas ?? this.baseFeePerGas, priorityFeePerGas: GWEI }
  }

  async estimateGas(_data?: Hex, _to?: Hex): Promise<GasEstimate> {
    return this.estimate
  }

  async send(signed: Hex): Promise<SendOutcome> {
    this.#throwOnOutage()
    const transaction = parseTransaction(signed)
    const { nonce = 0, gas = 0n, data = '0x', to = null } = transaction
    const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = transaction
    if (nonce < this.nonce) return { type: 'nonceUsed' }
    const fees = { maxFeePerGas, maxPriorityFeePerGas }
    const pooled = { hash: keccak256(signed), nonce, fees, gas, to: to ?? '0x', data }
    if (pooled.hash === this.pool?.hash) return { type: 'accepted' }
    if (this.pool !== null && !outbids(fees, this.pool.fees)) return { type: 'underpriced' }
    this.pool = pooled
    this.sends.push(pooled)
    return this.losesAnswers ? { type: 'refused', reason: 'timed out' } : { type: 'accepted' }
  }

  async receipt(hash: Hex): Promise<Receipt | null> {
    const receipt = this.#receipts.get(hash)
    if (this.hidesReceipts || receipt === undefined) return null
    return { ...receipt, isAgreed: !this.disagreesOnCosts }
  }

  async revertReason(): Promise<string> {
    return 'StaleReport'
  }

  async pending(nonce: number) {
    return this.pool?.nonce === nonce ? this.pool : null
  }

  #store(data: Hex): void {
    const [round = 0, ...feeds] = JSON.parse(
      Buffer.from(data.slice(2), 'hex').toString(),
    ) as number[]
    this.othersDeliver(round, feeds)
  }

  #throwOnOutage(): void {
    if (this.outage !== null) throw this.outage
  }
}

function outbids(fees: Fees, pending: Fees): boolean {
  const isHigher = (offer: bigint, old: bigint) => offer * 1_000n >= old * 1_125n
  return (
    isHigher(fees.maxFeePerGas, pending.maxFeePerGas) &&
    isHigher(fees.maxPriorityFeePerGas, pending.maxPriorityFeePerGas)
  )
}

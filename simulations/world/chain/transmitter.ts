import type { FeedOnChain } from '../../../aggregator/delivery/due.ts'
import type { FeedIndex, MemberIndex } from '../../../aggregator/values/ids.ts'
import { type FeeCaps, type Fees, firstFees, replacementFees } from '../../../node/chain/fees.ts'
import type { Chain } from './chain.ts'
import { applied, type Delivery } from './contract.ts'
import type { Endpoints, View } from './endpoints.ts'
import type { PoolAnswer, Transaction } from './mempool.ts'

/** The node's settings of a chain (docs/config.md); times in microseconds. */
export interface TransmitterOptions {
  readonly member: MemberIndex
  readonly caps: FeeCaps
  readonly confirmations: number
  readonly pollUs: number
  readonly bumpAfterUs: number
  readonly bumpsMax: number
}

export interface TransmitterDependencies {
  readonly chain: Chain
  readonly endpoints: Endpoints
  readonly nowUs: () => number
  /** The member's own clock. */
  readonly nowMs: () => number
  /** Runs something later, unless the process has ended by then. */
  readonly later: (afterUs: number, run: () => void) => void
  /** Brings a transaction to the pool; what the pool made of it comes later. */
  readonly submit: (transaction: Transaction, answered: (answer: PoolAnswer) => void) => void
}

export type Outcome = 'landed' | 'superseded' | 'failed'

interface Job extends Delivery {
  readonly askedUs: number
  readonly end: (outcome: Outcome) => void
}

/** The one nonce in flight, and what was sent with it. */
interface Slot {
  readonly nonce: number
  readonly fees: Fees
  readonly sent: readonly Transaction[]
  readonly sentUs: number
  readonly bumps: number
}

/**
 * The node's transmitter (node/chain/transmitter.ts) on the one clock of a world: the same order of
 * steps, rules of fees and outcomes, with events where that one awaits. One transaction is in
 * flight at a time, always with the first unused nonce.
 */
export class Transmitter {
  readonly #options: TransmitterOptions
  readonly #use: TransmitterDependencies
  #job: Job | null = null
  #slot: Slot | null = null
  /** In a block, and watched until it is deep enough. */
  #mined: { readonly transaction: Transaction; readonly blockId: number } | null = null
  #isPolling = false

  constructor(options: TransmitterOptions, dependencies: TransmitterDependencies) {
    this.#options = options
    this.#use = dependencies
  }

  /** Takes over a transaction that an earlier process left in the pool. */
  adopt(): void {
    const { endpoints, chain, nowMs, nowUs } = this.#use
    const view = endpoints.look(nowMs())
    if (view === null) return
    const pending = chain.pending(this.#options.member, view.nonce)
    if (pending === null) return
    const { nonce, fees } = pending
    this.#slot = { nonce, fees, sent: [pending], sentUs: nowUs(), bumps: 0 }
  }

  /** Delivers; `end` is called once, whatever happens. A machine asks for one at a time. */
  transmit(delivery: Delivery, end: Job['end']): void {
    this.#job = { ...delivery, askedUs: this.#use.nowUs(), end }
    if (!this.#isPolling) this.#poll()
  }

  #poll(): void {
    this.#tick()
    this.#isPolling = this.#job !== null || this.#slot !== null
    if (this.#isPolling) this.#use.later(this.#options.pollUs, () => this.#poll())
  }

  #tick(): void {
    const { endpoints, nowMs } = this.#use
    const view = endpoints.look(nowMs())
    if (view === null) {
      // While one is in flight it may land all the same; its job ends when its time is over.
      const isWaiting = this.#slot !== null || this.#mined !== null
      if (!isWaiting || this.#isOver()) this.#end('failed')
      return
    }
    this.#confirm(view)
    this.#collect(view)
    this.#sendIfDue(view)
  }

  #confirm(view: View): void {
    const mined = this.#mined
    if (mined === null) return
    const { transaction, blockId } = mined
    const receipt = view.receiptOf(transaction)
    const isStill = receipt?.blockId === blockId
    if (isStill && receipt.blockNumber > view.number - this.#options.confirmations + 1) return
    this.#mined = null
    this.#end(isStill ? 'landed' : 'failed')
  }

  /** Looks whether the nonce in flight is in a block, and which of its transactions used it. */
  #collect(view: View): void {
    const slot = this.#slot
    if (slot === null || view.nonce <= slot.nonce) return
    this.#slot = null
    const transaction = slot.sent.findLast((each) => view.receiptOf(each) !== null)
    const receipt = transaction === undefined ? null : view.receiptOf(transaction)
    const job = this.#job
    if (transaction === undefined || receipt === null || job === null) return
    const { delivery } = transaction
    const isOurs = delivery.certificate.round === job.certificate.round
    if (!isOurs) {
      const isCovered = job.feeds.every((feed) => delivery.feeds.includes(feed))
      if (delivery.certificate.round > job.certificate.round || isCovered) this.#end('superseded')
      return
    }
    if (receipt.outcome.type === 'stored') {
      this.#mined = { transaction, blockId: receipt.blockId }
      this.#confirm(view)
      return
    }
    const { reason } = receipt.outcome
    // The revert cost gas, but the chain has what it should have.
    const isOvertaken = reason === 'RoundNotNewer' || missingOf(job, view.feeds).length === 0
    this.#end(isOvertaken ? 'superseded' : 'failed')
  }

  #sendIfDue(view: View): void {
    const job = this.#job
    if (job === null || this.#mined !== null) return
    const slot = this.#slot
    const nowUs = this.#use.nowUs()
    if (slot !== null && nowUs - slot.sentUs < this.#options.bumpAfterUs) return
    if (this.#isOver()) {
      this.#end('failed')
      return
    }
    const feeds = missingOf(job, view.feeds)
    if (feeds.length === 0) {
      this.#end('superseded')
      return
    }
    this.#send({ certificate: job.certificate, feeds }, view)
  }

  #send(delivery: Delivery, view: View): void {
    const { chain } = this.#use
    const slot = this.#slot?.nonce === view.nonce ? this.#slot : null
    const mayRaise = (slot?.bumps ?? 0) < this.#options.bumpsMax
    const fees = this.#feesFor(slot, view, mayRaise)
    if (fees === null) {
      this.#end('failed')
      return
    }
    const tried = applied(chain.contract, view.block.feeds, delivery, view.block.timestampMs)
    if (tried.type === 'reverted') {
      this.#end(tried.reason === 'RoundNotNewer' ? 'superseded' : 'failed')
      return
    }
    const { member } = this.#options
    const transaction = chain.signed({ sender: member, nonce: view.nonce, fees, delivery })
    const bumps = slot === null ? 0 : slot.bumps + (mayRaise ? 1 : 0)
    const sent = [...(slot?.sent ?? []), transaction]
    this.#slot = { nonce: view.nonce, fees, sent, sentUs: this.#use.nowUs(), bumps }
    this.#use.submit(transaction, (answer) => this.#onAnswer(transaction, answer, mayRaise))
  }

  #onAnswer({ nonce }: Transaction, answer: PoolAnswer, mayRaise: boolean): void {
    const slot = this.#slot
    if (slot === null || slot.nonce !== nonce || answer === 'accepted') return
    // What holds the nonce is dearer than what we know: outbid it at once, while we may.
    if (answer === 'underpriced' && mayRaise) {
      this.#slot = { ...slot, sentUs: Number.NEGATIVE_INFINITY }
    }
    if (answer === 'nonceUsed' && slot.sent.length === 1) this.#slot = null
  }

  /** Null while the base fee alone reaches the cap. */
  #feesFor(slot: Slot | null, { quote }: View, mayRaise: boolean): Fees | null {
    const { caps } = this.#options
    if (slot === null) return firstFees(quote, caps)
    // At the cap the same fees are offered again: the pool may have dropped the transaction.
    return (mayRaise ? replacementFees(slot.fees, quote, caps) : null) ?? slot.fees
  }

  #isOver(): boolean {
    const { bumpAfterUs, bumpsMax } = this.#options
    const { askedUs } = this.#job ?? { askedUs: Number.POSITIVE_INFINITY }
    return this.#use.nowUs() - askedUs > bumpAfterUs * (bumpsMax + 2)
  }

  #end(outcome: Outcome): void {
    const job = this.#job
    this.#job = null
    job?.end(outcome)
  }
}

/** Feeds that the chain does not have from this certificate or a newer one. */
function missingOf({ certificate, feeds }: Delivery, held: readonly FeedOnChain[]) {
  return feeds.filter((feed: FeedIndex) => (held[feed]?.round ?? 0) < certificate.round)
}

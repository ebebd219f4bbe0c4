import type { Address, Hex } from 'viem'
import { keccak256 } from 'viem'
import type { Clock } from '../clock.ts'
import { signerFaultOf } from '../keys/remote-signer.ts'
import type { TransactionToSign } from '../keys/signed-transaction.ts'
import type { Log } from '../logging.ts'
import type { CallPurpose } from './calls.ts'
import type { Chain, Receipt, SendOutcome } from './chain.ts'
import { Costs } from './costs.ts'
import type { FeeCaps, Fees } from './fees.ts'
import { firstFees, replacementFees, withRoomToReplace } from './fees.ts'
import type { Spending } from './spending.ts'
import type { TransmitFailure } from './transmission.ts'

export interface SenderOptions {
  readonly chainId: number
  readonly caps: FeeCaps
  /** Most gas of one transaction. */
  readonly gasMax: bigint
  readonly spendPerDayWeiMax: bigint
  /** Below this the wallet needs funds soon. */
  readonly balanceWeiMin: bigint
}

/** What pays for gas: a key of this process, or one that signs elsewhere. */
export interface SendingAccount {
  readonly address: Address
  /** A raw transaction; a remote signer throws the coded errors of `SignerFault`. */
  readonly signTransaction: (transaction: TransactionToSign) => Promise<Hex>
}

export interface SenderDependencies {
  readonly chain: Chain
  readonly account: SendingAccount
  readonly spending: Spending
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  readonly onBalance?: (balance: BalanceRead) => void
}

export interface BalanceRead {
  readonly balanceWei: bigint
  readonly isBelowFloor: boolean
}

export interface TransactionRequest {
  readonly nonce: number
  /** Left out: the contract that certificates are delivered to. */
  readonly to?: Hex
  readonly data: Hex
  /** Left out: a delivery. */
  readonly purpose?: CallPurpose
  /** Slots of feeds' histories that it may be the first to write. */
  readonly freshSlotsMax: number
  /** Fees of the pending transaction whose place it takes; null for the first with this nonce. */
  readonly replaces: Fees | null
  /** Whether a replacement may offer more; if not, the same fees are offered again. */
  readonly mayRaise: boolean
}

/** A transaction of which only the price is asked. */
export type PricedRequest = Omit<TransactionRequest, 'nonce'>

interface Payment {
  readonly nonce?: number
  readonly purpose?: CallPurpose | undefined
}

/** What a transaction takes. */
export interface Priced {
  readonly fees: Fees
  /** Most gas that it may use. */
  readonly gas: bigint
  /** All that it may cost, in wei. */
  readonly costWeiMax: bigint
}

export interface TransactionSent {
  readonly outcome: SendOutcome
  readonly hash: Hex
  readonly fees: Fees
}

/** What stands in the way of sending; the operator or the chain must change something. */
export class Obstacle extends Error {
  readonly code: TransmitFailure

  constructor(code: TransmitFailure, detail: string) {
    super(detail)
    this.name = 'Obstacle'
    this.code = code
  }
}

/** Gas beyond the estimate: what is not used costs nothing, and what lacks costs all of it. */
const GAS_PERCENT_OF_ESTIMATE = 125n
/**
 * Two values share a slot of a feed's history: when another delivery lands first, this one may open
 * a fresh slot (22,100) where the estimate wrote into an open one (5,000).
 */
const GAS_FRESH_SLOT = 20_000n

/**
 * A hand-over may bring a day's spending to so many ceilings: kept back, it would leave the
 * contract without a committee and its expiries without a price, for what two transactions cost.
 */
const CEILINGS_OF_HANDOVER = 2n

/** Data fees may double before a delivery lands. */
const DATA_FEE_RISE = 2n

/** No pool keeps a transaction that is answered so; of any other answer it may. */
const NOT_TAKEN: readonly SendOutcome['type'][] = ['underpriced', 'nonceUsed', 'fundsMissing']

/** Prices, signs and sends one transaction at a time, within what the operator allows. */
export class TransactionSender {
  #options: SenderOptions
  readonly #use: SenderDependencies
  readonly #costs: Costs
  #wasBelowFloor = false

  constructor(options: SenderOptions, dependencies: SenderDependencies) {
    this.#options = options
    this.#use = dependencies
    this.#costs = new Costs(dependencies)
  }

  /** Keeps to these limits from the next transaction on. */
  reconfigure(options: SenderOptions): void {
    this.#options = options
  }

  /**
   * @throws {Obstacle} when a cap, the wallet, its signer or the contract is in the way; then
   * nothing was sent
   */
  async send(request: TransactionRequest): Promise<TransactionSent> {
    const { chain, spending, clock } = this.#use
    const { nonce, purpose } = request
    const { fees, gas, costWeiMax } = await this.price(request)
    await this.checkFunds(costWeiMax, { nonce, purpose })
    const signed = await this.#sign({
      type: 'eip1559',
      chainId: this.#options.chainId,
      to: request.to ?? chain.contract,
      nonce,
      data: request.data,
      gas,
      ...fees,
    })
    const hash = keccak256(signed)
    const isOfferedAgain = spending.holds(nonce, hash)
    // Counted first: it may land although no answer comes, or this process ends before one does.
    await spending.reserve({ nonce, hash, weiMax: costWeiMax }, clock.nowMs())
    const outcome = await chain.send(signed)
    // What was taken before may be in a block by now, which is why it is not taken again.
    if (!isOfferedAgain && NOT_TAKEN.includes(outcome.type)) spending.refused(nonce, hash)
    return { outcome, hash, fees }
  }

  /**
   * What a transaction would take now, within the caps. Signs and sends nothing.
   *
   * @throws {Obstacle} when a cap or the contract is in the way
   */
  async price(request: PricedRequest): Promise<Priced> {
    const fees = await this.#feesFor(request)
    const gas = await this.#gasFor(request)
    return {
      fees,
      gas,
      costWeiMax: gas * fees.maxFeePerGas + DATA_FEE_RISE * this.#costs.dataFeeWei,
    }
  }

  /** Reads what was spent today; see `Costs.read`. */
  readSpending(): Promise<void> {
    return this.#costs.read(this.#options.spendPerDayWeiMax)
  }

  /** Takes over a transaction that lies in a pool, and what it costs. As `Spending.reserve`. */
  adopt(nonce: number, hash: Hex): Promise<void> {
    const { spending, clock } = this.#use
    // Mostly it was counted by the process that sent it; if not, what it costs counts when it is
    // read: an endpoint that made it up must not spend the ceiling.
    return spending.reserve({ nonce, hash, weiMax: 0n }, clock.nowMs())
  }

  /** Counts what a nonce cost; see `Costs.paid`. */
  paid(nonce: number, receipt: Omit<Receipt, 'hash'>): Promise<void> {
    return this.#costs.paid(nonce, receipt, this.#options.spendPerDayWeiMax)
  }

  /**
   * Asks for receipts that are missing; see `Costs.look`.
   *
   * @returns whether there are any
   */
  async lookAtReceipts(depth: number): Promise<boolean> {
    await this.#costs.look(depth, this.#options.spendPerDayWeiMax)
    return this.#costs.areOpen
  }

  #ceilingOf(purpose: CallPurpose | undefined): bigint {
    const { spendPerDayWeiMax } = this.#options
    return purpose === 'handover' ? CEILINGS_OF_HANDOVER * spendPerDayWeiMax : spendPerDayWeiMax
  }

  async #sign(transaction: TransactionToSign): Promise<Hex> {
    try {
      return await this.#use.account.signTransaction(transaction)
    } catch (error) {
      const fault = signerFaultOf(error)
      if (fault === null) throw error
      throw new Obstacle(fault, error instanceof Error ? error.message : fault)
    }
  }

  async #feesFor({ purpose, replaces, mayRaise }: PricedRequest): Promise<Fees> {
    const { caps: all } = this.#options
    const caps = purpose === 'settlement' ? withRoomToReplace(all) : all
    const quote = await this.#use.chain.quoteFees(replaces === null ? 'first' : 'replacement')
    // This configuration never offered more than its cap: an earlier one did, or an endpoint says
    // that so much is pending. Neither is paid again.
    if (replaces === null || replaces.maxFeePerGas > caps.feePerGasMax) {
      const fees = firstFees(quote, caps)
      if (fees !== null) return fees
      throw new Obstacle('TRANSMIT_FEE_OVER_CAP', `base fee is ${quote.baseFeePerGas} wei per gas`)
    }
    // At the cap the same fees are offered again: the pool may have dropped the transaction.
    return (mayRaise ? replacementFees(replaces, quote, caps) : null) ?? replaces
  }

  async #gasFor({ to, data, freshSlotsMax }: PricedRequest): Promise<bigint> {
    const estimate = await this.#use.chain.estimateGas(data, to)
    if (estimate.type === 'reverts') throw new Obstacle('TRANSMIT_REVERTED', estimate.reason)
    const { gasMax } = this.#options
    if (estimate.gas > gasMax) {
      throw new Obstacle('TRANSMIT_GAS_OVER_CAP', `needs ${estimate.gas} of ${gasMax} gas`)
    }
    const inPercent = withGasMargin(estimate.gas)
    const inSlots = estimate.gas + BigInt(freshSlotsMax) * GAS_FRESH_SLOT
    const gas = inPercent > inSlots ? inPercent : inSlots
    return gas < gasMax ? gas : gasMax
  }

  /** What the wallet holds; warns when that has become too little. Rejects as `Chain` does. */
  async lookAtBalance(): Promise<bigint> {
    const { chain, onBalance } = this.#use
    const balanceWei = await chain.balanceWei()
    const isBelowFloor = balanceWei < this.#options.balanceWeiMin
    onBalance?.({ balanceWei, isBelowFloor })
    this.#warnOnce(balanceWei, isBelowFloor)
    return balanceWei
  }

  /**
   * @param by what pays it, if that was chosen: of all that one nonce carried only one is ever paid
   * @throws {Obstacle} when the ceiling of a day or the wallet is in the way
   */
  async checkFunds(costWeiMax: bigint, by: Payment = {}): Promise<void> {
    const { spending, clock, log } = this.#use
    const { spendPerDayWeiMax } = this.#options
    const { nonce, purpose } = by
    const spentWei = spending.spentWei(clock.nowMs(), nonce)
    const ceilingWei = this.#ceilingOf(purpose)
    if (spentWei + costWeiMax > ceilingWei) {
      throw new Obstacle(
        'SPENDING_CEILING_REACHED',
        `spent ${spentWei} wei of ${ceilingWei} in 24 h, this may cost ${costWeiMax}`,
      )
    }
    if (spentWei + costWeiMax > spendPerDayWeiMax) {
      const amounts = { spentWei: spentWei.toString(), costWeiMax: costWeiMax.toString() }
      log.error('chain.handover.overCeiling', { code: 'SPENDING_CEILING_REACHED', ...amounts })
    }
    const balanceWei = await this.lookAtBalance()
    if (balanceWei < costWeiMax) {
      throw new Obstacle('WALLET_EMPTY', `has ${balanceWei} wei, this may cost ${costWeiMax}`)
    }
  }

  #warnOnce(balanceWei: bigint, isBelowFloor: boolean): void {
    if (isBelowFloor && !this.#wasBelowFloor) {
      const wallet = this.#use.account.address
      const fields = { code: 'WALLET_LOW', wallet, balanceWei: balanceWei.toString() }
      this.#use.log.warn('chain.wallet.low', fields)
    }
    this.#wasBelowFloor = isBelowFloor
  }
}

/** Gas that is offered for what is estimated to use so much. */
export function withGasMargin(estimate: bigint): bigint {
  return (estimate * GAS_PERCENT_OF_ESTIMATE) / 100n
}

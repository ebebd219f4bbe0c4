import type { Address, Hex, PublicClient } from 'viem'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import type {
  Chain,
  FeedsContract,
  GasEstimate,
  PendingTransaction,
  Receipt,
  SendOutcome,
  Standing,
} from './chain.ts'
import { describeRpcError, isAnswerOfChain, revertDataOf } from './endpoint.ts'
import type { FeeQuote } from './fees.ts'
import { vote } from './heads.ts'
import { lowerMedian, upperMedian } from './medians.ts'
import { dearer, pendingFrom } from './pending-from.ts'
import { receiptFrom } from './receipt-from.ts'
import type { Relays } from './relays.ts'
import type { Ask, RpcPool } from './rpc.ts'
import { bestOutcomeOf } from './send-outcome.ts'

export interface EvmChainOptions {
  /** Names the target in errors. */
  readonly target: string
  readonly chainId: number
  /** The wallet that sends. */
  readonly sender: Address
}

export interface EvmChainDependencies {
  readonly pool: RpcPool
  readonly contract: FeedsContract
  /** Who transactions are sent to; null or empty: whoever is read. */
  readonly relays: Relays | null
}

/** The chain as a pool of endpoints sees it: what matters is asked from all and outvoted. */
export class EvmChain implements Chain {
  readonly contract: Address
  readonly overtakenErrors: readonly string[]
  readonly feedsMax: number
  readonly #target: string
  readonly #chainId: number
  readonly #sender: Address
  readonly #pool: RpcPool
  readonly #feeds: FeedsContract
  readonly #relays: Relays | null

  constructor(options: EvmChainOptions, dependencies: EvmChainDependencies) {
    this.#target = options.target
    this.#chainId = options.chainId
    this.#sender = options.sender
    this.#pool = dependencies.pool
    this.#feeds = dependencies.contract
    this.#relays = dependencies.relays
    this.contract = dependencies.contract.address
    this.overtakenErrors = dependencies.contract.overtakenErrors
    this.feedsMax = dependencies.contract.feedsMax
  }

  /**
   * Fails early when the address holds no contract, or one of another committee or other feeds, as
   * most endpoints say: a node does not start then, which is not for one of them to decide. Takes
   * over where the committee stands.
   *
   * @throws {OracleError} CONTRACT_MISSING, CONTRACT_COMMITTEE_DIFFERS, CONTRACT_FEEDS_DIFFER, or
   * the pool's errors
   */
  async checkContract(): Promise<void> {
    const { address } = this.#feeds
    const code = await this.#pool.agreed(
      async (client, blockNumber) => (await client.getCode({ address, blockNumber })) ?? '0x',
      (text) => text,
    )
    if (code === '0x') throw this.#contractMissing(undefined)
    const fault = await this.#pool.agreed((client, block) => this.#faultAt(client, block), faultKey)
    if (fault !== null) throw fault
    await this.standing()
  }

  /** What is wrong with the contract as one endpoint shows it; null when nothing is. */
  async #faultAt(client: PublicClient, block: bigint): Promise<OracleError | null> {
    try {
      await this.#feeds.check(client, block)
      return null
    } catch (error) {
      if (!isAnswerOfChain(error)) throw error
      return error instanceof OracleError ? error : this.#contractMissing(error)
    }
  }

  encodeUpdate(certificate: Certificate, feeds: readonly FeedIndex[]): Hex {
    return this.#feeds.encodeUpdate(certificate, feeds)
  }

  encodeReport(certificate: Certificate, feeds: readonly FeedIndex[]): Hex {
    return this.#feeds.encodeReport(certificate, feeds)
  }

  /** Number of this node's committee on the contract, as last read. */
  get epoch(): number {
    return this.#feeds.epoch
  }

  freshSlotsMax(feeds: readonly FeedIndex[]): number {
    return this.#feeds.freshSlotsMax(feeds)
  }

  readFeeds() {
    return this.readNow((client, block) => this.#feeds.readFeeds(client, block))
  }

  /** What most endpoints answer to a question about any contract, as of now. */
  async readNow<T>(ask: Ask<T>): Promise<T> {
    // A comparison first: the block of the last one may be older than what others sent since.
    await this.#pool.compare()
    return this.#pool.agreed(ask, jsonKey)
  }

  /** Where this node's committee stands, as of now; takes it over for further updates. */
  async standing(): Promise<Standing> {
    const standing = await this.readNow((client, block) => this.#feeds.readStanding(client, block))
    this.#feeds.adopt(standing)
    return standing
  }

  /** Whether the contract takes reports of this node's committee, as last read. */
  get isInOffice(): boolean {
    return this.#feeds.isInOffice
  }

  head(): Promise<number> {
    return this.#pool.compare()
  }

  minedNonce(): Promise<number> {
    const address = this.#sender
    return this.#pool.agreed(
      (client, blockNumber) => client.getTransactionCount({ address, blockNumber }),
      String,
    )
  }

  balanceWei(): Promise<bigint> {
    const address = this.#sender
    return this.#pool.agreed(
      (client, blockNumber) => client.getBalance({ address, blockNumber }),
      String,
    )
  }

  /**
   * The median of what the endpoints quote. Of two, the lower: one cannot make us overpay; but for
   * the base fee, which a replacement takes from the higher: nor can one keep us out of blocks.
   */
  async quoteFees(attempt: 'first' | 'replacement'): Promise<FeeQuote> {
    const medianOf = attempt === 'first' ? lowerMedian : upperMedian
    const settled = await this.#pool.each(quoteOf)
    const quotes = settled.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    )
    if (quotes.length === 0) return this.#pool.first(quoteOf)
    return {
      baseFeePerGas: medianOf(quotes.map((quote) => quote.baseFeePerGas)),
      priorityFeePerGas: lowerMedian(quotes.map((quote) => quote.priorityFeePerGas)),
    }
  }

  /**
   * What most endpoints say, for one could have this wallet pay for what runs out of gas, or send
   * nothing at all. Of two estimates the higher: gas that is not used costs nothing.
   */
  async estimateGas(data: Hex, to: Hex = this.#feeds.address): Promise<GasEstimate> {
    const ask: Ask<GasEstimate> = (client) => this.#estimateOf(client, { to, data })
    const settled = await this.#pool.each(ask)
    const answers = settled.flatMap((outcome, index) => {
      if (outcome.status === 'rejected') return []
      const { value } = outcome
      return [{ endpoint: String(index), value, key: value.type === 'gas' ? '' : value.reason }]
    })
    const most = vote(answers)
    if (most === null) return this.#pool.first(ask)
    if (most.value.type === 'reverts') return most.value
    const estimates = answers.flatMap(({ value }) => (value.type === 'gas' ? [value.gas] : []))
    return { type: 'gas', gas: upperMedian(estimates) }
  }

  async #estimateOf(
    client: PublicClient,
    call: { readonly to: Hex; readonly data: Hex },
  ): Promise<GasEstimate> {
    try {
      return { type: 'gas', gas: await client.estimateGas({ account: this.#sender, ...call }) }
    } catch (error) {
      const reason = this.#revertReasonOf(error)
      if (reason === null) throw error
      return { type: 'reverts', reason }
    }
  }

  /** Each of them gets the transaction: one that swallows it does no harm. */
  async send(signed: Hex): Promise<SendOutcome> {
    const toAll = this.#relays === null || this.#relays.isEmpty ? this.#pool : this.#relays
    const settled = await toAll.each((client) =>
      client.sendRawTransaction({ serializedTransaction: signed }),
    )
    return bestOutcomeOf(settled)
  }

  async receipt(hash: Hex): Promise<Receipt | null> {
    const { value, isTied } = await this.#pool.voted(
      (client) => receiptFrom(client, { hash, sender: this.#sender }),
      // What it cost is part of the answer: one endpoint alone must not exhaust the day's ceiling.
      jsonKey,
    )
    return value === null ? null : { ...value, isAgreed: !isTied }
  }

  async revertReason(data: Hex, blockNumber: number): Promise<string> {
    const call = {
      account: this.#sender,
      to: this.#feeds.address,
      data,
      blockNumber: BigInt(blockNumber),
    }
    // One alone could have a delivery taken for done by somebody else.
    const reasonBy: Ask<string> = async (client) => {
      try {
        await client.call(call)
        return 'unknown'
      } catch (error) {
        const reason = this.#revertReasonOf(error)
        if (reason === null) throw error
        return reason
      }
    }
    return this.#pool.agreed(reasonBy, String).catch(() => 'unknown')
  }

  async pending(nonce: number): Promise<PendingTransaction | null> {
    const own = { sender: this.#sender, chainId: this.#chainId, nonce }
    const ask: Ask<PendingTransaction | null> = (client) => pendingFrom(client, own)
    const settled = await this.#pool.each(ask)
    const known = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    if (known.length === 0) return this.#pool.first(ask)
    // All of them are signed by the wallet: what takes the nonce must outbid the dearest.
    return known.reduce(dearer)
  }

  #contractMissing(cause: unknown): OracleError {
    const { address } = this.#feeds
    return new OracleError(
      'CONTRACT_MISSING',
      `there is no PriceFeeds contract at ${address} on chain ${this.#target}; ` +
        'correct chains[].contract, or deploy it',
      { context: { target: this.#target, address, reason: describeRpcError(cause ?? 'no code') } },
    )
  }

  #revertReasonOf(error: unknown): string | null {
    const data = revertDataOf(error)
    if (data === null) return null
    return this.#feeds.errorNameOf(data) ?? `unnamed (${data.slice(0, 10)})`
  }
}

async function quoteOf(client: PublicClient): Promise<FeeQuote> {
  const [block, priorityFeePerGas] = await Promise.all([
    client.getBlock({ blockTag: 'latest' }),
    client.estimateMaxPriorityFeePerGas(),
  ])
  return { baseFeePerGas: block.baseFeePerGas ?? 0n, priorityFeePerGas }
}

function faultKey(fault: OracleError | null): string {
  // Not the context: endpoints say the same in words of their own.
  return fault === null ? '' : `${fault.code} ${fault.message}`
}

function jsonKey(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
}

import type { Hex, PublicClient } from 'viem'
import type { FeedOnChain } from '../../aggregator/delivery/due.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { FeeQuote, Fees } from './fees.ts'

/** The contract that certificates are delivered to, as calldata and answers. */
export interface FeedsContract {
  readonly address: Hex
  /** Most feeds of one update. */
  readonly feedsMax: number
  /** Feeds of a certificate as `Settlement.settle` takes them. */
  readonly encodeReport: (certificate: Certificate, feeds: readonly FeedIndex[]) => Hex
  /** Number of this node's committee on the contract, as last read. */
  readonly epoch: number
  /** Calldata that delivers these feeds of a certificate. */
  readonly encodeUpdate: (certificate: Certificate, feeds: readonly FeedIndex[]) => Hex
  /** Slots that an update of these feeds may be the first to write: one for each history. */
  readonly freshSlotsMax: (feeds: readonly FeedIndex[]) => number
  /** Every feed of the committee, in order, as one endpoint sees it at a block. */
  readonly readFeeds: (client: PublicClient, block: bigint) => Promise<readonly FeedOnChain[]>
  /** Throws a coded error when the contract is not the one that this node delivers to. */
  readonly check: (client: PublicClient, block: bigint) => Promise<void>
  /** Where this node's committee stands on the contract (protocol §11.2). */
  readonly readStanding: (client: PublicClient, block: bigint) => Promise<Standing>
  /** Encodes updates as the contract wants them of a committee that stands so. */
  readonly adopt: (standing: Standing) => void
  /** Whether the contract takes reports of this node's committee, as last read. */
  readonly isInOffice: boolean
  /** Names of the errors that say: the contract has these feeds from this or a newer round. */
  readonly overtakenErrors: readonly string[]
  /** The name of the contract's error in revert data, or null when it is none of the contract's. */
  readonly errorNameOf: (revertData: Hex) => string | null
}

/** Where the committee of this node stands on a contract (protocol §11.2). */
export interface Standing {
  /** Number of the committee in office. */
  readonly epoch: number
  /** Null when this committee was never in office there, or long ago. */
  readonly own: {
    readonly epoch: number
    readonly fromMs: number
  } | null
  readonly inOffice: { readonly digest: Hex }
  /** Whether this committee's clock is the one that the contract was deployed with. */
  readonly isFirstClock: boolean
  /** From when on this committee can be activated as announced, in seconds; null if it is not. */
  readonly announced: { readonly committee: number | null; readonly owner: number | null }
}

/** What became of a transaction in a block. */
export interface Receipt {
  readonly hash: Hex
  readonly status: 'success' | 'reverted'
  readonly blockNumber: number
  readonly blockHash: Hex
  readonly gasUsed: bigint
  /** Wei per gas that were paid. */
  readonly gasPrice: bigint
  /** Wei that a rollup took besides for keeping the data on the chain below; 0 elsewhere. */
  readonly dataFeeWei: bigint
  /** Most endpoints say so; if not, they differ, and what it cost is not known. */
  readonly isAgreed: boolean
}

/** All that a transaction in a block cost, in wei. */
export function costWei({
  gasUsed,
  gasPrice,
  dataFeeWei,
}: Pick<Receipt, 'gasUsed' | 'gasPrice' | 'dataFeeWei'>): bigint {
  return gasUsed * gasPrice + dataFeeWei
}

export type GasEstimate =
  | { readonly type: 'gas'; readonly gas: bigint }
  /** The call would revert; `reason` is the name of the contract's error. */
  | { readonly type: 'reverts'; readonly reason: string }

/** What the endpoints said to a signed transaction; the best of their answers. */
export type SendOutcome =
  | { readonly type: 'accepted' }
  /** Another transaction holds the nonce and offers too much to be replaced by this one. */
  | { readonly type: 'underpriced' }
  /** A transaction with the nonce is in a block already. */
  | { readonly type: 'nonceUsed' }
  | { readonly type: 'fundsMissing' }
  | { readonly type: 'refused'; readonly reason: string }

/** A transaction of ours that waits to be included. */
export interface PendingTransaction {
  readonly hash: Hex
  readonly fees: Fees
}

/**
 * One wallet's view of one chain and of the contract on it: everything the transmitter asks for.
 * Every function may throw the coded errors of RpcPool.
 */
export interface Chain {
  /** The contract's address. */
  readonly contract: Hex
  readonly overtakenErrors: FeedsContract['overtakenErrors']
  /** Most feeds of one update. */
  readonly feedsMax: number
  /** Every feed as of now, never from a cache. */
  readonly readFeeds: () => Promise<readonly FeedOnChain[]>
  readonly encodeUpdate: FeedsContract['encodeUpdate']
  readonly freshSlotsMax: FeedsContract['freshSlotsMax']
  /** Number of the newest block that most endpoints know. */
  readonly head: () => Promise<number>
  /** Transactions of the wallet that are in blocks: the next nonce to use. */
  readonly minedNonce: () => Promise<number>
  readonly balanceWei: () => Promise<bigint>
  /** @param attempt whether a transaction with the same nonce waits in the pool already */
  readonly quoteFees: (attempt: 'first' | 'replacement') => Promise<FeeQuote>
  /** @param to left out: the contract of deliveries */
  readonly estimateGas: (data: Hex, to?: Hex) => Promise<GasEstimate>
  readonly send: (signed: Hex) => Promise<SendOutcome>
  /** Null while the transaction is in no block. */
  readonly receipt: (hash: Hex) => Promise<Receipt | null>
  /** Why a call reverted in a block: the name of the contract's error. */
  readonly revertReason: (data: Hex, blockNumber: number) => Promise<string>
  /** The wallet's transaction with a nonce that waits in the pool; null when none is known. */
  readonly pending: (nonce: number) => Promise<PendingTransaction | null>
}

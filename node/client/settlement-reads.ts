import type { Address, Hex, PublicClient } from 'viem'
import { SETTLEMENT_WINDOW_MS } from '../../aggregator/delivery/settlement.ts'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { HANDOVER_SOURCE } from '../chain/handover-calls.ts'

/** Who is asked, and as of which block; of the newest when none is named. */
export interface ChainAt {
  readonly reader: PublicClient
  readonly block: { readonly blockNumber?: bigint }
}

/** Puts a question to a chain: to one endpoint, or to several that outvote each other. */
export type AskChain = <T>(question: (at: ChainAt) => Promise<T>) => Promise<T>

/** One endpoint at its newest block. */
export function newestOf(reader: PublicClient): AskChain {
  return (question) => question({ reader, block: {} })
}

/** What a client asks about. */
export interface Asked {
  /** Address of Settlement. */
  readonly contract: Address
  readonly feed: FeedIndex
  /** Unix time in seconds. */
  readonly expiry: number
}

/** What a Settlement holds of a feed at an expiry. */
export interface Price {
  /** In the feed's decimals; 0 before anybody brought one. */
  readonly value: bigint
  readonly isFinal: boolean
}

/** Who was in office at an expiry, by the contract. */
export interface Term {
  /** Address of PriceFeeds. */
  readonly hub: Address
  /** Number of the committee there. */
  readonly epoch: number
  readonly digest: Hex
  /** The settlement round, by the clock of that committee. */
  readonly first: Round
  /** The last round that the contract takes for it. */
  readonly last: Round
}

/** What stands for a feed at an expiry. Rejects with errors of viem. */
export async function priceOf(
  { contract, feed, expiry }: Asked,
  { reader, block }: ChainAt,
): Promise<Price> {
  const [value, isFinal] = await reader.readContract({
    ...({ address: contract, abi: settlementAbi, functionName: 'settlementPrice' } as const),
    ...block,
    args: [BigInt(feed), BigInt(expiry)],
  })
  return { value, isFinal }
}

/**
 * Whether the window of an expiry is over by the newest block: then its own round alone counts.
 * Rejects with errors of viem.
 */
export async function isClosed(expiry: number, { reader, block }: ChainAt): Promise<boolean> {
  const { timestamp } = await reader.getBlock(block)
  return Number(timestamp) * 1_000 > expiry * 1_000 + SETTLEMENT_WINDOW_MS
}

/**
 * Who was in office at an expiry; before the hand-over after it is activated, that is the committee
 * before. Rejects with errors of viem.
 */
export async function termOf(
  { contract, expiry }: Omit<Asked, 'feed'>,
  { reader, block }: ChainAt,
): Promise<Term> {
  const call = { address: contract, abi: settlementAbi, ...block } as const
  const [hub, [first, epoch]] = await Promise.all([
    reader.readContract({ ...call, functionName: 'HUB' }),
    reader.readContract({ ...call, functionName: 'settlementRound', args: [BigInt(expiry)] }),
  ])
  const { digest, roundMs } = await reader.readContract({
    ...({ address: hub, abi: priceFeedsAbi, functionName: 'committee' } as const),
    ...block,
    args: [epoch],
  })
  const last = Number(first) + Math.floor(SETTLEMENT_WINDOW_MS / roundMs)
  return { hub, epoch: Number(epoch), digest, first: Number(first), last }
}

/**
 * Whether the committee in office has signed one that will have been in office at the expiry. Until
 * somebody activates it, the contract counts the expiry to the one before, which has stopped. One
 * that the owner proposes begins when it is activated, and holds up nothing.
 */
export async function isUnactivated(
  expiry: number,
  { hub, epoch }: Pick<Term, 'hub' | 'epoch'>,
  { reader, block }: ChainAt,
): Promise<boolean> {
  const { epoch: number, next } = await reader.readContract({
    ...({ address: hub, abi: priceFeedsAbi, functionName: 'handover' } as const),
    ...block,
    args: [HANDOVER_SOURCE.committee],
  })
  return number === epoch + 1 && next.activeFromMs <= expiry * 1_000
}

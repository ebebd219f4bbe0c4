import type { Address, Hex, PublicClient } from 'viem'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'

/** Where a client asks, and about what. */
export interface Asked {
  readonly reader: PublicClient
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
}

/** What stands for a feed at an expiry as of the newest block. Rejects with errors of viem. */
export async function priceOf({ reader, contract, feed, expiry }: Asked): Promise<Price> {
  const [value, isFinal] = await reader.readContract({
    address: contract,
    abi: settlementAbi,
    functionName: 'settlementPrice',
    args: [BigInt(feed), BigInt(expiry)],
  })
  return { value, isFinal }
}

/**
 * Who was in office at an expiry, as of the newest block; before the hand-over after it is
 * activated, that is the committee before. Rejects with errors of viem.
 */
export async function termOf({ reader, contract, expiry }: Omit<Asked, 'feed'>): Promise<Term> {
  const call = { address: contract, abi: settlementAbi } as const
  const [hub, [first, epoch]] = await Promise.all([
    reader.readContract({ ...call, functionName: 'HUB' }),
    reader.readContract({ ...call, functionName: 'settlementRound', args: [BigInt(expiry)] }),
  ])
  const { digest } = await reader.readContract({
    address: hub,
    abi: priceFeedsAbi,
    functionName: 'committee',
    args: [epoch],
  })
  return { hub, epoch: Number(epoch), digest, first: Number(first) }
}

/**
 * Whether a committee is announced that will have been in office at the expiry. Until somebody
 * activates it, the contract counts the expiry to the one before, which has stopped.
 */
export async function isUnactivated(
  { reader, expiry }: Pick<Asked, 'reader' | 'expiry'>,
  { hub, epoch }: Pick<Term, 'hub' | 'epoch'>,
): Promise<boolean> {
  const announced = await Promise.all(
    [0, 1].map((source) =>
      reader.readContract({
        address: hub,
        abi: priceFeedsAbi,
        functionName: 'handover',
        args: [source],
      }),
    ),
  )
  return announced.some(
    ({ epoch: number, next }) => number === epoch + 1 && next.activeFromMs <= expiry * 1_000,
  )
}

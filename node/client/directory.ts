import { type Address, encodeFunctionData, type Hex, type PublicClient, zeroAddress } from 'viem'
import { encodeParams } from '../../aggregator/committee/params-codec.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { feedDirectoryAbi } from '../../contracts/abi/feed-directory.ts'
import type { CommitteeFile } from '../config/committee-file.ts'

/** A feed as the directory of its hub lists it. */
export interface ListedFeed {
  /** By which the hub and `PullReader` know it. */
  readonly index: number
  readonly name: string
  /** Of its values. */
  readonly decimals: number
  /** Longest time between two updates. */
  readonly heartbeatSeconds: number
  /** Change from which an update is due; null while nobody has described the committee. */
  readonly deviationBps: number | null
  /** Whether its last 8,192 values are kept. */
  readonly hasHistory: boolean
  /** Whether it shares its word with three others. */
  readonly isLongTail: boolean
  /** Its form as a Chainlink aggregator; null where nobody has deployed it. */
  readonly facade: Address | null
}

/** Where the feeds of a hub are listed. */
export interface DirectoryTarget {
  readonly publicClient: PublicClient
  /** Address of FeedDirectory. */
  readonly contract: Address
}

/** Feeds of one call: an endpoint may stop calls that use more gas than a block. */
const FEEDS_AT_ONCE = 64n

/** Every feed of a hub, by index. Believes the endpoint; throws viem's own errors. */
export async function listFeeds(target: DirectoryTarget): Promise<readonly ListedFeed[]> {
  const { publicClient, contract } = target
  const on = { address: contract, abi: feedDirectoryAbi } as const
  const count = await publicClient.readContract({ ...on, functionName: 'feedCount' })
  const found: ListedFeed[] = []
  for (let first = 0n; first < count; first += FEEDS_AT_ONCE) {
    const args = [first, FEEDS_AT_ONCE] as const
    const listings = await publicClient.readContract({ ...on, functionName: 'listings', args })
    found.push(...listings.map(listedOf))
  }
  return found
}

/**
 * Calldata by which anybody tells a directory the parameters of the committee in office, after a
 * hand-over: `FeedDirectory.describe`.
 */
export function describeCalldata({ params }: Pick<CommitteeFile, 'params'>): Hex {
  return encodeFunctionData({
    abi: feedDirectoryAbi,
    functionName: 'describe',
    args: [`0x${toHex(encodeParams(params))}`],
  })
}

function listedOf(listing: {
  readonly feed: number
  readonly name: string
  readonly facade: Address
  readonly decimals: number
  readonly heartbeatSeconds: number
  readonly deviationBps: number
  readonly hasHistory: boolean
  readonly isLongTail: boolean
}): ListedFeed {
  const { feed, facade, deviationBps, ...rest } = listing
  return {
    index: feed,
    ...rest,
    // No feed has a deviation of zero.
    deviationBps: deviationBps === 0 ? null : deviationBps,
    facade: facade === zeroAddress ? null : facade,
  }
}

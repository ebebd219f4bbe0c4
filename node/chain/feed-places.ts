import type { Address, Hex, PublicClient } from 'viem'
import { decodeErrorResult } from 'viem'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { type FeedPlaces, feedPlaceProblems } from '../../aggregator/handover/feed-places.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { OracleError } from '../errors.ts'
import { revertDataOf } from './endpoint.ts'

/** Calls at once to one endpoint, as for values. */
const PLACES_AT_ONCE = 16
/** Differences named in an error. */
const SHOWN_MAX = 8

/**
 * Checks that a contract has each feed of a committee in its place: a hand-over names none.
 *
 * @throws {OracleError} CONTRACT_FEEDS_DIFFER; errors of the client when it cannot be asked
 */
export async function checkFeedPlaces(
  client: PublicClient,
  blockNumber: bigint,
  { address, feeds }: { readonly address: Address; readonly feeds: readonly FeedParams[] },
): Promise<void> {
  const places = await readPlaces(client, blockNumber, { address, count: feeds.length })
  const problems = feedPlaceProblems(places, feeds)
  if (problems.length === 0) return
  // Not what the contract says: an endpoint may have made it up for a terminal.
  const differ = problems.map(({ path }) => path)
  throw new OracleError(
    'CONTRACT_FEEDS_DIFFER',
    `the contract at ${address} has other feeds in the places of ${differ.length} parameters; ` +
      'leave every feed in its place and tier, or deploy a contract for this committee',
    { context: { contract: address, differ: differ.slice(0, SHOWN_MAX).join(', ') } },
  )
}

/** The first feeds have names from the deployment; of those behind them only the tier is known. */
async function readPlaces(
  client: PublicClient,
  blockNumber: bigint,
  { address, count }: { readonly address: Address; readonly count: number },
): Promise<FeedPlaces> {
  const call = { address, abi: priceFeedsAbi, blockNumber } as const
  const flagshipFeeds = Number(
    await client.readContract({ ...call, functionName: 'flagshipFeeds' }),
  )
  const named: FeedPlaces['named'][number][] = []
  while (named.length < count) {
    const first = named.length
    const size = Math.min(PLACES_AT_ONCE, count - first)
    const configs = await Promise.all(
      Array.from({ length: size }, (_, offset) =>
        client
          .readContract({ ...call, functionName: 'feedConfig', args: [BigInt(first + offset)] })
          .catch(unnamedOrThrow),
      ),
    )
    const known = configs.filter((config) => config !== null)
    named.push(...known)
    if (known.length < size) break
  }
  return { flagshipFeeds, named }
}

/** A feed that came with a later committee has no name there. */
function unnamedOrThrow(error: unknown): null {
  const data = revertDataOf(error)
  if (data === null || !isUnnamed(data)) throw error
  return null
}

function isUnnamed(data: Hex): boolean {
  try {
    return decodeErrorResult({ abi: priceFeedsAbi, data }).errorName === 'FeedUnnamed'
  } catch {
    return false
  }
}

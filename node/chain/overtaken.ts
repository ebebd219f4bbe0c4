import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { Chain } from './chain.ts'
import type { TransmitRequest } from './transmission.ts'

type Asked = Pick<Chain, 'readFeeds' | 'overtakenErrors'>

/** Feeds that the chain does not have from this certificate or a newer one. Rejects as `Chain`. */
export async function missingFeeds(
  chain: Pick<Asked, 'readFeeds'>,
  { certificate, feeds }: TransmitRequest,
): Promise<readonly FeedIndex[]> {
  const onChain = await chain.readFeeds()
  const held = new Map(onChain.map((feed) => [feed.feed, feed.round]))
  return feeds.filter((feed) => (held.get(feed) ?? 0) < certificate.round)
}

/**
 * Whether a delivery that reverted came second. Most do: another one was first, in a block or
 * waiting in the pool. Rejects as `Chain`.
 *
 * @param reason the name of the contract's error
 */
export async function isOvertaken(
  chain: Asked,
  request: TransmitRequest,
  reason: string,
): Promise<boolean> {
  if (chain.overtakenErrors.includes(reason)) return true
  return (await missingFeeds(chain, request)).length === 0
}

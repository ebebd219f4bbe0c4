import type { FeedIndex, Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/** What a target contract holds for one feed. */
export interface FeedOnChain {
  readonly feed: FeedIndex
  /** In the feed's decimals. */
  readonly value: bigint
  /** Round of the stored report; 0 when the feed was never reported. */
  readonly round: Round
  readonly timestampMs: UnixMs
  readonly status: number
}

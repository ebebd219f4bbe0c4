import type { FeedOnChain } from '../../aggregator/delivery/due.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'

/** What a contract holds of the first feed since round 3, with what a test says otherwise. */
export const heldOnChain = (overrides: Partial<FeedOnChain> = {}): FeedOnChain => ({
  feed: 0,
  value: 1_000_000n,
  round: 3,
  timestampMs: 1_500,
  status: FEED_STATUS.ok,
  ...overrides,
})

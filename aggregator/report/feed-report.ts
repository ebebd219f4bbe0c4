/** Whether a feed of a report can be used (protocol §6.3). 0 is an empty slot on chain. */
export const FEED_STATUS = { ok: 1, unavailable: 2 } as const
export type FeedStatus = (typeof FEED_STATUS)[keyof typeof FEED_STATUS]

/** What a committee says about one feed in one round. */
export interface FeedReport {
  /** Median in the feed's decimals; a signed 64-bit integer. 0 when unavailable. */
  readonly value: bigint
  /**
   * Median absolute deviation in the feed's decimals, from 0. Stored rounded up. 0 when
   * unavailable.
   */
  readonly spread: bigint
  /** Number of members whose observation held a value, 0..31. */
  readonly observers: number
  readonly status: FeedStatus
  /** A feed that shares its word on chain; value and spread are what a lane can say. */
  readonly isLongTail?: true
}

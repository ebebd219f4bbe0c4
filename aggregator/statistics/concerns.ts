import type { TimingParams } from '../committee/params.ts'
import type { Share } from './figures.ts'

/** Members that are absent in more than one round in so many give reason to ask (protocol §9.2). */
const MEMBER_ABSENT_ONE_IN = 10
/** A node without a value of a feed in more than one round in so many makes its rounds poorer. */
const FEED_ABSENT_ONE_IN = 20
/** More than one value in so many far off: then it is not the market. */
const OUTLIERS_ONE_IN = 20
/** With fewer rounds compared a feed is judged only by what was so in all of them. */
export const COMPARED_ROUNDS_MIN = 20

/** Whether a member is absent so often that its operator should be asked. */
export function isMemberOftenAbsent(absent: Share): boolean {
  return isMore(absent, MEMBER_ABSENT_ONE_IN)
}

/** Whether a member's values lie far from the committee's so often that one should ask. */
export function isMemberOftenOutlying(outliers: Share): boolean {
  return isMore(outliers, OUTLIERS_ONE_IN)
}

/** Whether a node lacks a feed too often for a member. */
export function isFeedOftenAbsent(absent: Share): boolean {
  return isMoreOfEnough(absent, FEED_ABSENT_ONE_IN)
}

/** Whether a node's values of a feed lie far from the committee's too often for a member. */
export function isFeedOftenOutlying(outliers: Share): boolean {
  return isMoreOfEnough(outliers, OUTLIERS_ONE_IN)
}

/**
 * What the ages of certificates on arrival, in milliseconds, say of a clock: none comes before it
 * was observed, nor half of them much later than in their round. A long way looks as a clock that
 * is ahead.
 */
export function clockByCertificates(
  ageMs: { readonly min: number; readonly p50: number },
  timing: Pick<TimingParams, 'clockSkewMsMax' | 'roundMs' | 'voteMs'>,
): 'ahead' | 'behind' | 'right' {
  if (ageMs.min < -timing.clockSkewMsMax) return 'behind'
  return ageMs.p50 > timing.roundMs + timing.voteMs ? 'ahead' : 'right'
}

function isMore({ count, of }: Share, oneIn: number): boolean {
  return count * oneIn > of
}

function isMoreOfEnough(share: Share, oneIn: number): boolean {
  const { count, of } = share
  return of > 0 && (count === of || (of >= COMPARED_ROUNDS_MIN && isMore(share, oneIn)))
}

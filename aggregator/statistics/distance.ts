import { deviationScale } from '../aggregation/deviation.ts'
import type { FeedParams } from '../committee/params.ts'
import type { FeedReport } from '../report/feed-report.ts'
import { type BasisPoints, BPS_WHOLE } from '../values/basis-points.ts'
import { absolute } from '../values/fixed-point.ts'

/**
 * So many spreads from the committee's value are far. A spread is a median absolute deviation, so
 * of normally distributed values one in ten million lies beyond eight.
 */
const OUTLIER_SPREADS = 8n
/** Further is not told apart: a value may be anything, and its distance too. */
export const DISTANCE_BPS_MAX: BasisPoints = 100 * BPS_WHOLE

const WHOLE = BigInt(BPS_WHOLE)

/** What of a feed says how its changes are measured. */
type Measured = Pick<FeedParams, 'kind' | 'valueMax'>

/**
 * Whether a value is an outlier: further from the certified one than eight spreads, and than the
 * change that would make an update of the feed due. The second bound is for members that agree to
 * the last digit, who have no spread, and for the few of a small committee, whose spread says
 * little.
 */
export function isOutlier(
  value: bigint,
  { value: centre, spread }: Pick<FeedReport, 'value' | 'spread'>,
  feed: Measured & Pick<FeedParams, 'deviationBps'>,
): boolean {
  const distance = absolute(value - centre)
  if (distance <= OUTLIER_SPREADS * spread) return false
  return distance * WHOLE > deviationScale(feed, centre) * BigInt(feed.deviationBps)
}

/**
 * How far a value is from what was certified, in basis points of that, or of what a funding rate
 * may be; rounded down, bounded.
 */
export function distanceBps(value: bigint, certified: bigint, feed: Measured): BasisPoints {
  const distance = absolute(value - certified)
  if (distance === 0n) return 0
  const scale = deviationScale(feed, certified)
  if (scale === 0n || distance * WHOLE >= scale * BigInt(DISTANCE_BPS_MAX)) return DISTANCE_BPS_MAX
  return Number((distance * WHOLE) / scale)
}

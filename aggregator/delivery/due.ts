import { deviationScale } from '../aggregation/deviation.ts'
import type { FeedParams } from '../committee/params.ts'
import type { Certificate } from '../messages/messages.ts'
import { FEED_STATUS, type FeedReport } from '../report/feed-report.ts'
import { decodeWord } from '../report/words.ts'
import { BPS_WHOLE } from '../values/basis-points.ts'
import { absolute } from '../values/fixed-point.ts'
import type { FeedIndex, Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/** What a target contract holds for one feed. */
export interface FeedOnChain {
  readonly feed: FeedIndex
  /** In the feed's decimals. */
  readonly value: bigint
  /**
   * Round of the stored report, which a long-tail feed has by its time; 0 when the feed was never
   * reported.
   */
  readonly round: Round
  readonly timestampMs: UnixMs
  readonly status: number
}

/** Why a feed should be sent now (§8.2); null when it need not. */
export type DueReason = 'first' | 'status' | 'heartbeat' | 'deviation'

/** Whether one feed of a certificate is due against what the chain holds. */
export function dueReasonOf(
  params: FeedParams,
  report: FeedReport & { readonly timestampMs: UnixMs },
  held: FeedOnChain | undefined,
): DueReason | null {
  const isAvailable = report.status === FEED_STATUS.ok
  if (held === undefined || held.round === 0) return isAvailable ? 'first' : null
  if (report.timestampMs <= held.timestampMs) return null
  if (held.status !== report.status) return 'status'
  if (!isAvailable) return null
  if (report.timestampMs - held.timestampMs >= params.heartbeatMs) return 'heartbeat'
  const change = absolute(report.value - held.value) * BigInt(BPS_WHOLE)
  const threshold = deviationScale(params, held.value) * BigInt(params.deviationBps)
  return change > 0n && change >= threshold ? 'deviation' : null
}

/** The feeds of a certificate that are due on a target, in ascending order (§8.2). */
export function dueFeedsOf(
  feeds: readonly FeedParams[],
  certificate: Certificate,
  onChain: readonly FeedOnChain[],
): readonly FeedIndex[] {
  const { timestampMs } = certificate
  const due: FeedIndex[] = []
  feeds.forEach((params, feed) => {
    const report = decodeWord(certificate.words[feed] as Uint8Array)
    if (report === null) return
    const held = onChain.find((each) => each.feed === feed)
    if (dueReasonOf(params, { ...report, timestampMs }, held) !== null) due.push(feed)
  })
  return due
}

import { openingOf } from '../../../aggregator/committee/committee.ts'
import type { Context } from '../../../aggregator/context.ts'
import type { FeedOnChain } from '../../../aggregator/delivery/due.ts'
import type { Certificate } from '../../../aggregator/messages/messages.ts'
import { isCertificateSound } from '../../../aggregator/messages/validate.ts'
import { FEED_STATUS } from '../../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../../aggregator/report/words.ts'
import type { FeedIndex } from '../../../aggregator/values/ids.ts'

/** Feeds of a certificate that a transaction brings to the contract. */
export interface Delivery {
  readonly certificate: Certificate
  /** Ascending. */
  readonly feeds: readonly FeedIndex[]
}

/** What the contract does with a delivery: all feeds as they stand then, or why it reverts. */
export type Applied =
  | {
      readonly type: 'stored'
      readonly feeds: readonly FeedOnChain[]
      /** Those that were newer than what stood there. */
      readonly stored: readonly FeedIndex[]
    }
  | { readonly type: 'reverted'; readonly reason: Revert }

export type Revert =
  | 'RoundNotNewer'
  | 'TimeNotNewer'
  | 'TimeOutsideRound'
  | 'ReportFromFuture'
  | 'ReportTooOld'
  | 'SignatureInvalid'

/** Rules of the contract that a planted bug leaves out. */
export interface ContractBugs {
  readonly takesOlder?: boolean
  readonly takesUnsigned?: boolean
}

export interface ContractOptions {
  /** As the network agreed on it. */
  readonly context: Context
  /** A report older than this is not taken, and not one so far ahead of the block's time. */
  readonly reportAgeMs: number
  readonly futureMs: number
  readonly bugs: ContractBugs
}

/** Gas of a delivery that stores, from contracts/gas.json: 39,675 with one feed, 113,144 with 8. */
const GAS = { storedFirst: 29_200n, storedFeed: 10_500n } as const
/**
 * Gas of one that reverts before the signature is looked at: what the transaction and its calldata
 * cost, and a cold read of each feed. A model, not a measurement.
 */
const GAS_REVERTED = { first: 27_000n, feed: 2_600n } as const

/** Gas that a delivery of so many feeds uses. */
export function gasOf(type: Applied['type'], feeds: number): bigint {
  const count = BigInt(feeds)
  return type === 'stored'
    ? GAS.storedFirst + GAS.storedFeed * count
    : GAS_REVERTED.first + GAS_REVERTED.feed * count
}

/** Feeds of a contract that nobody has delivered to. */
export function emptyFeeds(context: Context): readonly FeedOnChain[] {
  return context.committee.params.feeds.map((_, feed) => ({
    feed,
    value: 0n,
    round: 0,
    timestampMs: 0,
    status: 0,
  }))
}

/**
 * PriceFeeds.update as the contract has it (protocol §8.3): a feed that is not newer is passed
 * over, and when none is newer, everything reverts. Times are kept in whole seconds.
 *
 * @param blockMs time of the block
 */
export function applied(
  options: ContractOptions,
  before: readonly FeedOnChain[],
  { certificate, feeds }: Delivery,
  blockMs: number,
): Applied {
  const reason = refusal(options, certificate, blockMs)
  if (reason !== null) return { type: 'reverted', reason }
  const after = [...before]
  const stored: FeedIndex[] = []
  for (const feed of feeds) {
    const held = before[feed]
    const report = decodeWord(certificate.words[feed] as Uint8Array)
    if (held === undefined || report === null) continue
    const { round } = certificate
    if (held.round >= round && options.bugs.takesOlder !== true) continue
    const timestampMs = inSeconds(certificate.timestampMs) * 1_000
    const isAvailable = report.status === FEED_STATUS.ok
    if (isAvailable && timestampMs < held.timestampMs && options.bugs.takesOlder !== true) {
      return { type: 'reverted', reason: 'TimeNotNewer' }
    }
    // The value of a feed that became unavailable stays, and ages.
    after[feed] = isAvailable
      ? { feed, value: report.value, round, timestampMs, status: report.status }
      : { ...held, round, status: report.status }
    stored.push(feed)
  }
  if (stored.length === 0) return { type: 'reverted', reason: 'RoundNotNewer' }
  // Checked last, as there: what fails here takes everything back.
  if (options.bugs.takesUnsigned !== true && !isCertificateSound(options.context, certificate)) {
    return { type: 'reverted', reason: 'SignatureInvalid' }
  }
  return { type: 'stored', feeds: after, stored }
}

function refusal(
  { context, reportAgeMs, futureMs }: ContractOptions,
  { round, timestampMs }: Certificate,
  blockMs: number,
): Revert | null {
  const { committee } = context
  const { includeMs, clockSkewMsMax } = committee.params.timing
  const offsetMs = timestampMs - (openingOf(committee, round) - clockSkewMsMax)
  if (offsetMs < 0 || offsetMs > includeMs + 2 * clockSkewMsMax) return 'TimeOutsideRound'
  const limit = inSeconds(blockMs) + inSeconds(futureMs)
  if (inSeconds(timestampMs) > limit) return 'ReportFromFuture'
  const span = inSeconds(reportAgeMs) + inSeconds(futureMs)
  return inSeconds(timestampMs) + span < limit ? 'ReportTooOld' : null
}

function inSeconds(ms: number): number {
  return Math.floor(ms / 1_000)
}

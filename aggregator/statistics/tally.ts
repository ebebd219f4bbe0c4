import type { FeedParams } from '../committee/params.ts'
import type { FeedReport } from '../report/feed-report.ts'
import { FEED_STATUS } from '../report/feed-report.ts'
import { hasMember, type Members, NO_MEMBERS } from '../values/ids.ts'
import type { DurationMs } from '../values/time.ts'
import type { Likeness } from './copying.ts'
import { distanceBps, isOutlier } from './distance.ts'

/** By feed; null for what is no word. */
export type Certified = readonly (FeedReport | null)[]

/** What is counted of one member over the rounds of one span. */
export interface Tally {
  /** Of each round in which it was heard. */
  readonly latenessMs: DurationMs[]
  /** Its timestamp before its arrival here, negative as a rule, of each such round. */
  readonly leadMs: number[]
  /** By feed: values that were held against a certified one, and those that were far from it. */
  readonly judged: Uint16Array
  readonly outlying: Uint16Array
  farthestBps: number
  readonly echo: LikenessTally
  readonly follow: LikenessTally
}

/** Rounds in which a member was alike to others, of those in which that would show. */
export interface LikenessTally {
  count: number
  of: number
  /** By member, the committee last: rounds in which it was alike to that one. */
  readonly others: Uint16Array
}

export function emptyTally(size: number, feeds: number): Tally {
  const likeness = () => ({ count: 0, of: 0, others: new Uint16Array(size + 1) })
  return {
    latenessMs: [],
    leadMs: [],
    judged: new Uint16Array(feeds),
    outlying: new Uint16Array(feeds),
    farthestBps: 0,
    echo: likeness(),
    follow: likeness(),
  }
}

/** Holds a member's values against what was certified of the same round. */
export function tallyValues(
  tally: Tally,
  values: readonly (bigint | null)[],
  { feeds, certified }: { readonly feeds: readonly FeedParams[]; readonly certified: Certified },
): void {
  for (const [feed, params] of feeds.entries()) {
    const [value, report] = [values[feed] ?? null, certified[feed] ?? null]
    if (value === null || report?.status !== FEED_STATUS.ok) continue
    tally.judged[feed] = (tally.judged[feed] ?? 0) + 1
    if (isOutlier(value, report, params)) tally.outlying[feed] = (tally.outlying[feed] ?? 0) + 1
    const farBps = distanceBps(value, report.value, params)
    if (farBps > tally.farthestBps) tally.farthestBps = farBps
  }
}

export function tallyLikeness(tally: Tally, likeness: Likeness): void {
  count(tally.echo, likeness.echoable, likeness.echoed)
  count(tally.follow, likeness.followable, likeness.followed)
}

function count(tally: LikenessTally, possible: Members, alike: Members): void {
  if (possible === NO_MEMBERS) return
  tally.of += 1
  if (alike === NO_MEMBERS) return
  tally.count += 1
  for (const other of tally.others.keys()) {
    if (hasMember(alike, other)) tally.others[other] = (tally.others[other] ?? 0) + 1
  }
}

import {
  countMembers,
  type FeedIndex,
  hasMember,
  type Members,
  NO_MEMBERS,
  type Round,
  withMember,
} from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/** What somebody said in a round. */
export interface Said {
  /** By feed; null for one without a value. */
  readonly values: readonly (bigint | null)[]
  /** When it was heard first, by this node's clock. */
  readonly arrivedMs: UnixMs
}

/**
 * By member, and last what the committee certified: whoever follows its reports can copy them.
 * Undefined for those who were not heard in the round.
 */
export type SaidInRound = readonly (Said | undefined)[]

/** Feeds compared in one round: enough to tell, and no more work for more feeds. */
const COMPARED_FEEDS_MAX = 16

/** What somebody said new in a round, held against what each of the others said. */
export interface Likeness {
  /** Others that said something new of the same feeds; none when an echo could not be told. */
  readonly echoable: Members
  /** Those whose values of the round before it says now, when they have given them up. */
  readonly echoed: Members
  /** Others that said something new of the same feeds and were heard before it. */
  readonly followable: Members
  /** Those whose values of this round it says after them. */
  readonly followed: Members
}

interface Compared {
  readonly before: SaidInRound
  readonly now: SaidInRound
  readonly feeds: readonly FeedIndex[]
}

/** Sixteen of the feeds, others in each round until all had their turn. */
export function feedsInTurn(feeds: readonly FeedIndex[], round: Round): readonly FeedIndex[] {
  const count = feeds.length
  if (count <= COMPARED_FEEDS_MAX) return feeds
  const first = (round * COMPARED_FEEDS_MAX) % count
  return Array.from(
    { length: COMPARED_FEEDS_MAX },
    (_, step) => feeds[(first + step) % count] as FeedIndex,
  )
}

/**
 * Compares what each said in a round with what the others said in it and in the one before. Only
 * feeds of which both said something new are looked at: a price that stands still is the same for
 * everybody. Alike is what agrees to the last digit in three quarters of them.
 */
export function likenessesOf(compared: Compared): readonly Likeness[] {
  const news = compared.now.map((_, index) => newsOf(compared, index))
  return news.map((_, index) => likenessOf(compared, news, index))
}

function likenessOf(compared: Compared, news: readonly number[], index: number): Likeness {
  const { before, now } = compared
  const found = {
    echoable: NO_MEMBERS,
    echoed: NO_MEMBERS,
    followable: NO_MEMBERS,
    followed: NO_MEMBERS,
  }
  const own = now[index]
  const ownNews = news[index] ?? 0
  if (own === undefined || ownNews === 0) return found
  const isAlike = (other: Said | undefined, ofNews: number) =>
    isMostlyEqual(compared.feeds, ofNews, [own, other])
  let isSaidStill = false
  for (const [other, theirs] of now.entries()) {
    if (index === other) continue
    const bothNews = ownNews & (news[other] ?? 0)
    if (bothNews === 0) {
      isSaidStill ||= isAlike(before[other], ownNews)
      continue
    }
    if (theirs === undefined) continue
    found.echoable = withMember(found.echoable, other)
    if (isAlike(before[other], bothNews)) found.echoed = withMember(found.echoed, other)
    if (theirs.arrivedMs >= own.arrivedMs) continue
    found.followable = withMember(found.followable, other)
    if (isAlike(theirs, bothNews)) found.followed = withMember(found.followed, other)
  }
  // Who said it before has not given it up: the same venue may have told both, one after the other.
  if (isSaidStill && found.echoed === NO_MEMBERS) found.echoable = NO_MEMBERS
  return found
}

/** Bit i stands for the i-th of the compared feeds: something new was said of it. */
function newsOf({ before, now, feeds }: Compared, index: number): number {
  const [was, is] = [before[index]?.values, now[index]?.values]
  if (was === undefined || is === undefined) return 0
  let news = 0
  for (const [at, feed] of feeds.entries()) {
    const [old, value] = [was[feed] ?? null, is[feed] ?? null]
    if (value !== null && old !== null && value !== old) news |= 1 << at
  }
  return news
}

/** Whether two say the same of three quarters of the feeds whose bit is set. */
function isMostlyEqual(
  feeds: readonly FeedIndex[],
  news: number,
  [own, other]: readonly [Said, Said | undefined],
): boolean {
  let equal = 0
  for (const [at, feed] of feeds.entries()) {
    if (hasMember(news, at) && own.values[feed] === other?.values[feed]) equal += 1
  }
  return 4 * equal >= 3 * countMembers(news)
}

import type { BasisPoints } from '../values/basis-points.ts'
import type { FeedIndex, MemberIndex } from '../values/ids.ts'
import { percentileOf } from './percentile.ts'
import type { LikenessTally, Tally } from './tally.ts'

/**
 * Echoes in so many per cent of the rounds in which they would show make a member a suspect; fewer
 * such rounds, nobody. Honest members stay below half of it (ADR 0108). Following makes nobody one:
 * members that ask the same venues at the same moments do it too.
 */
const SUSPECT_PERCENT = 50
const SUSPECT_ROUNDS_MIN = 32

/** How often something was so, of how often it could have been. */
export interface Share {
  readonly count: number
  readonly of: number
}

/** Whole numbers, by nearest rank; of times, milliseconds. */
export interface Quantiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Rounds in which a member said what others said before it, of those in which that would show. */
export interface LikenessFigures extends Share {
  /**
   * Whom it was alike to most often, `committee` for what was certified; null when it never was to
   * anybody.
   */
  readonly mostly: MemberIndex | 'committee' | null
}

/** One member as this node sees it, over the newest rounds (protocol §9.2). */
export interface PeerFigures {
  /** Rounds without an observation of this member, of all in which two members were heard. */
  readonly absent: Share
  /** From the opening of a round by this node's clock until the observation was here. */
  readonly latenessMs: Quantiles | null
  /**
   * Timestamp of the observation less its arrival here: how far the member's clock leads this
   * node's, less the way of the message. Above 0 its clock is ahead by so much at least; a clock
   * that is behind cannot be told from a long way.
   */
  readonly clockLeadMs: Quantiles | null
  /** Values beyond both bounds of `isOutlier`, of those held against certified ones. */
  readonly outliers: Share & {
    /** The feed with the largest share; null when there is no outlier. */
    readonly worst: (Share & { readonly feed: FeedIndex }) | null
  }
  /** Of the value that was farthest from its certified one. */
  readonly farthestBps: BasisPoints
  /** It says new what another has said a round before, and has given up since. */
  readonly echo: LikenessFigures
  /** It says new what another says new in the same round, and is heard after that one. */
  readonly follow: LikenessFigures
  /** Its values seem to come from what others said, and not from venues. */
  readonly isSuspected: boolean
}

/** Figures of one member from its tallies over `rounds` counted rounds. */
export function figuresOf(tallies: readonly Tally[], rounds: number): PeerFigures {
  const latenessMs = tallies.flatMap((tally) => tally.latenessMs)
  const echo = likenessOf(tallies.map((tally) => tally.echo))
  let farthestBps = 0
  for (const tally of tallies) if (tally.farthestBps > farthestBps) farthestBps = tally.farthestBps
  return {
    absent: { count: rounds - latenessMs.length, of: rounds },
    latenessMs: quantilesOf(latenessMs),
    clockLeadMs: quantilesOf(tallies.flatMap((tally) => tally.leadMs)),
    outliers: outliersOf(tallies),
    farthestBps,
    echo,
    follow: likenessOf(tallies.map((tally) => tally.follow)),
    isSuspected: echo.of >= SUSPECT_ROUNDS_MIN && echo.count * 100 >= echo.of * SUSPECT_PERCENT,
  }
}

/** Null when there is no value. */
export function quantilesOf(values: readonly number[]): Quantiles | null {
  const ascending = values.toSorted((a, b) => a - b)
  const [p50, p99, max] = [50, 99, 100].map((percent) => percentileOf(ascending, percent))
  if (p50 == null || p99 == null || max == null) return null
  return { p50, p99, max }
}

function outliersOf(tallies: readonly Tally[]): PeerFigures['outliers'] {
  let [count, of] = [0, 0]
  let worst: PeerFigures['outliers']['worst'] = null
  for (let feed = 0; feed < (tallies[0]?.judged.length ?? 0); feed++) {
    const share = { feed, count: 0, of: 0 }
    for (const tally of tallies) {
      share.count += tally.outlying[feed] ?? 0
      share.of += tally.judged[feed] ?? 0
    }
    count += share.count
    of += share.of
    if (share.count > 0 && (worst === null || isLarger(share, worst))) worst = share
  }
  return { count, of, worst }
}

function likenessOf(tallies: readonly LikenessTally[]): LikenessFigures {
  let [count, of] = [0, 0]
  let mostly: LikenessFigures['mostly'] = null
  let most = 0
  const others = tallies[0]?.others ?? []
  for (let other = 0; other < others.length; other++) {
    let alike = 0
    for (const tally of tallies) alike += tally.others[other] ?? 0
    if (alike <= most) continue
    most = alike
    mostly = other === others.length - 1 ? 'committee' : other
  }
  for (const tally of tallies) {
    count += tally.count
    of += tally.of
  }
  return { count, of, mostly }
}

function isLarger(a: Share, b: Share): boolean {
  return a.count * b.of > b.count * a.of
}

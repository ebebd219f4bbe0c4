import type { Round } from '../../aggregator/values/ids.ts'
import type { Balances } from '../economics/marked-book.ts'
import { Bins, POINTS_MAX } from './bins.ts'

/**
 * A consumer's book, marked with the feed, beside the same book marked with the true price; money
 * in US dollars.
 */
export interface BookFigures {
  readonly markedBy: 'certified' | 'chain'
  readonly perpetuals: number
  readonly options: number
  /** Counted rounds in which there was nothing to mark with: no value, or none yet. */
  readonly unmarkedRounds: number
  readonly liquidations: {
    /** By the feed, and by the true price. */
    readonly made: number
    readonly due: number
    /** Made although the true price of that round, or of any before it, would not have. */
    readonly wrong: number
    readonly wrongUsd: number
    /** Made in a later round than due, and by how much. */
    readonly late: number
    readonly lateMsMean: number | null
    /** Due and never made. */
    readonly missed: number
    readonly missedUsd: number
  }
  /** What each party has more than at true prices; the sum is 0. */
  readonly takenUsd: Balances
  /** What market and traders lost together. */
  readonly lossUsd: number
  readonly attacker: {
    readonly takenUsd: number
    /**
     * Of trading its positions at true prices, which it would not hold without the attack; what it
     * takes leaves them out.
     */
    readonly feesUsd: number
    /** Premiums and fees on venues, and bribes of the members under control. */
    readonly venuesUsd: number
    readonly bribesUsd: number
    readonly netUsd: number
  }
  readonly timeline: readonly BookBucket[]
}

/** Consecutive rounds in one point of a plot; all until the last of them. */
export interface BookBucket {
  round: Round
  rounds: number
  attackerUsd: number
  tradersUsd: number
  marketUsd: number
  spentUsd: number
}

/** Collects rounds into a bounded number of points. */
export function bookTimeline(): Bins<BookBucket> {
  return new Bins<BookBucket>(
    POINTS_MAX,
    (into, { attackerUsd, tradersUsd, marketUsd, spentUsd }) => {
      Object.assign(into, { attackerUsd, tradersUsd, marketUsd, spentUsd })
    },
  )
}

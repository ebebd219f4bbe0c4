import { invariant } from '../assert.ts'
import type { Committee } from '../committee/committee.ts'
import { isDerived } from '../committee/params.ts'
import type { Certificate } from '../messages/messages.ts'
import { FEED_STATUS } from '../report/feed-report.ts'
import { decodeWord } from '../report/words.ts'
import type { FeedIndex, Round } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import { distanceBps, isOutlier } from './distance.ts'
import { type Quantiles, quantilesOf, type Share } from './figures.ts'

/** Figures are of so many compared rounds of each feed, the newest. */
export const COMPARED_ROUNDS_MAX = 512
/** Rounds whose certificate may still come. */
const ROUNDS_WAITING = 16

/** How the values that a node made of one feed compare with the certified ones. */
export interface OwnFigures {
  readonly feed: FeedIndex
  /** Rounds without a value of the node's, of those in which the committee certified one. */
  readonly absent: Share
  /** Values beyond both bounds of `isOutlier`, of those compared. */
  readonly outliers: Share
  /** How far the values lay from the certified ones, in basis points; null before the first. */
  readonly distanceBps: Quantiles | null
}

type Compared =
  | { readonly type: 'absent' }
  | { readonly type: 'valued'; readonly farBps: number; readonly isOutlying: boolean }

interface ComparedFeed {
  readonly feed: FeedIndex
  readonly isDerived: boolean
  rounds: readonly Compared[]
}

/**
 * Holds what a node would have observed against what its committee certified of the same rounds.
 * For a node that says nothing: nobody else ever sees its values.
 */
export class OwnValues {
  readonly #committee: Committee
  readonly #waiting = new RecentMap<Round, readonly (bigint | null)[]>(ROUNDS_WAITING)
  readonly #compared: readonly ComparedFeed[]

  constructor(committee: Committee) {
    this.#committee = committee
    this.#compared = committee.params.feeds.map(({ kind }, feed) => {
      return { feed, isDerived: isDerived(kind), rounds: [] }
    })
  }

  /** Takes the values as of the opening of a round, by feed; the last of a round count. */
  sampled(round: Round, values: readonly (bigint | null)[]): void {
    this.#waiting.set(round, values)
  }

  /** Takes the first certificate of a round; one of a round that was not sampled says nothing. */
  certify({ round, words }: Pick<Certificate, 'round' | 'words'>): void {
    const values = this.#waiting.get(round)
    if (values === undefined) return
    this.#waiting.delete(round)
    for (const each of this.#compared) {
      const word = words[each.feed]
      const report = word === undefined ? null : decodeWord(word)
      if (report?.status !== FEED_STATUS.ok) continue
      const value = values[each.feed] ?? null
      // Nobody's fault: its window reaches back before what was heard.
      if (value === null && each.isDerived) continue
      const feed = this.#committee.params.feeds[each.feed]
      invariant(feed !== undefined, 'feeds of the committee are compared')
      const compared: Compared =
        value === null
          ? { type: 'absent' }
          : {
              type: 'valued',
              farBps: distanceBps(value, report.value, feed),
              isOutlying: isOutlier(value, report, feed),
            }
      each.rounds = [...each.rounds, compared].slice(-COMPARED_ROUNDS_MAX)
    }
  }

  /** One for each feed, in the committee's order; of a derived one, rounds it had a value in. */
  figures(): readonly OwnFigures[] {
    return this.#compared.map(({ feed, rounds }) => {
      const valued = rounds.filter((each) => each.type === 'valued')
      const outlying = valued.filter(({ isOutlying }) => isOutlying)
      return {
        feed,
        absent: { count: rounds.length - valued.length, of: rounds.length },
        outliers: { count: outlying.length, of: valued.length },
        distanceBps: quantilesOf(valued.map(({ farBps }) => farBps)),
      }
    })
  }
}

import { type DerivedFeed, withDerived } from '../../aggregator/aggregation/derived-feeds.ts'
import type { Committee } from '../../aggregator/committee/committee.ts'
import { openingOf, roundAt } from '../../aggregator/committee/committee.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { Share } from '../../aggregator/statistics/figures.ts'
import { OwnValues } from '../../aggregator/statistics/own-values.ts'
import { percentileOf } from '../../aggregator/statistics/percentile.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { DryFeedView, DryRunView } from '../api/dry-run-view.ts'
import type { Observer, SourcesPort } from '../ports.ts'

/** Ages of so many certificates are remembered, the newest. */
const AGES_MAX = 512

export interface FollowBookDependencies {
  readonly sources: Pick<SourcesPort, 'sampleFeeds'>
  /** What the machine remembers of certified values. */
  readonly derived: () => readonly DerivedFeed[]
}

/**
 * What a dry run learns from the rounds of its committee: samples its own sources whenever a round
 * opens, as a member would, computes what is derived from certificates, and holds all of it against
 * what is certified.
 */
export class FollowBook implements Observer {
  readonly #committee: Committee
  readonly #use: FollowBookDependencies
  readonly #own: OwnValues
  #current: Round = 0
  #certified = 0
  #firstCertified: Round | null = null
  #agesMs: readonly number[] = []

  constructor(committee: Committee, use: FollowBookDependencies) {
    this.#committee = committee
    this.#use = use
    this.#own = new OwnValues(committee)
  }

  readonly onEvent = (event: Event): void => {
    const round = roundAt(this.#committee, event.nowMs)
    if (round > this.#current) {
      this.#current = round
      this.#own.sampled(round, this.#valuesAt(round))
    }
    if (event.type !== 'received') return
    const { message } = event.message
    if (message.type !== 'certificate') return
    const ageMs = event.nowMs - message.timestampMs
    this.#agesMs = [...this.#agesMs, ageMs].slice(-AGES_MAX)
  }

  readonly onEffect = (effect: Effect): void => {
    if (effect.type !== 'certified') return
    const { message } = effect.certificate
    this.#firstCertified ??= message.round
    this.#certified += 1
    this.#own.certify(message)
  }

  #valuesAt(round: Round): readonly (bigint | null)[] {
    const { sources, derived } = this.#use
    const { feeds } = this.#committee.params
    const about = { feeds, endMs: openingOf(this.#committee, round) }
    return withDerived(sources.sampleFeeds().values, derived(), about)
  }

  /** Rounds since the first certificate that could be certified by now: not the open one. */
  rounds(): Share {
    if (this.#firstCertified === null) return { count: 0, of: 0 }
    const of = Math.max(this.#current - this.#firstCertified, this.#certified)
    return { count: this.#certified, of }
  }

  certificateAgeMs(): DryRunView['certificateAgeMs'] {
    const ascending = this.#agesMs.toSorted((a, b) => a - b)
    const [min, max] = [ascending[0], ascending.at(-1)]
    const p50 = percentileOf(ascending, 50)
    return min === undefined || p50 === null || max === undefined ? null : { min, p50, max }
  }

  feeds(): readonly DryFeedView[] {
    const { feeds } = this.#committee.params
    return this.#own.figures().map(({ feed, ...figures }) => {
      return { feed: feeds[feed]?.name ?? '', ...figures }
    })
  }
}

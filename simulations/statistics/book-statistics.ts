import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import type { Members, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import {
  type Balances,
  type Held,
  type Liquidation,
  MarkedBook,
  type MarketTerms,
} from '../economics/marked-book.ts'
import type { Chain } from '../world/chain/chain.ts'
import type { Fact, FactOf } from '../world/facts.ts'
import type { PricePath } from '../world/prices.ts'
import { type BookFigures, bookTimeline } from './book-figures.ts'
import { firstValueIn } from './statistics.ts'

export interface BookStatisticsOptions {
  readonly positions: readonly Held[]
  readonly terms: MarketTerms
  /** The chain whose value is the mark; null for what is certified. */
  readonly chain: Chain | null
  readonly honest: Members
  readonly truth: PricePath
  /** One whole unit of the feed. */
  readonly unit: number
  /** The first and the last round that are marked. */
  readonly firstRound: Round
  readonly lastRound: Round
  /** What the attacker has spent on venues by now, and on members. */
  readonly venuesUsd: () => number
  readonly bribesUsd: number
}

interface Mark {
  readonly nowMs: number
  readonly priceUsd: number
}

/** Marks a consumer's book each round with what the feed says, and its double with the truth. */
export class BookStatistics {
  readonly #options: BookStatisticsOptions
  readonly #byFeed: MarkedBook
  readonly #byTruth: MarkedBook
  readonly #timeline = bookTimeline()
  #certified: { readonly round: Round; readonly value: bigint | null } = { round: 0, value: null }
  #openedUs: number | null = null
  #lastMark: Mark | null = null
  #lastTruth: Mark | null = null
  #unmarked = 0

  constructor(options: BookStatisticsOptions) {
    this.#options = options
    this.#byFeed = new MarkedBook(options.positions, options.terms)
    this.#byTruth = new MarkedBook(options.positions, options.terms)
  }

  watch(fact: Fact): void {
    if (fact.type === 'certified') this.#certify(fact)
    if (fact.type !== 'roundOpened') return
    // The round before is over: what was certified in it is compared with the truth at its opening.
    const openedUs = this.#openedUs
    this.#openedUs = fact.nowUs
    const { firstRound, lastRound } = this.#options
    const round = fact.round - 1
    if (openedUs !== null && round >= firstRound && round <= lastRound) this.#mark(round, openedUs)
  }

  figures(): BookFigures {
    const { positions, chain, bribesUsd } = this.#options
    const taken = this.#taken()
    const venuesUsd = this.#options.venuesUsd()
    // What it takes has them on both sides; by the truth, positions are opened in any case.
    const feesUsd = this.#byTruth.feesUsd.attacker
    return {
      markedBy: chain === null ? 'certified' : 'chain',
      perpetuals: positions.filter(({ type }) => type === 'perpetual').length,
      options: positions.filter(({ type }) => type !== 'perpetual').length,
      unmarkedRounds: this.#unmarked,
      liquidations: liquidationsOf(this.#byFeed.liquidations, this.#byTruth.liquidations),
      takenUsd: taken,
      lossUsd: -taken.market - taken.trader,
      attacker: {
        takenUsd: taken.attacker,
        feesUsd,
        venuesUsd,
        bribesUsd,
        netUsd: taken.attacker - feesUsd - venuesUsd - bribesUsd,
      },
      timeline: this.#timeline.all,
    }
  }

  #certify({ certificate, member }: FactOf<'certified'>): void {
    const { round } = certificate
    if (!hasMember(this.#options.honest, member) || round <= this.#certified.round) return
    this.#certified = { round, value: firstValueIn(certificate) }
  }

  #mark(round: Round, openedUs: number): void {
    const { truth, unit } = this.#options
    const nowMs = openedUs / 1_000
    this.#lastTruth = { nowMs, priceUsd: truth.at(openedUs) / unit }
    this.#byTruth.mark(nowMs, this.#lastTruth.priceUsd)
    const said = this.#said()
    if (said === null) this.#unmarked += 1
    else {
      this.#lastMark = { nowMs, priceUsd: Number(said) / unit }
      this.#byFeed.mark(nowMs, this.#lastMark.priceUsd)
    }
    const { attacker, trader, market } = this.#taken()
    this.#timeline.add({
      round,
      rounds: 1,
      attackerUsd: attacker,
      tradersUsd: trader,
      marketUsd: market,
      spentUsd: this.#options.venuesUsd(),
    })
  }

  /** What the feed says to its consumers; null where that is no price. */
  #said(): bigint | null {
    const { chain } = this.#options
    if (chain === null) return this.#certified.value
    const held = chain.head.feeds[0]
    if (held === undefined || held.timestampMs === 0 || held.status !== FEED_STATUS.ok) return null
    return held.value
  }

  /** By which of the two books each party has more, were all closed now. */
  #taken(): Balances {
    const byFeed = balancesOf(this.#byFeed, this.#lastMark)
    const byTruth = balancesOf(this.#byTruth, this.#lastTruth)
    return {
      attacker: byFeed.attacker - byTruth.attacker,
      trader: byFeed.trader - byTruth.trader,
      market: byFeed.market - byTruth.market,
    }
  }
}

function balancesOf(book: MarkedBook, mark: Mark | null): Balances {
  return mark === null ? book.balances : book.balancesAt(mark.nowMs, mark.priceUsd)
}

/** What was made by the feed, against what was due by the true price. */
export function liquidationsOf(
  made: readonly Liquidation[],
  due: readonly Liquidation[],
): BookFigures['liquidations'] {
  const dueOf = new Map(due.map((each) => [each.index, each]))
  const madeOf = new Map(made.map((each) => [each.index, each]))
  const wrong = made.filter(({ index, atMs }) => (dueOf.get(index)?.atMs ?? Infinity) > atMs)
  const missed = due.filter(({ index }) => !madeOf.has(index))
  const lateMs = made.flatMap(({ index, atMs }) => {
    const dueMs = dueOf.get(index)?.atMs ?? atMs
    return atMs > dueMs ? atMs - dueMs : []
  })
  const usdOf = (of: readonly Liquidation[]) =>
    of.reduce((sum, { notionalUsd }) => sum + notionalUsd, 0)
  return {
    made: made.length,
    due: due.length,
    wrong: wrong.length,
    wrongUsd: usdOf(wrong),
    late: lateMs.length,
    lateMsMean:
      lateMs.length === 0 ? null : lateMs.reduce((sum, ms) => sum + ms, 0) / lateMs.length,
    missed: missed.length,
    missedUsd: usdOf(missed),
  }
}

import type { Members, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import { costUsd, NO_TRADE, sumOf, type Trade } from '../economics/order-book.ts'
import type { Fact } from '../world/facts.ts'
import type { Manipulation } from '../world/manipulation.ts'
import type { PricePath } from '../world/prices.ts'
import type { PushedMarket } from '../world/pushed-market.ts'
import {
  type ManipulationFigures,
  manipulationTimeline,
  type PushedVenue,
} from './manipulation-figures.ts'
import { firstValueIn } from './statistics.ts'

/** What is seen of an attack; it is never told anything here. */
type Seen = Pick<Manipulation, 'markets' | 'plan' | 'quarantined' | 'hasGivenUp' | 'spentUsd'>

export interface ManipulationStatisticsOptions {
  readonly manipulations: readonly Seen[]
  readonly honest: Members
  /** The first and the last round that are counted. */
  readonly firstRound: Round
  readonly lastRound: Round
  /** The true price of the first feed. */
  readonly truth: PricePath
}

interface Counts {
  rounds: number
  quarantinedRounds: number
}

/** Counts what attackers on venues do and reach. */
export class ManipulationStatistics {
  readonly #options: ManipulationStatisticsOptions
  readonly #timeline = manipulationTimeline()
  readonly #counts: Counts = { rounds: 0, quarantinedRounds: 0 }
  readonly #byMarket = new Map<PushedMarket, Counts>()
  #certifiedRound: Round = 0
  #openedUs = 0
  #movedRounds = 0
  #movedBpsSum = 0
  #movedBpsMax: number | null = null

  constructor(options: ManipulationStatisticsOptions) {
    this.#options = options
  }

  /** Premiums and fees so far. */
  get spentUsd(): number {
    return this.#options.manipulations.reduce((sum, { spentUsd }) => sum + spentUsd, 0)
  }

  watch(fact: Fact): void {
    if (fact.type === 'roundOpened') this.#open(fact.round, fact.nowUs)
    if (fact.type !== 'certified' || !hasMember(this.#options.honest, fact.member)) return
    const { certificate } = fact
    if (certificate.round <= this.#certifiedRound) return
    this.#certifiedRound = certificate.round
    const value = firstValueIn(certificate)
    if (value !== null) this.#moved(certificate.round, Number(value))
  }

  figures(): ManipulationFigures {
    const { manipulations } = this.#options
    const markets = manipulations.flatMap((each) => each.markets)
    const [push, hold] = [totalOf(markets, 'push'), totalOf(markets, 'hold')]
    const meanBps = this.#movedRounds === 0 ? null : this.#movedBpsSum / this.#movedRounds
    return {
      spentUsd: costUsd(sumOf(push, hold)),
      pushUsd: push.premiumUsd,
      holdUsd: hold.premiumUsd,
      feeUsd: push.feeUsd + hold.feeUsd,
      boughtUsd: push.boughtUsd + hold.boughtUsd,
      ...this.#counts,
      movedBps: { meanBps, maxBps: this.#movedBpsMax },
      hasGivenUp: manipulations.some(({ hasGivenUp }) => hasGivenUp),
      venues: markets.map((market) => this.#venueOf(market)),
      timeline: this.#timeline.all,
    }
  }

  #open(round: Round, nowUs: number): void {
    const { manipulations, firstRound, lastRound } = this.#options
    this.#openedUs = nowUs
    if (round < firstRound || round > lastRound) return
    const pushed = manipulations.flatMap((each) =>
      (each.plan?.markets ?? []).map((market) => {
        return { market, isOut: each.quarantined.has(market.of.key) }
      }),
    )
    if (pushed.length > 0) this.#counts.rounds += 1
    if (pushed.some(({ isOut }) => isOut)) this.#counts.quarantinedRounds += 1
    for (const { market, isOut } of pushed) {
      const counts = this.#byMarket.get(market) ?? { rounds: 0, quarantinedRounds: 0 }
      counts.rounds += 1
      if (isOut) counts.quarantinedRounds += 1
      this.#byMarket.set(market, counts)
    }
    const movesBps = manipulations.flatMap(({ markets }) => markets.map(({ at }) => 10_000 * at))
    this.#timeline.add({ round, rounds: 1, spentUsd: this.spentUsd, movesBps })
  }

  /** How far a certified value was off while somebody pushes, in the direction of the push. */
  #moved(round: Round, value: number): void {
    const { manipulations, firstRound, lastRound, truth } = this.#options
    const level = manipulations.find(({ plan }) => plan !== null)?.plan?.level
    if (level === undefined || round < firstRound || round > lastRound) return
    const price = truth.at(this.#openedUs)
    const bps = ((10_000 * (value - price)) / price) * (level < 0 ? -1 : 1)
    this.#movedRounds += 1
    this.#movedBpsSum += bps
    this.#movedBpsMax = Math.max(this.#movedBpsMax ?? bps, bps)
  }

  #venueOf(market: PushedMarket): PushedVenue {
    const { trades, furthest } = market
    const counts = this.#byMarket.get(market) ?? { rounds: 0, quarantinedRounds: 0 }
    return {
      venue: market.of.venue,
      market: market.of.market,
      spentUsd: costUsd(sumOf(trades.push, trades.hold)),
      boughtUsd: trades.push.boughtUsd + trades.hold.boughtUsd,
      ...counts,
      furthestBps: 10_000 * furthest,
    }
  }
}

function totalOf(markets: readonly PushedMarket[], of: 'push' | 'hold'): Trade {
  return markets.reduce((sum, { trades }) => sumOf(sum, trades[of]), NO_TRADE)
}

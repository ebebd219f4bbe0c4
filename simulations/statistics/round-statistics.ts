import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import type { Absence } from '../world/host-options.ts'
import type { PricePath } from '../world/prices.ts'
import { AbsentCounter, type AbsentValues } from './absent-values.ts'
import {
  type CumulativePoint,
  createHistogram,
  type Histogram,
  type LatencySummary,
} from './histogram.ts'
import { OpenRounds } from './open-rounds.ts'
import { type RoundEnd, Timeline, type TimelineBucket } from './timeline.ts'

/** What is counted of one round before it is closed; values with the decimals of the feed. */
interface OpenRound {
  readonly round: Round
  /** Null until it opens by the true clock. */
  openedUs: number | null
  end: RoundEnd
  firstUs: number | null
  /** What the first member held, and what is inside. */
  of: object | null
  value: number | null
  isDiffering: boolean
  /** Where a value was held against it. */
  truth: number | null
  observedUsSum: number
  observations: number
  readonly certifiedUs: number[]
  honestLow: number | null
  honestHigh: number | null
  /** Feeds of which the first certificate has no value, and why members had none. */
  unavailable: readonly FeedIndex[]
  absences: readonly Absence[]
}

export interface RoundStatisticsOptions {
  /** One whole unit of the feed. */
  readonly unit: number
  /** Names of the feeds, in the committee's order. */
  readonly feeds: readonly string[]
  /** How many members are honest; those that are down are among them. */
  readonly honest: number
  /** The first and the last round that are counted. */
  readonly firstRound: Round
  readonly lastRound: Round
  /** The true price of the first feed, where values are to be held against it. */
  readonly truth: PricePath | null
}

/** Distances of values from the true price at the opening of their round; null without a value. */
export interface ValueErrors {
  readonly meanBps: number | null
  readonly maxBps: number | null
}

/** What a result says of rounds, whatever protocol they are of. */
export interface RoundFigures {
  readonly rounds: { readonly opened: number } & Readonly<Record<RoundEnd, number>>
  readonly latencyMs: {
    /**
     * From the opening of a round to the first certificate at an honest member, to that of each,
     * and to that of the last one that came to have it.
     */
    readonly first: LatencySummary
    readonly all: LatencySummary
    readonly last: LatencySummary
    /** From the mean moment of the honest observations to each honest member's. */
    readonly observed: LatencySummary
  }
  /**
   * Of honest members in rounds with a certificate, the share that had none two rounds after the
   * opening, from 0 to 1: they are in no latency. Null without such rounds.
   */
  readonly withoutResult: number | null
  /** How far certified values of the first feed are off the true price. */
  readonly errorBps: ValueErrors
  /** Rounds in which two honest members held different values. */
  readonly differing: number
  /** Rounds that were certified without a value of some feed. */
  readonly unavailable: AbsentValues
  readonly curves: {
    readonly first: readonly CumulativePoint[]
    readonly all: readonly CumulativePoint[]
  }
  readonly timeline: readonly TimelineBucket[]
}

/** Curves of a result have so many points. */
const CURVE_POINTS = 400

/** Counts how rounds went, whatever protocol they are of. */
export class RoundStatistics {
  readonly #ends: Record<RoundEnd, number> = { fast: 0, proposed: 0, lost: 0 }
  readonly #first: Histogram = createHistogram()
  readonly #all: Histogram = createHistogram()
  readonly #last: Histogram = createHistogram()
  readonly #observed: Histogram = createHistogram()
  readonly #timeline = new Timeline()
  readonly #unavailable: AbsentCounter
  #differing = 0
  #results = 0
  readonly #options: RoundStatisticsOptions
  readonly #rounds: OpenRounds<OpenRound>
  #errors = 0
  #errorBpsSum = 0
  #errorBpsMax = 0

  constructor(options: RoundStatisticsOptions) {
    this.#options = options
    const { firstRound, lastRound, feeds } = options
    this.#unavailable = new AbsentCounter(feeds)
    this.#rounds = new OpenRounds({ firstRound, lastRound, create: openRound })
  }

  /** What came out so far. */
  figures(): RoundFigures {
    const { fast, proposed, lost } = this.#ends
    const [first, all] = [this.#first, this.#all]
    return {
      rounds: { opened: fast + proposed + lost, ...this.#ends },
      latencyMs: {
        first: first.summary(),
        all: all.summary(),
        last: this.#last.summary(),
        observed: this.#observed.summary(),
      },
      withoutResult: this.#withoutResult(),
      errorBps: this.#errorBps(),
      differing: this.#differing,
      unavailable: this.#unavailable.figures(),
      curves: { first: first.cumulative(CURVE_POINTS), all: all.cumulative(CURVE_POINTS) },
      timeline: this.#timeline.buckets,
    }
  }

  #withoutResult(): number | null {
    const wanted = this.#options.honest * (this.#ends.fast + this.#ends.proposed)
    return wanted === 0 ? null : 1 - this.#results / wanted
  }

  #errorBps(): ValueErrors {
    if (this.#errors === 0) return { meanBps: null, maxBps: null }
    return { meanBps: this.#errorBpsSum / this.#errors, maxBps: this.#errorBpsMax }
  }

  open(round: Round, openedUs: number): void {
    const { opened, over } = this.#rounds.open(round)
    if (opened !== undefined) opened.openedUs = openedUs
    if (over !== undefined) this.#close(over)
  }

  /** An honest member observed; before the round opens where its clock is ahead. */
  observe(round: Round, observed: bigint | null, nowUs: number): void {
    const open = this.#rounds.at(round)
    if (open === undefined) return
    open.observedUsSum += nowUs
    open.observations += 1
    if (observed === null) return
    const value = Number(observed)
    open.honestLow = open.honestLow === null ? value : Math.min(open.honestLow, value)
    open.honestHigh = open.honestHigh === null ? value : Math.max(open.honestHigh, value)
  }

  /** An honest member had no value of some feeds. */
  miss(round: Round, absences: readonly Absence[]): void {
    const open = this.#rounds.at(round)
    if (open !== undefined) open.absences = [...open.absences, ...absences]
  }

  /**
   * An honest member holds its first certificate `of` a round; `value` and `unavailable` read what
   * is inside: the first feed's value, and feeds without one.
   */
  certify(certified: {
    readonly round: Round
    readonly nowUs: number
    readonly end: RoundEnd
    readonly of: object
    readonly value: () => bigint | null
    readonly unavailable: () => readonly FeedIndex[]
  }): void {
    const { round, nowUs, end, of } = certified
    const open = this.#rounds.at(round)
    const openedUs = open?.openedUs ?? null
    if (open === undefined || openedUs === null) return
    const latencyUs = nowUs - openedUs
    this.#all.add(latencyUs)
    open.certifiedUs.push(nowUs)
    if (open.of === of) return
    const value = certified.value()
    const price = value === null ? null : Number(value)
    if (price !== null) this.#err(open, { price, openedUs })
    if (open.firstUs !== null) {
      open.isDiffering ||= price !== open.value
      return
    }
    this.#first.add(latencyUs)
    open.firstUs = nowUs
    open.end = end
    open.of = of
    open.unavailable = certified.unavailable()
    open.value = price
  }

  #err(
    open: OpenRound,
    { price, openedUs }: { readonly price: number; readonly openedUs: number },
  ): void {
    const { truth } = this.#options
    if (truth === null) return
    const truePrice = truth.at(openedUs)
    open.truth = truePrice
    const bps = Math.abs((10_000 * (price - truePrice)) / truePrice)
    this.#errors += 1
    this.#errorBpsSum += bps
    this.#errorBpsMax = Math.max(this.#errorBpsMax, bps)
  }

  #close(open: OpenRound): void {
    this.#ends[open.end] += 1
    // Whoever lost its disk may hold a second first certificate.
    this.#results += Math.min(this.#options.honest, open.certifiedUs.length)
    if (open.isDiffering) this.#differing += 1
    this.#unavailable.add(open.unavailable, open.absences)
    if (open.observations > 0) {
      const observedUs = Math.round(open.observedUsSum / open.observations)
      for (const us of open.certifiedUs) this.#observed.add(us - observedUs)
    }
    const { unit } = this.#options
    const whole = (value: number | null) => (value === null ? null : value / unit)
    const { round, end, openedUs } = open
    // Certificates come in the order of time.
    const lastUs = open.certifiedUs.at(-1) ?? null
    if (lastUs !== null && openedUs !== null) this.#last.add(lastUs - openedUs)
    const sinceMs = (us: number | null) =>
      us === null || openedUs === null ? null : (us - openedUs) / 1_000
    this.#timeline.add({
      round,
      end,
      firstMs: sinceMs(open.firstUs),
      lastMs: sinceMs(lastUs),
      value: whole(open.value),
      honestLow: whole(open.honestLow),
      honestHigh: whole(open.honestHigh),
      truth: whole(open.truth),
    })
  }
}

function openRound(round: Round): OpenRound {
  return {
    round,
    openedUs: null,
    end: 'lost',
    firstUs: null,
    of: null,
    value: null,
    isDiffering: false,
    truth: null,
    observedUsSum: 0,
    observations: 0,
    certifiedUs: [],
    honestLow: null,
    honestHigh: null,
    unavailable: [],
    absences: [],
  }
}

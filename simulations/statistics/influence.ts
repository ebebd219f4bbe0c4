import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Certificate, Observation } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import { RecentMap } from '../../aggregator/values/recent-map.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'

/** Distances of a value from the median of the honest observations of its round, by rounds. */
export interface Distances {
  /** Sum of the distances, those below taken as positive; divided by the rounds, the mean. */
  readonly bpsSum: number
  readonly bpsMax: number
}

/** How far members under control moved the first feed, and how far they would have otherwise. */
export interface Influence {
  readonly rounds: number
  readonly certified: Distances
  /** Were a report the mean of the same observations. */
  readonly mean: Distances
  /** Could a proposer choose which 2f+1 of all observations count. */
  readonly chosen: Distances
  /** Most honest observations that a certified value lies beyond the honest median. */
  readonly ranksMax: number
  /** Rounds whose value lies outside of the honest observations. */
  readonly outside: number
  /** Sum over rounds of the standard deviation of honest observations. */
  readonly honestBpsSum: number
}

interface OpenRound {
  readonly observed: Map<MemberIndex, number>
  certificate: Certificate | null
}

/** Rounds that wait for late observations before they are judged. */
const ROUNDS_OPEN = 3

/** Measures one run; its checker watches and never finds anything broken. */
export class InfluenceMeter {
  readonly #rounds = new RecentMap<Round, OpenRound>()
  readonly #sums = { certified: zero(), mean: zero(), chosen: zero() }
  #judged = 0
  #ranksMax = 0
  #outside = 0
  #honestBpsSum = 0

  readonly createChecker: CreateChecker = ({ committee, honest }): Checker => ({
    rule: 'S1',
    on: {
      roundOpened: ({ round }) => {
        this.#rounds.set(round, { observed: new Map(), certificate: null })
        this.#judge(round - ROUNDS_OPEN, committee, honest)
        return null
      },
      sent: ({ member, message: { message } }) => {
        if (message.type === 'observation') this.#observe(member, message)
        return null
      },
      certified: ({ certificate, member }) => {
        const open = this.#rounds.get(certificate.round)
        if (open !== undefined && hasMember(honest, member)) open.certificate ??= certificate
        return null
      },
    },
  })

  figures(): Influence {
    return {
      rounds: this.#judged,
      ...this.#sums,
      ranksMax: this.#ranksMax,
      outside: this.#outside,
      honestBpsSum: this.#honestBpsSum,
    }
  }

  #observe(member: MemberIndex, { round, values }: Observation): void {
    const value = values[0] ?? null
    const open = this.#rounds.get(round)
    if (open === undefined || value === null || open.observed.has(member)) return
    open.observed.set(member, Number(value))
  }

  #judge(round: Round, { f }: Committee, honest: Members): void {
    const open = this.#rounds.get(round)
    this.#rounds.delete(round)
    if (open?.certificate == null) return
    const value = valueIn(open.certificate)
    const all = [...open.observed]
    const truths = ascending(all.flatMap(([who, at]) => (hasMember(honest, who) ? [at] : [])))
    const { observers } = open.certificate
    const counted = all.flatMap(([who, at]) => (hasMember(observers, who) ? [at] : []))
    if (value === null || truths.length === 0 || counted.length === 0) return
    const middle = medianOf(truths)
    const values = ascending(all.map(([, at]) => at))
    const bps = (at: number) => (10_000 * (at - middle)) / middle
    count(this.#sums.certified, bps(value))
    count(this.#sums.mean, bps(meanOf(counted)))
    count(this.#sums.chosen, furthest(values, 2 * f + 1, bps))
    this.#ranksMax = Math.max(this.#ranksMax, ranksBetween(truths, middle, value))
    const isOutside = value < (truths[0] ?? value) || value > (truths.at(-1) ?? value)
    if (isOutside) this.#outside += 1
    this.#honestBpsSum += deviationOf(truths.map(bps))
    this.#judged += 1
  }
}

type Sum = { -readonly [K in keyof Distances]: Distances[K] }

function zero(): Sum {
  return { bpsSum: 0, bpsMax: 0 }
}

function count(sum: Sum, bps: number): void {
  const distance = bps < 0 ? -bps : bps
  sum.bpsSum += distance
  sum.bpsMax = Math.max(sum.bpsMax, distance)
}

function valueIn({ words }: Certificate): number | null {
  const report = words[0] === undefined ? null : decodeWord(words[0])
  return report === null || report.status !== FEED_STATUS.ok ? null : Number(report.value)
}

/** The median of the lowest or of the highest so many, whichever lies further away. */
function furthest(values: readonly number[], size: number, bps: (at: number) => number): number {
  const low = bps(medianOf(values.slice(0, size)))
  const high = bps(medianOf(values.slice(-size)))
  return -low > high ? low : high
}

/** Honest observations from the median, which does not count, to a value, which does. */
function ranksBetween(truths: readonly number[], middle: number, value: number): number {
  return truths.filter((truth) =>
    value > middle ? truth > middle && truth <= value : truth < middle && truth >= value,
  ).length
}

function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b)
}

function medianOf(sorted: readonly number[]): number {
  const low = sorted[(sorted.length - 1) >> 1] as number
  return (low + (sorted[sorted.length >> 1] as number)) / 2
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviationOf(values: readonly number[]): number {
  const middle = meanOf(values)
  return Math.sqrt(meanOf(values.map((value) => (value - middle) * (value - middle))))
}

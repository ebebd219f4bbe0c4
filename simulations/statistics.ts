import type { Committee } from '../aggregator/committee.ts'
import type { Certificate } from '../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../aggregator/report/feed-report.ts'
import { decodeWord } from '../aggregator/report/words.ts'
import type { Members, Round } from '../aggregator/values/ids.ts'
import { hasMember } from '../aggregator/values/ids.ts'
import { createHistogram, type Histogram } from './histogram.ts'
import { type RoundEnd, Timeline } from './timeline.ts'
import type { Fact } from './world/facts.ts'

/** What is counted of one round before it is closed. */
interface OpenRound {
  readonly round: Round
  readonly openedUs: number
  end: RoundEnd
  firstUs: number | null
  value: number | null
  honestLow: number | null
  honestHigh: number | null
}

export interface StatisticsOptions {
  readonly committee: Committee
  readonly honest: Members
  /** The first round that is counted. */
  readonly firstRound: Round
  /** The last one. */
  readonly lastRound: Round
}

/** Rounds after which one is closed: a certificate that comes later counts as lost. */
const CLOSED_AFTER = 2

/** Counts what a run does, in memory that does not grow with its length. */
export class Statistics {
  readonly ends: Record<RoundEnd, number> = { fast: 0, proposed: 0, lost: 0 }
  /** Of honest members. */
  readonly notes = new Map<string, number>()
  convicted: Members = 0
  /** From the opening to the first certificate anywhere, and to each honest member's. */
  readonly first: Histogram = createHistogram()
  readonly all: Histogram = createHistogram()
  readonly timeline = new Timeline()
  readonly #options: StatisticsOptions
  readonly #open = new Map<Round, OpenRound>()
  readonly #unit: number

  constructor(options: StatisticsOptions) {
    this.#options = options
    this.#unit = 10 ** (options.committee.params.feeds[0]?.decimals ?? 0)
  }

  get opened(): number {
    return this.ends.fast + this.ends.proposed + this.ends.lost
  }

  watch(fact: Fact): void {
    switch (fact.type) {
      case 'roundOpened':
        this.#openRound(fact.round, fact.nowUs)
        return
      case 'sent':
        if (hasMember(this.#options.honest, fact.member)) this.#observe(fact.message.message)
        return
      case 'certified':
        if (hasMember(this.#options.honest, fact.member)) this.#certify(fact)
        return
      case 'noted':
        if (!hasMember(this.#options.honest, fact.member)) return
        this.notes.set(fact.code, (this.notes.get(fact.code) ?? 0) + 1)
        if (fact.code === 'MEMBER_CONVICTED') this.convicted = (this.convicted | fact.members) >>> 0
        return
      default:
    }
  }

  #openRound(round: Round, openedUs: number): void {
    const { firstRound, lastRound } = this.#options
    if (round >= firstRound && round <= lastRound) {
      const open = { round, openedUs, end: 'lost', firstUs: null, value: null } as const
      this.#open.set(round, { ...open, honestLow: null, honestHigh: null })
    }
    const closing = this.#open.get(round - CLOSED_AFTER)
    if (closing !== undefined) this.#close(closing)
  }

  #close(open: OpenRound): void {
    this.#open.delete(open.round)
    this.ends[open.end] += 1
    const firstMs = open.firstUs === null ? null : (open.firstUs - open.openedUs) / 1_000
    const { round, end, value, honestLow, honestHigh } = open
    this.timeline.add({ round, end, firstMs, value, honestLow, honestHigh })
  }

  #observe(message: Extract<Fact, { type: 'sent' }>['message']['message']): void {
    if (message.type !== 'observation') return
    const open = this.#open.get(message.round)
    const observed = message.values[0] ?? null
    if (open === undefined || observed === null) return
    const value = Number(observed) / this.#unit
    open.honestLow = open.honestLow === null ? value : Math.min(open.honestLow, value)
    open.honestHigh = open.honestHigh === null ? value : Math.max(open.honestHigh, value)
  }

  #certify({ certificate, path, nowUs }: Extract<Fact, { type: 'certified' }>): void {
    const open = this.#open.get(certificate.round)
    if (open === undefined) return
    const latencyUs = nowUs - open.openedUs
    this.all.add(latencyUs)
    if (open.firstUs !== null) return
    this.first.add(latencyUs)
    open.firstUs = nowUs
    open.end = path
    open.value = valueIn(certificate, this.#unit)
  }
}

function valueIn(certificate: Certificate, unit: number): number | null {
  const word = certificate.words[0]
  const report = word === undefined ? null : decodeWord(word)
  if (report === null || report.status !== FEED_STATUS.ok) return null
  return Number(report.value) / unit
}

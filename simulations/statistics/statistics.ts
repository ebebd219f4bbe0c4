import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { FeedIndex, Members, Round } from '../../aggregator/values/ids.ts'
import { countMembers, hasMember } from '../../aggregator/values/ids.ts'
import type { Fact } from '../world/facts.ts'
import type { PricePath } from '../world/prices.ts'
import { RoundStatistics } from './round-statistics.ts'

export interface StatisticsOptions {
  readonly committee: Committee
  readonly honest: Members
  /** The first round that is counted. */
  readonly firstRound: Round
  /** The last one. */
  readonly lastRound: Round
  /** The true price of the first feed, where values are to be held against it. */
  readonly truth?: PricePath
}

/** Counts what a run of ours does, in memory that does not grow with its length. */
export class Statistics {
  readonly rounds: RoundStatistics
  /** Of honest members. */
  readonly notes = new Map<string, number>()
  convicted: Members = 0
  readonly #honest: Members

  constructor({ committee, honest, firstRound, lastRound, truth }: StatisticsOptions) {
    this.#honest = honest
    const feeds = committee.params.feeds.map(({ name }) => name)
    const unit = 10 ** (committee.params.feeds[0]?.decimals ?? 0)
    this.rounds = new RoundStatistics({
      unit,
      feeds,
      honest: countMembers(honest),
      firstRound,
      lastRound,
      truth: truth ?? null,
    })
  }

  watch(fact: Fact): void {
    switch (fact.type) {
      case 'roundOpened':
        this.rounds.open(fact.round, fact.nowUs)
        return
      case 'sent': {
        const { message } = fact.message
        if (message.type !== 'observation' || !hasMember(this.#honest, fact.member)) return
        this.rounds.observe(message.round, message.values[0] ?? null, fact.nowUs)
        return
      }
      case 'certified': {
        if (!hasMember(this.#honest, fact.member)) return
        const { certificate, path, nowUs } = fact
        this.rounds.certify({
          round: certificate.round,
          nowUs,
          end: path,
          of: certificate,
          value: () => firstValueIn(certificate),
          unavailable: () => unavailableIn(certificate),
        })
        return
      }
      case 'valuesAbsent':
        if (hasMember(this.#honest, fact.member)) this.rounds.miss(fact.round, fact.absences)
        return
      case 'noted':
        if (!hasMember(this.#honest, fact.member)) return
        this.notes.set(fact.code, (this.notes.get(fact.code) ?? 0) + 1)
        if (fact.code === 'MEMBER_CONVICTED') this.convicted = (this.convicted | fact.members) >>> 0
        return
      default:
    }
  }
}

/** What a certificate says of the first feed; null where that is UNAVAILABLE. */
export function firstValueIn(certificate: Certificate): bigint | null {
  return valueIn(certificate, 0)
}

function unavailableIn(certificate: Certificate): readonly FeedIndex[] {
  return [...certificate.words.keys()].filter((feed) => valueIn(certificate, feed) === null)
}

function valueIn(certificate: Certificate, feed: FeedIndex): bigint | null {
  const word = certificate.words[feed]
  const report = word === undefined ? null : decodeWord(word)
  return report === null || report.status !== FEED_STATUS.ok ? null : report.value
}

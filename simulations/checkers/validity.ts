import type { Certificate, Observation } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'

interface Range {
  low: bigint
  high: bigint
}

/** Rounds whose honest ranges are kept; an adversary that waits longer is told so. */
const ROUNDS_KEPT = 4_096

/** S1: every certified value lies within the honest observations of its round (protocol §12). */
export const createValidityChecker: CreateChecker = ({ committee, honest }): Checker => {
  /** By round, for each feed; null where no honest member had a value. */
  const ranges = new Map<Round, (Range | null)[]>()
  const feeds = committee.params.feeds
  const judged = new WeakSet<Certificate>()

  const widen = (observation: Observation): void => {
    let ofRound = ranges.get(observation.round)
    if (ofRound === undefined) {
      ofRound = feeds.map(() => null)
      ranges.set(observation.round, ofRound)
      ranges.delete(observation.round - ROUNDS_KEPT)
    }
    for (const [feed, value] of observation.values.entries()) {
      if (value === null) continue
      const range = ofRound[feed] ?? null
      if (range === null) ofRound[feed] = { low: value, high: value }
      else if (value < range.low) range.low = value
      else if (value > range.high) range.high = value
    }
  }
  const judge = (certificate: Certificate, nowUs: number): Violation | null => {
    const { round, words } = certificate
    const ofRound = ranges.get(round)
    for (const [feed, word] of words.entries()) {
      const report = decodeWord(word)
      if (report === null || report.status !== FEED_STATUS.ok) continue
      const range = ofRound?.[feed] ?? null
      if (range !== null && report.value >= range.low && report.value <= range.high) continue
      const name = feeds[feed]?.name ?? `feed ${feed}`
      const bounds = range === null ? 'no honest observation' : `${range.low} to ${range.high}`
      const message = `${name} was certified as ${report.value}; honest members saw ${bounds}`
      return { rule: 'S1', nowUs, round, message }
    }
    return null
  }
  return {
    rule: 'S1',
    check: (fact) => {
      if (fact.type === 'certificateMade' || fact.type === 'certified') {
        if (judged.has(fact.certificate)) return null
        judged.add(fact.certificate)
        return judge(fact.certificate, fact.nowUs)
      }
      if (fact.type !== 'sent' || !hasMember(honest, fact.member)) return null
      const { message } = fact.message
      if (message.type === 'observation') widen(message)
      return null
    },
  }
}

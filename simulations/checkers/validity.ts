import type { Certificate, Observation } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'
import { RoundRing } from '../checking/round-ring.ts'

interface Range {
  low: bigint
  high: bigint
}

/** Rounds whose honest ranges are kept; an adversary that waits longer is told so. */
const ROUNDS_KEPT = 4_096

/** S1: every certified value lies within the honest observations of its round (protocol §12). */
export const createValidityChecker: CreateChecker = ({ committee, honest }): Checker => {
  /** By round, for each feed; null where no honest member had a value. */
  const ranges = new RoundRing<(Range | null)[]>(ROUNDS_KEPT)
  const feeds = committee.params.feeds

  const widen = (observation: Observation): void => {
    let ofRound = ranges.get(observation.round)
    if (ofRound === undefined) {
      ofRound = feeds.map(() => null)
      ranges.set(observation.round, ofRound)
    }
    const { values } = observation
    for (let feed = 0; feed < values.length; feed++) {
      const value = values[feed] ?? null
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
    onCertificate: judge,
    on: {
      sent: ({ member, message: { message } }) => {
        if (message.type === 'observation' && hasMember(honest, member)) widen(message)
        return null
      },
    },
  }
}

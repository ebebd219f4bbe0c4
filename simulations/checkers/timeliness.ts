import { openingOf } from '../../aggregator/committee/committee.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'

/**
 * S5, as far as certificates decide it: the time of a report lies in the window of its round, so
 * that times increase with rounds wherever reports are stored (protocol §8.3, §12).
 */
export const createTimelinessChecker: CreateChecker = ({ committee }): Checker => {
  const { includeMs, clockSkewMsMax } = committee.params.timing
  return {
    rule: 'S5',
    onCertificate: ({ round, timestampMs }, nowUs) => {
      const sinceMs = timestampMs - openingOf(committee, round)
      if (sinceMs >= -clockSkewMsMax && sinceMs <= includeMs + clockSkewMsMax) return null
      const message = `a report is stamped ${sinceMs} ms after the opening of its round`
      return { rule: 'S5', nowUs, round, message }
    },
  }
}

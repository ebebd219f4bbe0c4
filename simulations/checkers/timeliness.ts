import { openingOf } from '../../aggregator/committee.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'

/**
 * S5, as far as certificates decide it: the time of a report lies in the window of its round, so
 * that times increase with rounds wherever reports are stored (protocol §8.3, §12).
 */
export const createTimelinessChecker: CreateChecker = ({ committee }): Checker => {
  const judged = new WeakSet<Certificate>()
  const { includeMs, clockSkewMsMax } = committee.params.timing
  const judge = (certificate: Certificate, nowUs: number): Violation | null => {
    if (judged.has(certificate)) return null
    judged.add(certificate)
    const { round, timestampMs } = certificate
    const sinceMs = timestampMs - openingOf(committee, round)
    if (sinceMs >= -clockSkewMsMax && sinceMs <= includeMs + clockSkewMsMax) return null
    const message = `a report is stamped ${sinceMs} ms after the opening of its round`
    return { rule: 'S5', nowUs, round, message }
  }
  return {
    rule: 'S5',
    check: (fact) =>
      fact.type === 'certificateMade' || fact.type === 'certified'
        ? judge(fact.certificate, fact.nowUs)
        : null,
  }
}

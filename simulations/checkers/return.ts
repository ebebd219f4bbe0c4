import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'

/** L4: a restarted honest member observes within E again within probeEvery × n rounds (§12). */
export const createReturnChecker: CreateChecker = (subject): Checker => {
  const { committee, honest, disturbances, isAlwaysDisturbed } = subject
  const roundsMax = committee.params.probeEvery * committee.size
  const applies = !isAlwaysDisturbed && disturbances.every(({ toUs }) => Number.isFinite(toUs))
  /** Round that was open when each member came back; it has not observed within E since. */
  const waiting = new Map<MemberIndex, Round>()
  let current: Round = 0

  const overdue = (nowUs: number): Violation | null => {
    for (const [member, since] of waiting) {
      if (current <= since + roundsMax) continue
      waiting.delete(member)
      const message = `member ${member} is outside of E ${roundsMax} rounds after its start`
      return { rule: 'L4', nowUs, round: current, message }
    }
    return null
  }
  return {
    rule: 'L4',
    check: (fact) => {
      if (!applies) return null
      switch (fact.type) {
        case 'started':
          if (hasMember(honest, fact.member)) waiting.set(fact.member, current)
          return null
        case 'crashed':
          waiting.delete(fact.member)
          return null
        case 'roundOpened':
          current = fact.round
          return overdue(fact.nowUs)
        case 'certified':
          for (const member of waiting.keys()) {
            if (hasMember(fact.certificate.observers, member)) waiting.delete(member)
          }
          return null
        default:
          return null
      }
    },
  }
}

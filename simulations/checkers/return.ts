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
    on: {
      started: ({ member }) => {
        if (applies && hasMember(honest, member)) waiting.set(member, current)
        return null
      },
      crashed: ({ member }) => {
        waiting.delete(member)
        return null
      },
      roundOpened: ({ nowUs, round }) => {
        current = round
        return overdue(nowUs)
      },
      certified: ({ certificate: { observers } }) => {
        if (waiting.size === 0) return null
        for (const member of waiting.keys()) {
          if (hasMember(observers, member)) waiting.delete(member)
        }
        return null
      },
    },
  }
}

import { isProbe } from '../../aggregator/committee/committee.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { countMembers, difference, hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'

/** Rounds that a start costs at most: the barrier is the one after that at clock + skew (§10.3). */
const SILENT_ROUNDS = 2
/** Rounds until the end of one is certain. */
const CLOSED_AFTER = 2

/**
 * L4: a restarted honest member observes within E again within probeEvery × (n + 1) rounds of its
 * barrier (§12): a certificate of the fast path names it. A probe round of its own turn that is
 * lost, which takes two faulty proposers, costs it another n periods.
 */
export const createReturnChecker: CreateChecker = (subject): Checker => {
  const { committee, honest, disturbances, isAlwaysDisturbed } = subject
  const { probeEvery } = committee.params
  const turnRounds = probeEvery * committee.size
  const roundsMax = turnRounds + probeEvery
  const isInModel = countMembers(difference(committee.all, honest)) <= committee.f
  const applies =
    isInModel && !isAlwaysDisturbed && disturbances.every(({ toUs }) => Number.isFinite(toUs))
  const calmUs = Math.max(0, ...disturbances.map(({ toUs }) => toUs))
  /** From which round on each member that came back is waited for. */
  const waiting = new Map<MemberIndex, Round>()
  /** Probe rounds with a certificate that are not closed yet. */
  const certified = new Set<Round>()
  let current: Round = 0

  const renew = (): void => {
    for (const member of waiting.keys()) waiting.set(member, current + SILENT_ROUNDS)
  }
  const closeProbe = (round: Round): void => {
    if (!isProbe(committee, round) || certified.delete(round)) return
    const member = (round / probeEvery) % committee.size
    const since = waiting.get(member)
    if (since !== undefined && since < round) waiting.set(member, since + turnRounds)
  }
  const overdue = (nowUs: number): Violation | null => {
    for (const [member, since] of waiting) {
      if (current <= since + roundsMax) continue
      waiting.delete(member)
      const message = `member ${member} is outside of E ${roundsMax} rounds after its barrier`
      return { rule: 'L4', nowUs, round: current, message }
    }
    return null
  }
  return {
    rule: 'L4',
    on: {
      started: ({ member }) => {
        if (applies && hasMember(honest, member)) waiting.set(member, current)
        renew()
        return null
      },
      crashed: ({ member }) => {
        waiting.delete(member)
        // More than f may be away now: nothing is promised until it is back.
        renew()
        return null
      },
      roundOpened: ({ nowUs, round }) => {
        current = round
        if (nowUs < calmUs) renew()
        closeProbe(round - CLOSED_AFTER)
        return overdue(nowUs)
      },
      certified: ({ member, certificate: { observers, round, slot } }) => {
        if (waiting.size === 0 || !hasMember(honest, member)) return null
        if (isProbe(committee, round)) certified.add(round)
        if (slot !== 0) return null
        for (const [each, since] of waiting) {
          if (round > since && hasMember(observers, each)) waiting.delete(each)
        }
        return null
      },
    },
  }
}

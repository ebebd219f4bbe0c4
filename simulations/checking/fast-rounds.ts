import { orderOf } from '../../aggregator/context.ts'
import { countMembers, difference, hasMember, type Round } from '../../aggregator/values/ids.ts'
import type { Handlers, Subject } from './checker.ts'

/** Probe periods until the faulty are known. */
export const PERIODS_TO_LEARN = 2
/** Rounds until the end of one is certain. */
const CLOSED_AFTER = 2

export interface ClosedRound {
  readonly round: Round
  readonly isFast: boolean
  /** The round before was certified on the proposal of a faulty member: it chose the signers. */
  readonly isLed: boolean
}

/** Which rounds took the fast path, for promises that hold while only the faulty disturb. */
export interface FastRounds {
  /** Shows the facts that it watches. */
  readonly on: Pick<Handlers, 'crashed' | 'certified'>
  /** Whether nothing but at most f members disturbed so far. */
  readonly applies: () => boolean
  /** The round that is certainly over when this one opens; once each. */
  readonly closedBy: (opened: Round) => ClosedRound
}

export function watchFastRounds(subject: Subject): FastRounds {
  const { committee, context, honest, disturbances, isAlwaysDisturbed } = subject
  const isInModel = countMembers(difference(committee.all, honest)) <= committee.f
  // Members that crash are faulty as well, and not always the same.
  let applies = isInModel && disturbances.length === 0 && !isAlwaysDisturbed
  const fast = new Set<Round>()
  const led = new Set<Round>()
  return {
    on: {
      crashed: ({ member }) => {
        if (hasMember(honest, member)) applies = false
        return null
      },
      certified: ({ certificate, member, path }) => {
        if (!applies || !hasMember(honest, member)) return null
        const { round, slot } = certificate
        if (path === 'fast') fast.add(round)
        const proposer = slot === 0 ? undefined : orderOf(context, round)[slot - 1]
        if (proposer !== undefined && !hasMember(honest, proposer)) led.add(round + 1)
        return null
      },
    },
    applies: () => applies,
    closedBy: (opened) => {
      const round = opened - CLOSED_AFTER
      return { round, isFast: fast.delete(round), isLed: led.delete(round) }
    },
  }
}

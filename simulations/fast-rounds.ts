import { countMembers, difference, hasMember, type Round } from '../aggregator/values/ids.ts'
import type { Handlers, Subject } from './checker.ts'

/** Probe periods until the faulty are known. */
export const PERIODS_TO_LEARN = 2
/** Rounds until the end of one is certain. */
const CLOSED_AFTER = 2

/** Which rounds took the fast path, for promises that hold while only the faulty disturb. */
export interface FastRounds {
  /** Shows the facts that it watches. */
  readonly on: Pick<Handlers, 'crashed' | 'certified'>
  /** Whether nothing but at most f members disturbed so far. */
  readonly applies: () => boolean
  /** The round that is certainly over when this one opens, and whether it was fast; once each. */
  readonly closedBy: (opened: Round) => { readonly round: Round; readonly isFast: boolean }
}

export function watchFastRounds(subject: Subject): FastRounds {
  const { committee, honest, disturbances, isAlwaysDisturbed } = subject
  const isInModel = countMembers(difference(committee.all, honest)) <= committee.f
  // Members that crash are faulty as well, and not always the same.
  let applies = isInModel && disturbances.length === 0 && !isAlwaysDisturbed
  const fast = new Set<Round>()
  return {
    on: {
      crashed: ({ member }) => {
        if (hasMember(honest, member)) applies = false
        return null
      },
      certified: ({ certificate, member, path }) => {
        if (applies && path === 'fast' && hasMember(honest, member)) fast.add(certificate.round)
        return null
      },
    },
    applies: () => applies,
    closedBy: (opened) => {
      const round = opened - CLOSED_AFTER
      return { round, isFast: fast.delete(round) }
    },
  }
}

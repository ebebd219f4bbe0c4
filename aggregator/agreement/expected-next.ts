import type { Committee } from '../committee/committee.ts'
import { firstInTurn } from '../committee/turn-order.ts'
import {
  countMembers,
  difference,
  isSubset,
  type MemberIndex,
  type Members,
  membersOf,
} from '../values/ids.ts'
import { namedAtLeast } from './pair.ts'

/** What the next expected set of a proposal follows from (protocol §6.6). */
export interface NextBasis {
  /** E'_r, recomputed from the best certificate held now, with who comes back (§4.5). */
  readonly expected: Members
  readonly convicted: Members
  /** Late notices attached to the proposal. */
  readonly lates: readonly { readonly members: Members }[]
}

/** The expected set without those whom f+1 attached notices name, and without the convicted. */
export function baseOf(committee: Committee, basis: NextBasis): Members {
  const late = namedAtLeast(basis.lates, committee.f + 1)
  return difference(difference(basis.expected, late), basis.convicted)
}

/** What a proposer puts: the base, filled up to t with members whose observation it holds. */
export function expectedNextOf(
  committee: Committee,
  basis: NextBasis,
  fill: { readonly order: readonly MemberIndex[]; readonly held: Members },
): Members {
  const base = baseOf(committee, basis)
  const t = committee.signingThreshold
  if (countMembers(base) >= t) return base
  const unconvicted = difference(committee.all, basis.convicted)
  const fromHeld = difference(fill.held & unconvicted, base)
  let next = (base | membersOf(firstInTurn(fill.order, fromHeld, t - countMembers(base)))) >>> 0
  if (countMembers(next) < t) {
    const rest = difference(unconvicted, next)
    next = (next | membersOf(firstInTurn(fill.order, rest, t - countMembers(next)))) >>> 0
  }
  return next
}

/**
 * Whether a signer accepts the next expected set of a proposal (§6.7).
 *
 * A base of t members or more must be proposed exactly, and may contain nobody against whom this
 * signer itself holds n−f late notices. A smaller base must be filled up to t members, with nobody
 * who is convicted.
 */
export function isExpectedNextSound(
  committee: Committee,
  proposed: Members,
  judge: NextBasis & { readonly held: readonly { readonly members: Members }[] },
): boolean {
  const base = baseOf(committee, judge)
  const t = committee.signingThreshold
  if (countMembers(base) < t) {
    const isSound = isSubset(base, proposed) && countMembers(proposed) >= t
    return isSound && (proposed & judge.convicted) === 0
  }
  const lateForAll = namedAtLeast(judge.held, committee.size - committee.f)
  return proposed === base && (proposed & lateForAll) === 0
}

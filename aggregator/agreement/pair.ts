import { isProbe } from '../committee/committee.ts'
import type { Context } from '../context.ts'
import type { Basis, Certificate, Pair } from '../messages/messages.ts'
import {
  countMembers,
  difference,
  listMembers,
  type Members,
  membersOf,
  NO_MEMBERS,
  type Round,
  withMember,
  withoutMember,
} from '../values/ids.ts'

/** Of so many probe rounds one lets a member sign that does not otherwise (§4.3). */
const PROBES_PER_DUTY = 16
/**
 * Of so many the first lets a signer return to the head of the list, where it may withhold again:
 * one a period would cost more than the three rounds of L2 (ADR 0103).
 */
const PROBES_PER_RETURN = 2

/** What a pair is derived from: the best certificate and the members convicted so far (§4.3). */
export interface PairBasis {
  readonly best: Certificate | null
  readonly convicted: Members
  /** Members whom a lost round before found absent: left out as long as t others remain. */
  readonly absent?: Members
}

/** The expected set and the signing set of a round (protocol §4.3). */
export function pairOf(context: Context, round: Round, basis: PairBasis): Pair {
  const { committee } = context
  const unconvicted = difference(committee.all, basis.convicted)
  const t = committee.signingThreshold
  const present = (set: Members): Members => {
    const left = difference(set, basis.absent ?? NO_MEMBERS)
    return countMembers(left) < t ? set : left
  }
  if (basis.best === null) {
    const expected = present(unconvicted)
    return { expected, signing: firstListed(expected, t) }
  }
  const kept = difference(basis.best.expectedNext, basis.convicted)
  const expected = present(countMembers(kept) < t ? unconvicted : kept)
  const signing = refill(t, { set: basis.best.signingSet & expected, from: expected })
  if (!isProbe(committee, round)) return { expected, signing }
  const probe = round / committee.params.probeEvery
  const duty = probe / PROBES_PER_DUTY
  if (Number.isInteger(duty)) return { expected, signing: onDuty(signing, expected, duty) }
  if (probe % PROBES_PER_RETURN !== 1) return { expected, signing }
  return { expected, signing: returned(signing, expected) }
}

/** Adds the first others of `from`, as the committee lists them, until the set has `count`. */
function refill(count: number, sets: { readonly set: Members; readonly from: Members }): Members {
  const missing = count - countMembers(sets.set)
  if (missing <= 0) return sets.set >>> 0
  return (sets.set | firstListed(difference(sets.from, sets.set), missing)) >>> 0
}

/**
 * Replaces the signer that is listed last by the first other expected member where that one is
 * listed before it: signers return to the head of the list, where operators put those who are near
 * to the rest, and stay there.
 */
function returned(signing: Members, expected: Members): Members {
  const [replacement] = listMembers(difference(expected, signing))
  const last = listMembers(signing).at(-1)
  if (replacement === undefined || last === undefined || replacement > last) return signing
  return withMember(withoutMember(signing, last), replacement)
}

/**
 * Lets one of the others take the place of the signer that is listed last until the next probe
 * round, each in its turn: a share that no longer works is found while it is not needed.
 */
function onDuty(signing: Members, expected: Members, turn: number): Members {
  const others = listMembers(difference(expected, signing))
  const chosen = others[turn % others.length]
  const last = listMembers(signing).at(-1)
  if (chosen === undefined || last === undefined) return signing
  return withMember(withoutMember(signing, last), chosen)
}

function firstListed(set: Members, count: number): Members {
  return membersOf(listMembers(set).slice(0, count))
}

export function isSamePair(a: Pair, b: Pair): boolean {
  return a.expected === b.expected && a.signing === b.signing
}

/** (round, slot) of a best certificate; (0, 0) without one (§5.1). */
export function basisOf(best: Certificate | null): Basis {
  return best === null ? { round: 0, slot: 0 } : { round: best.round, slot: best.slot }
}

export function isHigher(a: Basis, b: Basis): boolean {
  return a.round > b.round || (a.round === b.round && a.slot > b.slot)
}

/**
 * Whether a certificate takes the place of the best one: round, then slot, then smaller next set
 * (§4.3).
 */
export function isBetter(candidate: Certificate, best: Certificate | null): boolean {
  if (best === null) return true
  if (isHigher(basisOf(candidate), basisOf(best))) return true
  if (isHigher(basisOf(best), basisOf(candidate))) return false
  return candidate.expectedNext < best.expectedNext
}

/** Members named by at least `count` of the notices. */
export function namedAtLeast(
  notices: readonly { readonly members: Members }[],
  count: number,
): Members {
  let named = NO_MEMBERS
  for (let index = 0; index < 31; index++) {
    let times = 0
    for (const notice of notices) times += (notice.members >>> index) & 1
    if (times >= count) named = withMember(named, index)
  }
  return named
}

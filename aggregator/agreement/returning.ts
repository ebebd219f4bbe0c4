import { isProbe } from '../committee/committee.ts'
import type { Context } from '../context.ts'
import type { Observation, Pair, Verified } from '../messages/messages.ts'
import type { RoundState } from '../state/round-state.ts'
import type { Turn } from '../state/turn.ts'
import {
  difference,
  hasMember,
  listMembers,
  type MemberIndex,
  type Members,
  membersOf,
  NO_MEMBERS,
  type Round,
  withMember,
} from '../values/ids.ts'
import { isSamePair, namedAtLeast } from './pair.ts'

/**
 * The excluded members that this node vouches for in a probe round: their observation of the round
 * before was here in time, and named the pair that this node named (protocol §4.5).
 *
 * @param pair of the round in which this node vouches
 */
export function vouchedIn(turn: Turn, round: RoundState, pair: Pair): Members {
  const { state, context } = turn
  if (!isProbe(context.committee, round.round)) return NO_MEMBERS
  const before = state.rounds.get(round.round - 1)
  if (before === undefined || before.pair === null) return NO_MEMBERS
  let vouched = NO_MEMBERS
  const excluded = difference(before.included, pair.expected | state.convicted)
  for (const member of listMembers(excluded)) {
    const named = before.observations[member]?.message.pair
    if (named !== undefined && isSamePair(named, before.pair)) vouched = withMember(vouched, member)
  }
  return vouched
}

/** What members vouched for in the report of a round. */
export interface VouchingWords {
  readonly round: Round
  /** Of the report. */
  readonly observers: Members
  /** Of the round, by sender: those of all observers are among them. */
  readonly observations: readonly (Verified<Observation> | undefined)[]
}

/** What decides who comes back. */
interface ReturnWords extends VouchingWords {
  /** The set that the member joins. */
  readonly expected: Members
}

/**
 * An expected set with the member that comes back to it, if one does (§4.5). It follows from the
 * observations alone, so whoever holds them finds the same.
 *
 * Observers other than the whole expected set are those of a round that somebody has left. Nobody
 * complains of an excluded member that has left as well (§6.5): then one of them comes back only.
 */
export function withReturning(context: Context, words: ReturnWords): Members {
  const { expected, observers } = words
  const among = observers === expected ? context.committee.all : observers
  return expected | returningAmong(context, words, among)
}

/**
 * The one member of `among` that comes back, or nobody: in a probe round, of those whom f+1
 * observers of the report vouch for, the one with the smallest (index − r/probeEvery) mod n.
 */
export function returningAmong(context: Context, words: ReturnWords, among: Members): Members {
  const { committee } = context
  const candidates = difference(vouchedFor(context, words) & among, words.expected)
  const first = (words.round / committee.params.probeEvery) % committee.size
  for (let distance = 0; distance < committee.size; distance++) {
    const member: MemberIndex = (first + distance) % committee.size
    if (hasMember(candidates, member)) return membersOf([member])
  }
  return NO_MEMBERS
}

/** Whom f+1 observers of the report vouch for; nobody outside of a probe round (§4.5). */
export function vouchedFor({ committee }: Context, words: VouchingWords): Members {
  if (!isProbe(committee, words.round)) return NO_MEMBERS
  const said = listMembers(words.observers).map((member) => ({
    members: words.observations[member]?.message.vouched ?? NO_MEMBERS,
  }))
  return namedAtLeast(said, committee.f + 1)
}

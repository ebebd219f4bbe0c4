import { candidateOf } from '../../aggregator/candidate/candidate.ts'
import { isProbe, openingOf } from '../../aggregator/committee/committee.ts'
import type {
  Digest,
  GossipMessage,
  MemberMessage,
  Proposal,
  Verified,
} from '../../aggregator/messages/messages.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import {
  countMembers,
  difference,
  listMembers,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Copy, Powers } from './adversary.ts'

const US_PER_MS = 1_000

/** The message that planned copies carry; null when there are none. */
export function messageOf(planned: readonly Copy[]): GossipMessage | null {
  return planned[0]?.message.message ?? null
}

/** Whether a message is one that its sender signs. */
export function isMemberMessage(message: GossipMessage | null): message is MemberMessage {
  return message !== null && message.type !== 'certificate' && message.type !== 'evidence'
}

/**
 * Copies that enter their links when a round is so old by the true clock, or now if it is older.
 */
export function heldUntil(
  powers: Powers,
  planned: readonly Copy[],
  when: { readonly round: Round; readonly offsetMs: number },
): readonly Copy[] {
  const heldUs = Math.max(0, momentUs(powers, when) - powers.nowUs())
  return planned.map((copy) => ({ ...copy, heldUs }))
}

/**
 * Whether a member must be there in a round, and name the pair of the others, to be let back in the
 * next one (protocol §4.5): an attack that needs its place goes on only then.
 */
export function isBeforeProbe({ context }: Powers, round: Round): boolean {
  return isProbe(context.committee, round + 1)
}

/** World time at which a round is so old. */
export function momentUs(
  powers: Powers,
  when: { readonly round: Round; readonly offsetMs: number },
): number {
  const { committee } = powers.context
  const openedMs = openingOf(committee, when.round) - committee.params.genesisMs
  return Math.round((openedMs + when.offsetMs) * US_PER_MS)
}

/** The same copies of another message. */
export function carrying(
  planned: readonly Copy[],
  message: Verified<GossipMessage>,
): readonly Copy[] {
  return planned.map((copy) => ({ ...copy, message }))
}

/** Copies for everyone but the sender. */
export function toEveryone(
  powers: Powers,
  from: MemberIndex,
  message: Verified<GossipMessage>,
): readonly Copy[] {
  const receivers = withoutMember(powers.context.committee.all, from)
  return listMembers(receivers).map((to) => ({ message, from, to, heldUs: 0 }))
}

/** Members that this adversary does not control. */
export function victimsOf(powers: Powers): Members {
  return difference(powers.context.committee.all, powers.members)
}

/** The proposal over other observers and for other signers; null when too few remain. */
export function overSets(
  powers: Powers,
  proposal: Proposal,
  sets: { readonly observers: Members; readonly signingSet: Members },
): Proposal | null {
  const { context } = powers
  const observations = powers.stateOf(proposal.sender)?.rounds.get(proposal.round)?.observations
  const named = listMembers((sets.observers | sets.signingSet) >>> 0)
  if (countMembers(sets.observers) < context.committee.observationQuorum) return null
  if (countMembers(sets.signingSet) !== context.committee.signingThreshold) return null
  if (observations === undefined || named.some((each) => observations[each] === undefined)) {
    return null
  }
  const choice = { ...sets, slot: 1 + proposal.rank, expectedNext: proposal.expectedNext }
  const { report } = candidateOf(context, observations, choice)
  const observationDigests = named.map((index) => observations[index]?.digest as Digest)
  return { ...proposal, ...sets, observationDigests, reportDigest: report.digest }
}

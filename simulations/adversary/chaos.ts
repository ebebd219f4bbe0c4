import { candidateOf } from '../../aggregator/candidate/candidate.ts'
import { isProbe } from '../../aggregator/committee/committee.ts'
import type {
  Digest,
  MemberMessage,
  Observation,
  Proposal,
} from '../../aggregator/messages/messages.ts'
import type { Members } from '../../aggregator/values/ids.ts'
import {
  countMembers,
  difference,
  hasMember,
  listMembers,
  withMember,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf } from '../attacking/attack.ts'

/** Everything at random: finds what nobody thought of, and little of what needs a plan. */
function create(powers: Powers): Adversary {
  const { prng } = powers

  const send = (planned: readonly Copy[]): readonly Copy[] => {
    const message = messageOf(planned)
    if (!isMemberMessage(message)) return prng.chance(500_000) ? [] : planned
    const changed = prng.chance(300_000) ? change(message) : null
    const other = changed === null ? null : powers.sign(changed)
    // Rarely to some only: two contents at once end in a conviction, and the fun is over.
    const isSplit = prng.chance(20_000)
    return planned.flatMap((copy, at) => {
      if (prng.chance(150_000)) return []
      const isOther = other !== null && (!isSplit || at % 2 === 0)
      return [{ ...copy, message: isOther ? other : copy.message, heldUs: delayUs() }]
    })
  }
  const delayUs = (): number => {
    const { roundMs, includeMs } = powers.context.committee.params.timing
    if (prng.chance(500_000)) return 0
    return prng.below((prng.chance(500_000) ? includeMs : roundMs) * 1_000)
  }
  const change = (message: MemberMessage): MemberMessage | null => {
    switch (message.type) {
      case 'observation':
        return changedObservation(message)
      case 'late':
        return { ...message, members: subset(powers.context.committee.all) }
      case 'proposal':
        return changedProposal(message)
      case 'share':
        return { ...message, expectedNext: subset(message.expectedNext) }
    }
  }
  const changedObservation = (message: Observation): Observation => {
    const expected = subset(message.pair.expected)
    const signing = (message.pair.signing & expected) >>> 0
    const { committee } = powers.context
    const others = difference(committee.all, message.pair.expected)
    const kinds: readonly Observation[] = [
      { ...message, pair: { expected, signing } },
      { ...message, vouched: isProbe(committee, message.round) ? subset(others) : 0 },
      { ...message, basis: { round: message.round - 1 - prng.below(3), slot: prng.below(3) } },
      { ...message, timestampMs: message.timestampMs + prng.between(-100, 100) },
      { ...message, values: message.values.map(() => null) },
    ]
    const changed = kinds[prng.below(kinds.length)] as Observation
    return changed.basis.round < 0 ? message : changed
  }
  const changedProposal = (message: Proposal): Proposal | null => {
    const observations = powers.stateOf(message.sender)?.rounds.get(message.round)?.observations
    if (observations === undefined) return null
    const observers = subset(message.observers)
    if (countMembers(observers) === 0) return null
    const signingSet = prng.chance(500_000) ? message.signingSet : moved(message.signingSet)
    const named = listMembers((observers | signingSet) >>> 0)
    if (!named.every((index) => observations[index] !== undefined)) return null
    const choice = { ...message, observers, signingSet, slot: 1 + message.rank }
    const { report } = candidateOf(powers.context, observations, choice)
    const observationDigests = named.map((index) => observations[index]?.digest as Digest)
    const expectedNext = prng.chance(500_000) ? message.expectedNext : subset(observers)
    const sets = { observers, signingSet, expectedNext }
    return { ...message, ...sets, observationDigests, reportDigest: report.digest }
  }
  const subset = (members: Members): Members => {
    let chosen = members
    for (const index of listMembers(members)) {
      if (prng.chance(250_000)) chosen = withoutMember(chosen, index)
    }
    return chosen
  }
  const moved = (members: Members): Members => {
    const { size } = powers.context.committee
    const [out] = listMembers(members)
    const into = prng.below(size)
    if (out === undefined || hasMember(members, into)) return members
    return withMember(withoutMember(members, out), into)
  }
  return { name: 'chaos', send, sendDirect: () => prng.chance(700_000) }
}

export const chaos: Strategy = {
  name: 'chaos',
  summary: 'drops, delays, changes and contradicts at random',
  create,
}

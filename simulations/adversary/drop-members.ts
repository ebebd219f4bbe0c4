import { candidateOf } from '../../aggregator/candidate/candidate.ts'
import type { Digest, Proposal } from '../../aggregator/messages/messages.ts'
import type { Members } from '../../aggregator/values/ids.ts'
import { countMembers, listMembers, withoutMember } from '../../aggregator/values/ids.ts'
import type { Adversary, Powers, Strategy } from '../attacking/adversary.ts'
import { carrying, messageOf } from '../attacking/attack.ts'

/** Leaves out as many honest members with low values as the quorum allows: the median moves up. */
function create(powers: Powers): Adversary {
  const keepHighest = (proposal: Proposal): Proposal | null => {
    const { context } = powers
    const { observationQuorum } = context.committee
    const observations = powers.stateOf(proposal.sender)?.rounds.get(proposal.round)?.observations
    if (observations === undefined) return null
    const valueFrom = (index: number) => observations[index]?.message.values[0] ?? 0n
    const ascending = listMembers(proposal.observers).sort((a, b) =>
      valueFrom(a) < valueFrom(b) ? -1 : 1,
    )
    let observers: Members = proposal.observers
    for (const index of ascending) {
      if (countMembers(observers) <= observationQuorum) break
      if (index !== proposal.sender) observers = withoutMember(observers, index)
    }
    const slot = 1 + proposal.rank
    const { report } = candidateOf(context, observations, { ...proposal, observers, slot })
    const observationDigests = listMembers((observers | proposal.signingSet) >>> 0).map(
      (index) => observations[index]?.digest as Digest,
    )
    return { ...proposal, observers, observationDigests, reportDigest: report.digest }
  }
  return {
    name: 'drop-members',
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type !== 'proposal') return planned
      const changed = keepHighest(message)
      return changed === null ? planned : carrying(planned, powers.sign(changed))
    },
  }
}

export const dropMembers: Strategy = {
  name: 'drop-members',
  summary: 'as proposer, leaves out the members with the lowest values to move the median',
  create,
}

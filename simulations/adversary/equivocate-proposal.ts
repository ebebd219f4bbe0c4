import { candidateOf } from '../../aggregator/candidate/candidate.ts'
import type { Digest, Proposal } from '../../aggregator/messages/messages.ts'
import { countMembers, listMembers, withoutMember } from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { messageOf } from '../attacking/attack.ts'

function create(powers: Powers): Adversary {
  /** A proposal over one observer less; null when that would be too few. */
  const other = (proposal: Proposal): Proposal | null => {
    const { context } = powers
    const observations = powers.stateOf(proposal.sender)?.rounds.get(proposal.round)?.observations
    const left = listMembers(proposal.observers).find((index) => index !== proposal.sender)
    if (observations === undefined || left === undefined) return null
    const observers = withoutMember(proposal.observers, left)
    if (countMembers(observers) < context.committee.observationQuorum) return null
    const slot = 1 + proposal.rank
    const { report } = candidateOf(context, observations, { ...proposal, observers, slot })
    const observationDigests = listMembers((observers | proposal.signingSet) >>> 0).map(
      (index) => observations[index]?.digest as Digest,
    )
    return { ...proposal, observers, observationDigests, reportDigest: report.digest }
  }
  const send = (planned: readonly Copy[]): readonly Copy[] => {
    const message = messageOf(planned)
    if (message?.type !== 'proposal') return planned
    const changed = other(message)
    if (changed === null) return planned
    const second = powers.sign(changed)
    return planned.map((copy, at) => (at % 2 === 0 ? copy : { ...copy, message: second }))
  }
  return { name: 'equivocate-proposal', send }
}

export const equivocateProposal: Strategy = {
  name: 'equivocate-proposal',
  summary: 'proposes different sets of observers to different members',
  create,
}

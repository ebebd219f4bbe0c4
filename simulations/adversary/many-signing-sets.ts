import type { Digest, Proposal } from '../../aggregator/messages/messages.ts'
import type { Members } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers, membersOf } from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { messageOf } from '../attacking/attack.ts'

function create(powers: Powers): Adversary {
  /** The same report for the signing set that begins at a position of the observers. */
  const variant = (proposal: Proposal, from: number): Proposal => {
    const observers = listMembers(proposal.observers)
    const { signingThreshold } = powers.context.committee
    const chosen = observers.map((_, at) => observers[(from + at) % observers.length] as number)
    const signingSet: Members = membersOf(chosen.slice(0, signingThreshold))
    const observations = powers.stateOf(proposal.sender)?.rounds.get(proposal.round)?.observations
    const observationDigests = listMembers((proposal.observers | signingSet) >>> 0).map(
      (index) => observations?.[index]?.digest as Digest,
    )
    return { ...proposal, signingSet, observationDigests }
  }
  const send = (planned: readonly Copy[]): readonly Copy[] => {
    const message = messageOf(planned)
    if (message?.type !== 'proposal') return planned
    return planned.flatMap((copy) => {
      const offered = variant(message, copy.to)
      if (!hasMember(offered.signingSet, copy.to)) return []
      return [{ ...copy, message: powers.sign(offered) }]
    })
  }
  return { name: 'many-signing-sets', send }
}

export const manySigningSets: Strategy = {
  name: 'many-signing-sets',
  summary: 'offers one slot to another signing set at each member',
  create,
}

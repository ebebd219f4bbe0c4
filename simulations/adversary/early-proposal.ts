import { proposalOf } from '../../aggregator/agreement/propose.ts'
import { orderOf } from '../../aggregator/context.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Adversary, Powers, Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf, momentUs, toEveryone } from '../attacking/attack.ts'

/** Proposes as soon as enough observations can be here, long before its time. */
function create(powers: Powers): Adversary {
  const propose = (round: Round): void => {
    const member = orderOf(powers.context, round)[0] ?? -1
    if (!hasMember(powers.members, member)) return
    const state = powers.stateOf(member)
    const known = state?.rounds.get(round)
    if (state === null || known === undefined || known.certificate !== null) return
    const turn = { context: powers.context, state, nowMs: powers.nowMs(), out: [] }
    const proposal = proposalOf(turn, known, 0)
    if (proposal === null) return
    for (const copy of toEveryone(powers, member, powers.sign(proposal))) powers.dispatch(copy)
  }
  return {
    name: 'early-proposal',
    roundOpened: (round) => {
      const { includeMs } = powers.context.committee.params.timing
      const atUs = momentUs(powers, { round, offsetMs: Math.floor(includeMs / 4) })
      powers.later(atUs - powers.nowUs(), () => propose(round))
    },
    // The machine's own proposal would be a second one of its rank.
    send: (planned) => {
      const message = messageOf(planned)
      return isMemberMessage(message) && message.type === 'proposal' && message.rank === 0
        ? []
        : planned
    },
  }
}

export const earlyProposal: Strategy = {
  name: 'early-proposal',
  summary: 'as first proposer, proposes before the others’ observations can have arrived',
  create,
}

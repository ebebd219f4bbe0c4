import { proposalOf } from '../../aggregator/agreement/propose.ts'
import { candidateOf, keyOf } from '../../aggregator/candidate/candidate.ts'
import { orderOf } from '../../aggregator/context.ts'
import type { Proposal } from '../../aggregator/messages/messages.ts'
import { namedMembers } from '../../aggregator/messages/proposal.ts'
import {
  countMembers,
  difference,
  hasMember,
  listMembers,
  type MemberIndex,
  membersOf,
  type Round,
} from '../../aggregator/values/ids.ts'
import type { Adversary, Powers, Strategy } from '../attacking/adversary.ts'
import { messageOf, momentUs, overSets, toEveryone } from '../attacking/attack.ts'

/**
 * Its machines combine what the others sign on the fast path, and have nothing more to sign then:
 * they propose and answer from outside, and show nobody what they hold.
 */
function create(powers: Powers): Adversary {
  const answer = (proposal: Proposal): void => {
    for (const member of listMembers((proposal.signingSet & powers.members) >>> 0)) {
      for (const copy of answerOf(powers, proposal, member)) powers.dispatch(copy)
    }
  }
  const propose = (round: Round): void => {
    const proposal = proposalOfOwn(powers, round)
    if (proposal === null) return
    const message = powers.sign(proposal)
    for (const copy of toEveryone(powers, proposal.sender, message)) powers.dispatch(copy)
    answer(proposal)
  }
  return {
    name: 'withhold-fast-share',
    roundOpened: (round) => {
      const { cutMs } = powers.context.committee.params.timing
      const atUs = momentUs(powers, { round, offsetMs: cutMs })
      powers.later(atUs - powers.nowUs(), () => propose(round))
    },
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type === 'share' || message?.type === 'proposal') return []
      return message?.type === 'certificate' && message.slot === 0 ? [] : planned
    },
    sendDirect: (_from, { type }) => type === 'syncRequest',
    see: ({ message }) => {
      if (message.type === 'proposal') answer(message)
    },
  }
}

/** As first proposer of a round that was to wait for its share: its own members sign the next. */
function proposalOfOwn(powers: Powers, round: Round): Proposal | null {
  const { context, members } = powers
  const sender = orderOf(context, round)[0] ?? -1
  if (!hasMember(members, sender)) return null
  const state = powers.stateOf(sender)
  const known = state?.rounds.get(round)
  if (state == null || known === undefined || known.completePair === null) return null
  if ((known.completePair.signing & members) === 0) return null
  const proposal = proposalOf({ context, state, nowMs: powers.nowMs(), out: [] }, known, 0)
  if (proposal === null) return null
  const { observers } = proposal
  const own = (members & observers) >>> 0
  const missing = context.committee.signingThreshold - countMembers(own)
  const others = listMembers(difference(observers, own)).slice(0, missing)
  const signingSet = (own | membersOf(others)) >>> 0
  // The best certificate of its machine is the one that nobody else has.
  return overSets(powers, { ...proposal, basis: known.basis }, { observers, signingSet })
}

function answerOf(powers: Powers, proposal: Proposal, member: MemberIndex) {
  const { round, rank } = proposal
  const observations = powers.stateOf(member)?.rounds.get(round)?.observations
  const named = listMembers(namedMembers(proposal))
  if (observations === undefined || named.some((each) => observations[each] === undefined)) {
    return []
  }
  const candidate = candidateOf(powers.context, observations, { ...proposal, slot: 1 + rank })
  const { slot, session } = candidate
  const share = powers.share({ member, round, slot, session })
  if (share === null) return []
  const { reportDigest, signingSet, expectedNext, inputsDigest } = keyOf(candidate)
  const sets = { signingSet, expectedNext }
  const message = { round, sender: member, slot, reportDigest, ...sets, inputsDigest, share }
  return toEveryone(powers, member, powers.sign({ type: 'share', ...message }))
}

export const withholdFastShare: Strategy = {
  name: 'withhold-fast-share',
  summary:
    'never sends a share of the fast path, answers every proposal, and names its own as signers ' +
    'when it proposes',
  create,
}

import { pairOf } from '../../aggregator/agreement/pair.ts'
import { withReturning } from '../../aggregator/agreement/returning.ts'
import { isProbe } from '../../aggregator/committee/committee.ts'
import { orderOf } from '../../aggregator/context.ts'
import type { Proposal } from '../../aggregator/messages/messages.ts'
import {
  difference,
  hasMember,
  listMembers,
  membersOf,
  type Round,
} from '../../aggregator/values/ids.ts'
import type { Adversary, Powers, Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf, overSets, toEveryone } from '../attacking/attack.ts'
import { type Attempts, addShare, track } from '../attacking/secret-attempts.ts'

/** Rounds for which its victim is down. */
const ROUNDS_DOWN = 4

/**
 * Its accomplice is listed just before the victim, so it comes back first in every probe round but
 * one in n, if it leaves after each. In that one it is away, so that a proposal is needed; if one
 * of them proposes first, the victim is left out of it.
 */
function create(powers: Powers): Adversary {
  const attempts: Attempts = new Map()
  /** The last round in which the victim was seen to be out. */
  let outRound: Round = 0
  return {
    name: 'keep-out',
    roundOpened: (round) => {
      const { probeEvery, timing } = powers.context.committee.params
      if (isOut(powers)) outRound = round
      if (round < outRound + probeEvery) return
      outRound = round
      powers.suspend(rolesOf(powers).victim, ROUNDS_DOWN * timing.roundMs * 1_000, 'kept')
    },
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message)) return planned
      const { round, sender, type } = message
      const isSpoilt = isSpoiltRound(powers, round)
      if (type === 'proposal' && message.rank === 0 && isSpoilt) {
        const changed = withoutVictim(powers, message)
        if (changed === null) return planned
        track(powers, attempts, changed)
        return toEveryone(powers, sender, powers.sign(changed))
      }
      const isAway = isSpoilt || isAfterItsReturn(powers, round)
      if (sender === rolesOf(powers).accomplice && isAway) return []
      return type === 'share' && isSpoilt ? [] : planned
    },
    see: ({ message }) => {
      if (message.type !== 'share') return
      const certificate = addShare(powers, attempts, message)
      if (certificate === null) return
      const { accomplice } = rolesOf(powers)
      for (const copy of toEveryone(powers, accomplice, certificate)) powers.dispatch(copy)
    },
  }
}

function rolesOf({ context, members }: Powers) {
  const after = (index: number) => (index + 1) % context.committee.size
  const accomplice = listMembers(members).find((each) => !hasMember(members, after(each))) ?? -1
  return { accomplice, victim: after(accomplice) }
}

function isOut(powers: Powers): boolean {
  const { accomplice, victim } = rolesOf(powers)
  const best = powers.stateOf(accomplice)?.best
  return best != null && !hasMember(best.message.expectedNext, victim)
}

/** Whether it is a probe round in which the victim comes back before all others. */
function isTurn(powers: Powers, round: Round): boolean {
  const { committee } = powers.context
  const first = (round / committee.params.probeEvery) % committee.size
  return isProbe(committee, round) && first === rolesOf(powers).victim
}

function isSpoiltRound(powers: Powers, round: Round): boolean {
  const [proposer] = orderOf(powers.context, round)
  return isTurn(powers, round) && isOut(powers) && hasMember(powers.members, proposer ?? -1)
}

/** Not after the probe before the victim's turn: then the accomplice must be expected. */
function isAfterItsReturn(powers: Powers, round: Round): boolean {
  const { committee } = powers.context
  if (!isProbe(committee, round - 1)) return false
  return isOut(powers) && !isTurn(powers, round - 1 + committee.params.probeEvery)
}

/** The proposal that keeps the victim out; null when too few others observe or sign. */
function withoutVictim(powers: Powers, proposal: Proposal): Proposal | null {
  const { context } = powers
  const state = powers.stateOf(proposal.sender)
  const known = state?.rounds.get(proposal.round)
  if (state == null || known === undefined || state.best === null) return null
  const { accomplice, victim } = rolesOf(powers)
  const observers = difference(proposal.observers, membersOf([victim, accomplice]))
  const { signingThreshold } = context.committee
  const signingSet = membersOf(listMembers(observers).slice(0, signingThreshold))
  const basis = { best: state.best.message, convicted: state.convicted }
  const { expected } = pairOf(context, proposal.round, basis)
  const next = withReturning(context, { ...known, expected, observers })
  const expectedNext = difference(next, difference(expected, proposal.expectedNext))
  return overSets(powers, { ...proposal, expectedNext }, { observers, signingSet })
}

export const keepOut: Strategy = {
  name: 'keep-out',
  summary:
    'ends the process of the member listed after one of its own, takes its place in probe ' +
    'rounds, and leaves it out as first proposer when its turn comes',
  create,
}

import { pairOf } from '../../aggregator/agreement/pair.ts'
import { proposalOf } from '../../aggregator/agreement/propose.ts'
import { withReturning } from '../../aggregator/agreement/returning.ts'
import { orderOf } from '../../aggregator/context.ts'
import {
  countMembers,
  hasMember,
  listMembers,
  membersOf,
  type Round,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Adversary, Powers, Strategy } from '../attacking/adversary.ts'
import {
  isBeforeProbe,
  isMemberMessage,
  messageOf,
  momentUs,
  overSets,
  victimsOf,
} from '../attacking/attack.ts'
import { type Attempts, addShare, track } from '../attacking/secret-attempts.ts'

/** After its moment, so that whoever is asked signs at once. */
const LATER_MS = 2

/**
 * With f + 1 members: one comes late for everybody, so that a report with it and one without it are
 * both right. As first proposer they ask one half of the others to sign the first, and the other
 * half the second, in one moment, and complete both.
 */
function create(powers: Powers): Adversary {
  const attempts: Attempts = new Map()

  const isOurs = (round: Round) =>
    hasMember(powers.members, orderOf(powers.context, round)[0] ?? -1)

  const attack = (round: Round): void => {
    const [proposer, late] = [orderOf(powers.context, round)[0] ?? -1, lateOne(powers)]
    const state = powers.stateOf(proposer)
    const known = state?.rounds.get(round)
    if (state === null || known === undefined || known.certificate !== null) return
    // Before the first certificate the others are silent: two proposals would only convict.
    if (state.best === null) return
    const turn = { context: powers.context, state, nowMs: powers.nowMs(), out: [] }
    const proposal = proposalOf(turn, known, 0)
    if (proposal === null || !hasMember(proposal.observers, late)) return
    const best = state.best.message
    const { expected } = pairOf(powers.context, round, { best, convicted: state.convicted })
    const { observers } = proposal
    const expectedNext = withReturning(powers.context, { ...known, expected, observers })
    const offered = { ...proposal, expectedNext, lates: [], evidence: [] }
    const victims = listMembers(victimsOf(powers))
    const half = powers.context.committee.signingThreshold - countMembers(powers.members)
    const sides = [victims.slice(0, half), victims.slice(victims.length - half)]
    for (const [at, side] of sides.entries()) {
      const observers = at === 0 ? proposal.observers : withoutMember(proposal.observers, late)
      const signingSet = (powers.members | membersOf(side)) >>> 0
      const changed = overSets(powers, offered, { observers, signingSet })
      if (changed === null) return
      track(powers, attempts, changed)
      const message = powers.sign(changed)
      const arriveUs = powers.nowUs() + 1_000
      for (const to of side) powers.dispatch({ message, from: proposer, to, heldUs: 0, arriveUs })
    }
  }
  return {
    name: 'two-reports',
    roundOpened: (round) => {
      if (!isOurs(round)) return
      const { cutMs } = powers.context.committee.params.timing
      const atUs = momentUs(powers, { round, offsetMs: cutMs + LATER_MS })
      powers.later(atUs - powers.nowUs(), () => attack(round))
    },
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type === 'observation' && message.sender === lateOne(powers)) {
        if (isBeforeProbe(powers, message.round)) return planned
        const { fastMs } = powers.context.committee.params.timing
        const arriveUs = momentUs(powers, { round: message.round, offsetMs: fastMs + LATER_MS })
        return planned.map((copy) => ({ ...copy, arriveUs }))
      }
      // In its own rounds its machines keep silent: they would show what it is at.
      const isAttacked = isMemberMessage(message) && isOurs(message.round)
      return isAttacked && message.type !== 'observation' ? [] : planned
    },
    sendDirect: (_from, { type }) => type === 'syncRequest',
    see: ({ message }) => {
      if (message.type === 'share') addShare(powers, attempts, message)
    },
  }
}

function lateOne(powers: Powers): number {
  return listMembers(powers.members).at(-1) ?? -1
}

export const twoReports: Strategy = {
  name: 'two-reports',
  summary:
    'comes late, and as first proposer asks each half of the others to sign another report, with ' +
    'it and without it',
  create,
}

import { openingOf } from '../../aggregator/committee/committee.ts'
import { orderOf } from '../../aggregator/context.ts'
import type {
  Certificate,
  Digest,
  DirectMessage,
  Proposal,
  Verified,
} from '../../aggregator/messages/messages.ts'
import {
  hasMember,
  listMembers,
  type MemberIndex,
  membersOf,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { momentUs } from '../attacking/attack.ts'
import { type Attempts, addShare, track } from '../attacking/secret-attempts.ts'

/** How long before the second proposer's moment the held messages arrive. */
const EARLIER_MS = 1
/** What becomes of a certificate that was completed in secret. */
type Ending = 'shown' | 'kept'

function create(powers: Powers, ending: Ending): Adversary {
  const attempts: Attempts = new Map()

  const send = (planned: readonly Copy[]): readonly Copy[] => {
    const { message } = (planned[0] as Copy).message
    if (message.type === 'evidence') return planned
    // What its own machine combined is shown like the rest: late, or never.
    if (message.type === 'certificate') return attempts.has(message.round) ? [] : planned
    const [first, second] = orderOf(powers.context, message.round)
    if (second === undefined || !hasMember(powers.members, first ?? -1)) return planned
    const { cutMs, backupMs } = powers.context.committee.params.timing
    const offsetMs = cutMs + backupMs - EARLIER_MS
    const arriveUs = momentUs(powers, { round: message.round, offsetMs })
    const held = planned.filter(({ to }) => to !== second).map((copy) => ({ ...copy, arriveUs }))
    if (message.type === 'observation') return held
    if (message.type !== 'proposal' || message.rank !== 0) return []
    const changed = withoutSigner(powers, message, second)
    if (changed === null) return []
    track(powers, attempts, changed)
    const signed = powers.sign(changed)
    return held.map((copy) => ({ ...copy, message: signed }))
  }
  const see = ({ message }: Parameters<NonNullable<Adversary['see']>>[0]): void => {
    if (message.type === 'proposal' && attempts.has(message.round)) {
      track(powers, attempts, message)
    }
    if (message.type !== 'share') return
    const certificate = addShare(powers, attempts, message)
    if (certificate !== null && ending === 'shown') showLate(powers, certificate)
  }
  if (ending === 'shown') return { name: 'delay-proposal', send, see }
  // Its machine would answer whoever proposes with what it completed.
  const sendDirect = (_from: MemberIndex, { type }: DirectMessage) => type === 'syncRequest'
  return { name: 'starve-round', send, see, sendDirect }
}

/** The same report for a signing set that the second proposer is not in. */
function withoutSigner(powers: Powers, proposal: Proposal, second: MemberIndex): Proposal | null {
  const observations = powers.stateOf(proposal.sender)?.rounds.get(proposal.round)?.observations
  if (observations === undefined) return null
  const order = orderOf(powers.context, proposal.round)
  const able = order.filter((index) => observations[index] !== undefined && index !== second)
  const { signingThreshold } = powers.context.committee
  if (able.length < signingThreshold) return null
  const signingSet = membersOf(able.slice(0, signingThreshold))
  const named = listMembers((proposal.observers | signingSet) >>> 0)
  const observationDigests = named.map((index) => observations[index]?.digest as Digest)
  return { ...proposal, signingSet, observationDigests }
}

/** Only when nobody signs any more: until then the other proposal may be certified too. */
function showLate(powers: Powers, certificate: Verified<Certificate>): void {
  const { committee } = powers.context
  const [from] = listMembers(powers.members)
  if (from === undefined) return
  const closesMs = openingOf(committee, certificate.message.round) + committee.params.timing.voteMs
  const heldUs = Math.max(0, (closesMs - powers.nowMs()) * 1_000)
  for (const to of listMembers(withoutMember(committee.all, from))) {
    powers.dispatch({ message: certificate, from, to, heldUs })
  }
}

export const delayProposal: Strategy = {
  name: 'delay-proposal',
  summary:
    'as first proposer, hides its observation and proposes in the last moment to all but the ' +
    'second proposer, so that both proposals are signed',
  create: (powers) => create(powers, 'shown'),
}

export const starveRound: Strategy = {
  name: 'starve-round',
  summary: 'the same, but keeps what it completes: neither proposal is ever certified',
  create: (powers) => create(powers, 'kept'),
}

import { orderOf } from '../../aggregator/context.ts'
import type { Proposal } from '../../aggregator/messages/messages.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { countMembers, difference, hasMember, listMembers } from '../../aggregator/values/ids.ts'
import { RecentMap } from '../../aggregator/values/recent-map.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'

/** Rounds until the end of one is certain. */
const CLOSED_AFTER = 2
/** Every start costs silent rounds (protocol §10.3). */
const FIRST_ROUND = 4

/**
 * L1: a round whose proposer is honest certifies if its signing set answers, and each failed
 * attempt marks at least one member at its proposer (protocol §6.6, §12).
 */
export const createProgressChecker: CreateChecker = (subject): Checker => {
  const { committee, context, honest, disturbances, isAlwaysDisturbed, stateOf } = subject
  const isInModel = countMembers(difference(committee.all, honest)) <= committee.f
  const applies = isInModel && disturbances.length === 0 && !isAlwaysDisturbed
  const certified = new Set<Round>()
  /** Proposals of honest members, by round. */
  const proposals = new RecentMap<Round, Proposal[]>()
  let hasCrashed = false

  const isMarked = ({ sender, signingSet, round }: Proposal): boolean => {
    const state = stateOf(sender)
    if (state === null) return true
    // Evidence of this round marks for good, whoever was asked to sign.
    if (state.evidence.some((each) => each?.message.round === round)) return true
    return listMembers(signingSet).some((index) => (state.unansweredUntil[index] ?? 0) > round)
  }
  const judge = (round: Round, nowUs: number): Violation | null => {
    const made = proposals.get(round) ?? []
    for (const proposal of made) {
      if (isMarked(proposal)) continue
      const signers = listMembers(proposal.signingSet).join(', ')
      const message = `what member ${proposal.sender} put to ${signers} failed, and marked none`
      return { rule: 'L1', nowUs, round, message }
    }
    const [first] = orderOf(context, round)
    if (first === undefined || !hasMember(honest, first)) return null
    if (made.some(({ sender }) => sender === first)) return null
    const message = `member ${first} was to propose in a round without a certificate, and did not`
    return { rule: 'L1', nowUs, round, message }
  }
  return {
    rule: 'L1',
    on: {
      crashed: ({ member }) => {
        if (hasMember(honest, member)) hasCrashed = true
        return null
      },
      certified: ({ certificate, member }) => {
        if (!applies || hasCrashed) return null
        if (hasMember(honest, member)) certified.add(certificate.round)
        return null
      },
      sent: ({ member, message: { message } }) => {
        if (message.type !== 'proposal' || !applies || hasCrashed) return null
        if (!hasMember(honest, member)) return null
        proposals.set(message.round, [...(proposals.get(message.round) ?? []), message])
        return null
      },
      roundOpened: (fact) => {
        if (!applies || hasCrashed) return null
        const round = fact.round - CLOSED_AFTER
        const isLost = !certified.delete(round) && round >= FIRST_ROUND
        const violation = isLost ? judge(round, fact.nowUs) : null
        proposals.delete(round)
        return violation
      },
    },
  }
}

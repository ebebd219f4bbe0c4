import type { GossipMessage } from '../../aggregator/messages/messages.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'

/** Promises remembered of a member: five in a round, of the rounds that may still be spoken for. */
const PROMISES_KEPT = 32

/**
 * S4, its ground: nothing that must not be contradicted leaves a member before the promise of it is
 * durable (protocol §10.1).
 */
export const createDurabilityChecker: CreateChecker = ({ honest, committee }): Checker => {
  const promises: Promised[][] = Array.from({ length: committee.size }, () => [])

  const demand = (
    about: { readonly member: MemberIndex; readonly round: Round; readonly nowUs: number },
    kind: Promised['kind'],
    digest: Uint8Array,
  ): Violation | null => {
    const { member, round, nowUs } = about
    const isPromised = promises[member]?.some(
      (each) => each.round === round && each.kind === kind && equalBytes(each.digest, digest),
    )
    if (isPromised === true) return null
    const message = `member ${member} reveals a ${kind} that it has not promised`
    return { rule: 'S4', nowUs, round, message }
  }
  return {
    rule: 'S4',
    on: {
      promised: ({ member, promise }) => {
        const own = promises[member]
        own?.push(promise)
        if (own !== undefined && own.length > PROMISES_KEPT) own.shift()
        return null
      },
      shareMade: (fact) =>
        hasMember(honest, fact.member) ? demand(fact, 'share', fact.reportDigest) : null,
      sent: ({ member, nowUs, message: { message, digest } }) => {
        if (!hasMember(honest, member)) return null
        const kind = kindOf(message)
        return kind === null ? null : demand({ member, round: message.round, nowUs }, kind, digest)
      },
    },
  }
}

/** As what a message is promised; null for those that need no promise of their own. */
function kindOf(message: GossipMessage): Promised['kind'] | null {
  switch (message.type) {
    case 'observation':
    case 'late':
      return message.type
    case 'proposal':
      return message.rank === 0 ? 'proposal0' : 'proposal1'
    default:
      return null
  }
}

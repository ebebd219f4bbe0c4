import type { Promised } from '../../aggregator/effects.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'

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
    check: (fact) => {
      if (fact.type === 'promised') {
        const own = promises[fact.member]
        own?.push(fact.promise)
        if (own !== undefined && own.length > PROMISES_KEPT) own.shift()
        return null
      }
      if (fact.type === 'shareMade' && hasMember(honest, fact.member)) {
        return demand(fact, 'share', fact.reportDigest)
      }
      if (fact.type !== 'sent' || !hasMember(honest, fact.member)) return null
      const { message, digest } = fact.message
      const { round } = message
      const about = { member: fact.member, round, nowUs: fact.nowUs }
      if (message.type === 'observation' || message.type === 'late') {
        return demand(about, message.type, digest)
      }
      if (message.type !== 'proposal') return null
      return demand(about, message.rank === 0 ? 'proposal0' : 'proposal1', digest)
    },
  }
}

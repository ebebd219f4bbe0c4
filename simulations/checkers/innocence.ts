import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'

/** S6: evidence never convicts an honest member (protocol §12). */
export const createInnocenceChecker: CreateChecker = ({ honest }): Checker => ({
  rule: 'S6',
  check: (fact) => {
    if (fact.type !== 'noted' || fact.code !== 'MEMBER_CONVICTED') return null
    if (!hasMember(honest, fact.member)) return null
    const innocent = listMembers((fact.members & honest) >>> 0)
    if (innocent.length === 0) return null
    const message = `member ${fact.member} convicted honest member ${innocent.join(', ')}`
    return { rule: 'S6', nowUs: fact.nowUs, round: fact.round, message }
  },
})

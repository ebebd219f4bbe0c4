import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'

/** S6: evidence never convicts an honest member (protocol §12). */
export const createInnocenceChecker: CreateChecker = ({ honest }): Checker => ({
  rule: 'S6',
  on: {
    noted: ({ code, member, members, nowUs, round }) => {
      if (code !== 'MEMBER_CONVICTED' || !hasMember(honest, member)) return null
      const innocent = listMembers((members & honest) >>> 0)
      if (innocent.length === 0) return null
      const message = `member ${member} convicted honest member ${innocent.join(', ')}`
      return { rule: 'S6', nowUs, round, message }
    },
  },
})

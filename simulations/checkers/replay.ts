import { contextOf } from '../../aggregator/context.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'
import { type Journal, replayOf } from '../journal.ts'

/** S8: what a process did follows from its journal, bit for bit (protocol §10.4, §12). */
export const createReplayChecker: CreateChecker = (subject): Checker => {
  const { committee, context, journals, createMachine } = subject
  const judge = (journal: Journal | null, nowUs: number): Violation | null => {
    if (journal === null) return null
    // Memos of the running committee must not help, and what they hide must show.
    const fresh = { context: contextOf(context.crypto, context.committee), create: createMachine }
    const difference = replayOf(journal, fresh)
    if (difference === null) return null
    const { member, events } = journal
    const sinceMs = (events.at(-1)?.nowMs ?? 0) - committee.params.genesisMs
    const round = Math.max(0, Math.floor(sinceMs / committee.params.timing.roundMs))
    return { rule: 'S8', nowUs, round, message: `member ${member}: ${difference.message}` }
  }
  return {
    rule: 'S8',
    on: {
      roundOpened: ({ nowUs }) => judge(journals.takeFull(), nowUs),
      crashed: ({ member, nowUs }) => judge(journals.takeOf(member), nowUs),
    },
    finish: (nowUs) => judge(journals.take(), nowUs),
  }
}

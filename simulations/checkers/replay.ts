import { contextOf } from '../../aggregator/context.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'
import { type Journal, Replay } from '../checking/journal.ts'

/** S8: what a process did follows from its journal, bit for bit (protocol §10.4, §12). */
export const createReplayChecker: CreateChecker = (subject): Checker => {
  const { committee, context, journals, createMachine } = subject
  let replay: Replay | null = null
  let toldOf: Journal | null = null

  const judge = (journal: Journal | null, nowUs: number): Violation | null => {
    if (journal === null || journal === toldOf) return null
    const lastMs = journal.events.at(-1)?.nowMs ?? 0
    if (replay?.journal !== journal) {
      // Memos of the running committee must not help, and what they hide must show.
      const fresh = { context: contextOf(context.crypto, context.committee), create: createMachine }
      replay = new Replay(journal, fresh)
    }
    const difference = replay.goOn()
    if (difference === null) return null
    toldOf = journal
    const sinceMs = lastMs - committee.params.genesisMs
    const round = Math.max(0, Math.floor(sinceMs / committee.params.timing.roundMs))
    const message = `member ${journal.member}: ${difference.message}`
    return { rule: 'S8', nowUs, round, message }
  }
  return {
    rule: 'S8',
    on: {
      roundOpened: ({ nowUs }) => {
        const violation = judge(journals.open, nowUs)
        journals.endFull()
        return violation
      },
      crashed: ({ member, nowUs }) => judge(journals.endOf(member), nowUs),
    },
    finish: (nowUs) => judge(journals.open, nowUs),
  }
}

import { createProgress } from '../../simulations/report/progress.ts'
import type { CrashCommand, Outcome } from './crash-command.ts'
import { type KillsResult, killSigners } from './kills.ts'
import { requireShim } from './shim.ts'

/** Kills within which a disk that syncs nothing must have led to a contradiction. */
const CONTROL_KILLS = 100
const JOURNAL_EVERY = 8
/** In each process. */
export const SIGNERS = 40

/** Kills signers on a disk that loses what was not synced; the control's saves nothing. */
export const kills: CrashCommand = {
  usage: `kills [--count 20000] [--signers ${SIGNERS}] [--lanes 2] [--seed 1]`,
  summary: 'kill -9 of signers on a disk that loses what was not synced',
  defaults: { count: 20_000, signers: SIGNERS, lanes: 2, seed: 1 },
  run: async ({ count = 0, signers = 0, lanes = 0, seed = 0 }) => {
    const shim = requireShim()
    const common = { signers, lanes, seed, shim, journalEvery: JOURNAL_EVERY }
    // One signer in each process: a hundred kills are a hundred processes.
    const control = await killSigners({
      ...common,
      count: CONTROL_KILLS,
      signers: 1,
      sync: 'ignored',
      stopsAtConflict: true,
    })
    const progress = createProgress('kills')
    const result = await killSigners({
      ...common,
      count,
      sync: 'honoured',
      onProgress: progress.show,
    })
    progress.end()
    return judged(control, result)
  },
}

/** The control must show a conflict, or the harness proves nothing; the run must show none. */
function judged(control: KillsResult, result: KillsResult): Outcome {
  const isHarnessSound = control.firstConflictAfter !== null
  const faults = result.conflicts + result.unreadable + result.journalsUnreadable
  const isClean = faults + result.processesBroken === 0
  return {
    passed: isHarnessSound && isClean,
    figures: { control: { conflictAfterKills: control.firstConflictAfter }, ...result },
  }
}

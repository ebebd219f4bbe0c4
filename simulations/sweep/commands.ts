import { printCampaign, printShrink } from '../campaign/commands.ts'
import { printEffects } from '../campaign/effects.ts'
import { printImport } from '../import/commands.ts'
import type { Answer } from '../scenario/research.ts'
import { printStudy } from '../study/commands.ts'
import { attackOptionsOf, attackTable, isAttackHeld, runAttacks } from './attacks.ts'
import { mergeOptionsOf, mergeResults, runSweep, sweepOptionsOf, sweepText } from './run-sweep.ts'

/** A command that may take hours; a signal stops it in order. */
type LongCommand = (args: readonly string[], signal: AbortSignal) => Promise<Answer>

/** Commands that run many simulations, by their name. */
export const LONG_COMMANDS: ReadonlyMap<string, LongCommand> = new Map([
  ['sweep', printSweep],
  ['merge', printMerge],
  ['attacks', printAttacks],
  ['campaign', printCampaign],
  ['effects', printEffects],
  ['import-prices', printImport],
  ['study', printStudy],
  ['shrink', async (args) => printShrink(args)],
])

async function printSweep(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const options = sweepOptionsOf(args)
  const report = await runSweep(options, signal)
  return { output: options.isJson ? JSON.stringify(report) : sweepText(report), isHeld: true }
}

async function printMerge(args: readonly string[]): Promise<Answer> {
  return { output: sweepText(mergeResults(mergeOptionsOf(args))), isHeld: true }
}

async function printAttacks(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const options = attackOptionsOf(args)
  const rows = await runAttacks(options, signal)
  const output = options.json ? JSON.stringify({ ...options, rows }) : attackTable(rows)
  return { output, isHeld: rows.every(isAttackHeld) }
}

import { printCampaign, printShrink } from './campaign/commands.ts'
import { printEffects } from './campaign/effects.ts'
import { printImport } from './import/commands.ts'
import type { Answer } from './research/commands.ts'
import { printStudy } from './study/commands.ts'
import { printAttacks, printMerge, printReport, printSweep } from './sweep/commands.ts'

/** A command that may take hours; a signal stops it in order. */
type LongCommand = (args: readonly string[], signal: AbortSignal) => Promise<Answer>

/** Commands that run many simulations, by their name. */
export const LONG_COMMANDS: ReadonlyMap<string, LongCommand> = new Map([
  ['sweep', printSweep],
  ['merge', printMerge],
  ['report', printReport],
  ['attacks', printAttacks],
  ['campaign', printCampaign],
  ['effects', printEffects],
  ['import-prices', printImport],
  ['study', printStudy],
  ['shrink', async (args) => printShrink(args)],
])

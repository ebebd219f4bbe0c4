import { type BreakEven, breakEven } from '../economics/break-even.ts'
import { loadEconomy } from '../input/economy-file.ts'
import { fileAndJson } from '../input/options.ts'

export type EconomicsResult = BreakEven & { readonly name: string }

/**
 * What a command line asks of an economics file.
 *
 * @throws {InputError} ECONOMICS_INVALID with every problem found
 */
export function economicsOf(args: readonly string[]): {
  readonly result: EconomicsResult
  readonly isJson: boolean
} {
  const { file, isJson } = fileAndJson(args, 'economics')
  const economy = loadEconomy(file)
  return { result: { name: economy.name, ...breakEven(economy) }, isJson }
}

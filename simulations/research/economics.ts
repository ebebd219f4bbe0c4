import { parseArgs } from 'node:util'
import { type BreakEven, breakEven } from '../economics/break-even.ts'
import { loadEconomy } from '../input/economy-file.ts'

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
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new RangeError('name one economics file')
  const economy = loadEconomy(file)
  return { result: { name: economy.name, ...breakEven(economy) }, isJson: values.json }
}

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { unknownOptions } from '../../aggregator/values/nearest-name.ts'

/**
 * As `parseArgs`, but all options that there are none of are told at once, each with the one that
 * was probably meant.
 *
 * @throws {TypeError} as `parseArgs` does
 */
export function readArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown }
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw cause
    const { args = [], options = {} } = config
    const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
    const told = unknownOptions(tokens, Object.keys(options))
    throw Object.assign(new TypeError(told, { cause }), { code })
  }
}

/** Reads a whole number of a command line. @throws {RangeError} when it is none, or out of range */
export function wholeNumber(
  option: string,
  text: string | undefined,
  range: { readonly min?: number; readonly max?: number } = {},
): number | null {
  const { min = 0, max = 0xffffffff } = range
  if (text === undefined) return null
  const value = Number(text)
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value
  throw new RangeError(`${option} must be a whole number from ${min} to ${max}`)
}

/**
 * Reads a command line that is one file and perhaps `--json`.
 *
 * @param what of which kind the file is, for the message
 * @throws {RangeError} when it names no file, or several
 */
export function fileAndJson(
  args: readonly string[],
  what: string,
): { readonly file: string; readonly isJson: boolean } {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new RangeError(`name one ${what} file`)
  return { file, isJson: values.json }
}

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { unknownOptions } from '../aggregator/values/nearest-name.ts'

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

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { hintedList } from '../aggregator/values/nearest-name.ts'

/** Unknown options that are told of; a line that is a mistake as a whole has no end of them. */
const TOLD_MAX = 10

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
    throw Object.assign(new TypeError(unknownIn(config), { cause }), { code })
  }
}

function unknownIn({ args = [], options = {} }: ParseArgsConfig): string {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const unknown = tokens.flatMap((token) =>
    token.kind === 'option' && !Object.hasOwn(options, token.name) ? [token.rawName] : [],
  )
  const names = Object.keys(options).map((name) => `--${name}`)
  return `there is no option ${hintedList([...new Set(unknown)].slice(0, TOLD_MAX), names)}`
}

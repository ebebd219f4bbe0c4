import { parseDocument } from 'yaml'
import type { ConfigProblem } from './problems.ts'

export type ParsedYaml =
  | { readonly type: 'parsed'; readonly value: unknown }
  | { readonly type: 'refused'; readonly problems: readonly ConfigProblem[] }

/** The largest file that is read; a committee of 31 with 1024 feeds needs about a quarter of it. */
export const YAML_BYTES_MAX = 1_048_576
/** Deeper text is refused before it is parsed, so that the parser's recursion stays shallow. */
const NESTING_MAX = 64

/**
 * Parses YAML 1.2 (and so JSON) of one document. Aliases are refused, because a few of them can
 * stand for gigabytes, and so are repeated keys, of which the reader would believe one only.
 */
export function parseYaml(text: string): ParsedYaml {
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) {
    return refused(`is larger than ${YAML_BYTES_MAX} bytes`)
  }
  if (nestingOf(text) > NESTING_MAX) return refused(`is nested deeper than ${NESTING_MAX} levels`)
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true, merge: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const line = error.linePos?.[0].line ?? 0
      // The first line ends with the place, which is said already.
      const [message = ''] = error.message.split(/ at line \d+|\n/)
      return { path: '', message: `line ${line}: ${message}` }
    })
    return { type: 'refused', problems }
  }
  try {
    return { type: 'parsed', value: document.toJS({ maxAliasCount: 0 }) }
  } catch {
    return refused('uses YAML aliases (&name, *name); write the values out')
  }
}

/** An upper bound of the depth: brackets open at once, plus the deepest indentation in steps. */
function nestingOf(text: string): number {
  let open = 0
  let deepest = 0
  let indentMax = 0
  for (const line of text.split('\n')) {
    const indent = /^[ -]*/.exec(line)?.[0].length ?? 0
    indentMax = Math.max(indentMax, Math.ceil(indent / 2))
    for (const character of line) {
      if (character === '[' || character === '{') open++
      if (character === ']' || character === '}') open--
      deepest = Math.max(deepest, open)
    }
  }
  return deepest + indentMax
}

function refused(message: string): ParsedYaml {
  return { type: 'refused', problems: [{ path: '', message }] }
}

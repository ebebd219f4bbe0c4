import type { Json } from './json.ts'
import { isList, isObject, JSON_LIMITS } from './json.ts'

/** Names and places on the way to a value, outermost first; none for the whole text. */
export type JsonPointer = readonly string[]

export type PointerOutcome =
  | { readonly type: 'parsed'; readonly pointer: JsonPointer }
  | { readonly type: 'refused'; readonly problem: string }

const POINTER_LENGTH_MAX = 256
/** RFC 6901 §4: no leading zeros. Longer than any list that is read. */
const PLACE = /^(?:0|[1-9][0-9]{0,5})$/

/** Reads a JSON pointer (RFC 6901) as it is written in a configuration. */
export function parsePointer(text: string): PointerOutcome {
  if (text === '') return { type: 'parsed', pointer: [] }
  if (text.length > POINTER_LENGTH_MAX) {
    return refused(`is longer than ${POINTER_LENGTH_MAX} characters`)
  }
  if (!text.startsWith('/')) return refused('must begin with a slash, such as /data/bid')
  if (/~(?![01])/.test(text)) return refused('must write ~0 for a tilde and ~1 for a slash')
  const pointer = text.slice(1).split('/').map(unescaped)
  // An answer that is nested more deeply is refused before anybody follows a pointer into it.
  if (pointer.length <= JSON_LIMITS.depthMax) return { type: 'parsed', pointer }
  return refused(`leads through more than ${JSON_LIMITS.depthMax} levels`)
}

/** The value that a pointer leads to; undefined when it leads nowhere. */
export function valueAt(whole: Json, pointer: JsonPointer): Json | undefined {
  let value: Json | undefined = whole
  for (const name of pointer) {
    if (isObject(value)) value = value.get(name)
    else if (isList(value)) value = PLACE.test(name) ? value[Number(name)] : undefined
    else return undefined
  }
  return value
}

/** RFC 6901 §4: slashes first, or `~01` would become a slash instead of `~1`. */
function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

function refused(problem: string): PointerOutcome {
  return { type: 'refused', problem }
}

import type { z } from 'zod'
import { hintOf } from '../../aggregator/values/nearest-name.ts'

/** One thing wrong in a file: where, and what would be right. */
export interface ConfigProblem {
  /** Such as `chains[0].rpcUrls`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

export type Checked<T> =
  | { readonly type: 'checked'; readonly value: T }
  | { readonly type: 'refused'; readonly problems: readonly ConfigProblem[] }

/** What a schema makes of a value, or every problem of it, in the order of the file's schema. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): Checked<z.output<S>> {
  const outcome = schema.safeParse(value, { reportInput: true, error: unknownKeys })
  if (outcome.success) return { type: 'checked', value: outcome.data }
  return { type: 'refused', problems: problemsFrom(outcome.error) }
}

/** A line for each key that a schema does not know: only here is it said what it knows. */
function unknownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined
  const known = issue.inst?._zod.def as Partial<z.core.$ZodObjectDef> | undefined
  const names = Object.keys(known?.shape ?? {})
  const lines = issue.keys.map((key: string) => {
    const hint = hintOf(key, names)
    return `is not a known key${hint === '' ? '; check its spelling or remove it' : hint}`
  })
  return lines.join('\n')
}

/** Every issue as a path and a sentence. */
function problemsFrom(error: z.ZodError): readonly ConfigProblem[] {
  return error.issues.flatMap(opened).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ path: pathText(issue.path), message: sentence(issue) }]
    }
    const lines = issue.message.split('\n')
    return issue.keys.map((key, at) => ({
      path: pathText([...issue.path, key]),
      message: lines[at] ?? 'is not a known key',
    }))
  })
}

/**
 * The issues inside a choice, where only one of its options takes such a kind of value with such
 * keys: that is the one that was meant. Otherwise the choice itself says what there is.
 */
function opened(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const [meant, ...others] = issue.errors.filter(
    (inside) => !inside.some(({ code, path }) => NOT_MEANT.includes(code) && path.length === 0),
  )
  if (meant === undefined || others.length > 0) return [issue]
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

const NOT_MEANT = ['invalid_type', 'unrecognized_keys']

/** `chains[0].rpcUrls` from its parts. */
function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? String(part) : `.${String(part)}`
  }
  return text
}

function sentence(issue: z.core.$ZodIssue): string {
  // What a name may be is said by the issues of the name itself.
  if (issue.code === 'invalid_key') return issue.issues.map(sentence).join('; ')
  if (issue.code === 'invalid_type' && issue.path.length === 0) {
    return issue.input == null ? 'is empty' : 'must hold settings, as lines of KEY: VALUE'
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined
  return missing ? 'is missing' : issue.message
}

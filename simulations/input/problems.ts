import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { hintOf } from '../../aggregator/values/nearest-name.ts'

/** One thing wrong with what was given: where, and what would be right. */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** Something that was given cannot be used; every problem of it is listed. */
export class InputError extends Error {
  readonly code: InputCode
  readonly problems: readonly Problem[]

  constructor(code: InputCode, what: string, problems: readonly Problem[]) {
    super(textOfProblems(what, problems))
    this.name = 'InputError'
    this.code = code
    this.problems = problems
  }
}

/** Problems as lines for a terminal; what files say in them is shown and never obeyed. */
export function textOfProblems(what: string, problems: readonly Problem[]): string {
  const lines = problems.map(
    ({ path, message }) => `  ${path === '' ? '(file)' : path}: ${message}`,
  )
  const text = `${what} has ${problems.length} problem(s):\n${lines.join('\n')}`
  return text.split('\n').map(printable).join('\n')
}

/** Somebody else's words as one line, without anything that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\t]/gu, '?')
}

export type InputCode =
  | 'PROTOCOL_INVALID'
  | 'ESTIMATE_INVALID'
  | 'COMMITTEE_FILE_INVALID'
  | 'ECONOMICS_INVALID'
  | 'SWEEP_INVALID'
  | 'RESULTS_INVALID'
  | 'RECORDING_INVALID'
  | 'TRADES_INVALID'
  | 'FILE_NOT_WRITTEN'

/** Largest file of the kinds that are read here. */
export const TEXT_BYTES_MAX = 1024 * 1024

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** What a YAML text holds, before anything of it is checked. */
export function plainOf(text: string): Parsed<unknown> {
  if (text.length > TEXT_BYTES_MAX) {
    return { ok: false, problems: [{ path: '', message: 'is larger than 1 MiB' }] }
  }
  const document = parseDocument(text, { uniqueKeys: true })
  if (document.errors.length > 0) {
    return { ok: false, problems: document.errors.map(({ message }) => ({ path: '', message })) }
  }
  return { ok: true, value: document.toJS({ maxAliasCount: 20 }) }
}

/** What a schema makes of a value, or everything that is wrong with its form. */
export function checkedBy<S extends z.ZodType>(schema: S, value: unknown): Parsed<z.output<S>> {
  const parsed = schema.safeParse(value, { error: namesThatAreNone })
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, problems: problemsOf(parsed.error) }
}

/** Of keys and kinds that a schema does not know: only here is it said what it knows. */
function namesThatAreNone(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.inst?._zod.def as Partial<z.core.$ZodObjectDef> | undefined
    const names = Object.keys(known?.shape ?? {})
    return issue.keys.map((key: string) => `${UNKNOWN}${hintOf(key, names)}`).join('\n')
  }
  if (issue.code !== 'invalid_union' || issue.discriminator === undefined) return undefined
  const given: unknown = (issue.input as Record<string, unknown>)[issue.discriminator]
  const { options = [] } = issue as { readonly options?: readonly unknown[] }
  const names = options.map(String)
  const hint = typeof given === 'string' ? hintOf(given, names) : ''
  return `must be one of ${names.join(', ')}${hint}`
}

/** What a schema found, in words of ours where its own are those of a type checker. */
function problemsOf({ issues }: z.ZodError): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.join('.')
    if (issue.code === 'unrecognized_keys') {
      const lines = issue.message.split('\n')
      return issue.keys.map((key, at) => ({
        path: [...issue.path, key].join('.'),
        message: lines[at] ?? UNKNOWN,
      }))
    }
    const wrong = /^Invalid input: expected (\w+), received (\w+)$/.exec(issue.message)
    if (wrong === null) return [{ path, message: boundOf(issue.message) }]
    const [, wanted, given] = wrong
    const is = given === 'undefined' ? 'is missing' : `is of type ${given}`
    return [{ path, message: `${is}; must be of type ${wanted}` }]
  })
}

/** A bound of the schema in words: `Too small: expected number to be >=1`. */
function boundOf(message: string): string {
  const bound = /^Too (?:small|big): expected \w+ to (be|have) ([<>])=(\S+)( \w+)?$/.exec(message)
  if (bound === null) return message
  const [, verb, side, limit, what = ''] = bound
  return `must ${verb} at ${side === '>' ? 'least' : 'most'} ${limit}${what}`
}

const UNKNOWN = 'is no key that is known here'

import { codeOf, OracleError } from '../errors.ts'
import type { Terminal } from '../keys/passphrase.ts'
import { readArgs } from '../read-args.ts'

interface OptionBase {
  /** What follows the name in help, such as `FILE`; only for texts. */
  readonly value?: string
  readonly describe: string
}

/** A long option. Every command also has `--json` and `--help`. */
export type OptionSpec =
  | (OptionBase & { readonly type: 'boolean' })
  | (OptionBase & { readonly type: 'string'; readonly required?: true; readonly multiple?: true })

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

type OptionValue<S extends OptionSpec> = S extends { readonly type: 'boolean' }
  ? boolean
  : S extends { readonly multiple: true }
    ? readonly string[]
    : S extends { readonly required: true }
      ? string
      : string | undefined

/** What `run` gets: each option by name, and `json`. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [Name in keyof S]: OptionValue<S[Name]>
} & { readonly json: boolean }

export interface Output {
  readonly write: (text: string) => unknown
}

/** What a command may touch besides files. */
export interface CommandContext {
  /** Results only. */
  readonly stdout: Output
  /** Everything else: progress, logs, errors. */
  readonly stderr: Output
  readonly terminal: Terminal
  /** Aborted when the operator asks to stop. */
  readonly signal: AbortSignal
  /** Has SIGHUP ask for something else than the end of the process, where there are signals. */
  readonly onHangUp?: (reload: () => void) => void
}

/** A command as a value; it holds no logic besides its own `run`. */
export interface Command {
  /** One or two words, such as `config check`. */
  readonly name: string
  readonly summary: string
  /** What the one argument without a name is, such as `FILE`; null when there is none. */
  readonly argument: string | null
  readonly options: OptionSpecs
  /** Everything behind the name goes to `run` unread. */
  readonly isPassedThrough: boolean
  /** @returns the exit code; failures are thrown */
  readonly run: (args: readonly string[], context: CommandContext) => Promise<number>
}

/** Makes a command whose `run` gets checked and typed options. */
export function command<const S extends OptionSpecs>(definition: {
  readonly name: string
  readonly summary: string
  readonly argument?: string
  readonly options: S
  readonly run: (
    options: OptionValues<S>,
    context: CommandContext & { readonly argument: string },
  ) => Promise<number>
}): Command {
  const { name, summary, argument = null, options, run } = definition
  return {
    name,
    summary,
    argument,
    options,
    isPassedThrough: false,
    run: (args, context) => {
      const parsed = parse(definition.name, { options, argument, args })
      return run(parsed.values as OptionValues<S>, { ...context, argument: parsed.argument })
    },
  }
}

/** Help of one command. */
export function helpOf({ name, summary, argument, options, isPassedThrough }: Command): string {
  const usage = [`parallax ${name}`, argument, isPassedThrough ? '…' : '[options]']
  const specs = isPassedThrough ? [] : Object.entries({ ...options, json: JSON_OPTION })
  const rows = specs.map(([option, spec]): readonly [string, string] => {
    const isRequired = spec.type === 'string' && spec.required === true
    const value = spec.type === 'boolean' ? '' : ` ${spec.value ?? 'VALUE'}`
    return [`--${option}${value}`, `${spec.describe}${isRequired ? ' (required)' : ''}`]
  })
  const width = Math.max(0, ...rows.map(([option]) => option.length))
  return [
    `Usage: ${usage.filter((part) => part !== null).join(' ')}`,
    '',
    summary,
    ...(rows.length > 0 ? [''] : []),
    ...rows.map(([option, describe]) => `  ${option.padEnd(width)}  ${describe}`),
    '',
  ].join('\n')
}

/** An error as an operator reads it: `CODE: message`, then what is known about it. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const context = error instanceof OracleError ? Object.entries(error.context) : []
  const lines = context.map(([name, value]) => `  ${name}: ${value}`)
  return `${[`${codeOf(error)}: ${message}`, ...lines].join('\n')}\n`
}

/** An error as a program reads it: one line of JSON. */
export function errorJson(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const context = error instanceof OracleError ? error.context : {}
  return `${JSON.stringify({ error: { code: codeOf(error), message, context } })}\n`
}

/** The command line is wrong; the message says how to see what is right. */
export function usageError(message: string, commandName?: string): OracleError {
  const help = commandName === undefined ? 'parallax --help' : `parallax ${commandName} --help`
  return new OracleError('USAGE_INVALID', `${message}; see ${help}`)
}

const JSON_OPTION: OptionSpec = { type: 'boolean', describe: 'machine-readable output' }

function parse(
  name: string,
  line: {
    readonly options: OptionSpecs
    readonly argument: string | null
    readonly args: readonly string[]
  },
): { readonly values: Record<string, unknown>; readonly argument: string } {
  const specs = Object.entries({ ...line.options, json: JSON_OPTION })
  const options = Object.fromEntries(
    specs.map(([option, spec]) => {
      const multiple = spec.type === 'string' && spec.multiple === true
      return [option, { type: spec.type, multiple }]
    }),
  )
  const { values, positionals } = parseStrictly(name, { args: [...line.args], options })
  const [argument = '', ...rest] = positionals
  if (rest.length > 0 || (argument !== '' && line.argument === null)) {
    throw usageError(`unexpected ${rest[0] ?? argument}`, name)
  }
  if (argument === '' && line.argument !== null) throw usageError(`needs ${line.argument}`, name)
  const missing = specs.filter(
    ([option, spec]) => spec.type === 'string' && spec.required && values[option] === undefined,
  )
  if (missing.length > 0) {
    throw usageError(`needs ${missing.map(([option]) => `--${option}`).join(', ')}`, name)
  }
  return { values: { ...emptyOf(specs), ...values }, argument }
}

/** What an option is that was not given: false, nothing, or an empty list. */
function emptyOf(specs: readonly (readonly [string, OptionSpec])[]): Record<string, unknown> {
  return Object.fromEntries(
    specs.map(([option, spec]) => {
      if (spec.type === 'boolean') return [option, false]
      return [option, spec.multiple === true ? [] : undefined]
    }),
  )
}

function parseStrictly(
  name: string,
  line: {
    readonly args: string[]
    readonly options: Record<string, { type: 'string' | 'boolean'; multiple: boolean }>
  },
): { readonly values: Record<string, unknown>; readonly positionals: readonly string[] } {
  try {
    return readArgs({ ...line, strict: true, allowPositionals: true })
  } catch (cause) {
    throw usageError(complaint(cause), name)
  }
}

/** What Node says of a command line, in one line; of a value with a dash, what to do. */
function complaint(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  const [, option] = /^Option '(?:-\w, )?(--[\w-]+)' argument is ambiguous/.exec(message) ?? []
  if (option !== undefined) return `${option} needs a value; one with a dash: ${option}=-1`
  return message.split(/\. |\n/)[0] ?? ''
}

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** What an option takes; one that is not given is its default, and a flag is false. */
export type OptionSpec =
  | { readonly type: 'flag' }
  | { readonly type: 'text'; readonly default: string }
  | {
      readonly type: 'number'
      readonly default: number
      readonly min: number
      readonly max: number
      /** Decimals may be given, as in `--minutes 0.5`. */
      readonly isFraction?: true
    }

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export type OptionValues<S extends OptionSpecs> = {
  readonly [Name in keyof S]: S[Name] extends { readonly type: 'flag' }
    ? boolean
    : S[Name] extends { readonly type: 'text' }
      ? string
      : number
}

/** One thing that a script does. */
export interface ScriptCommand {
  /** @returns the exit code */
  readonly run: (args: readonly string[]) => number | Promise<number>
}

/** A script of package.json, or another program of this repository that people start. */
export interface Script {
  /** How it is called, such as `npm run fuzz`. */
  readonly call: string
  /** What `--help` prints, behind `Usage: `; its first line is a call. */
  readonly usage: string
  /** By the first word of the command line; `''` is what runs when it names none of them. */
  readonly commands: Readonly<Record<string, ScriptCommand>>
}

/** The command line is wrong: one line on stderr and exit code 2. */
export class UsageError extends Error {
  readonly code = 'USAGE_INVALID'

  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

const NAMES_NONE = { max: 0 } as const

/**
 * A command whose `run` gets checked options, and the words without a name when it takes any.
 */
export function scriptCommand<const S extends OptionSpecs>(definition: {
  readonly options: S
  /** Words without a name, at most; none when left out. */
  readonly names?: { readonly max: number }
  readonly run: (values: OptionValues<S>, names: readonly string[]) => number | Promise<number>
}): ScriptCommand {
  const { options, names = NAMES_NONE, run } = definition
  return {
    run: (args) => {
      const { values, positionals } = parse(options, args)
      const unexpected = positionals[names.max]
      if (unexpected !== undefined) throw new UsageError(`unexpected "${unexpected}"`)
      return run(values as OptionValues<S>, positionals)
    },
  }
}

/** A program that writes committed files and, with `--check`, compares instead (STYLE.md, 25). */
export function generatorCommand(
  generate: (isCheck: boolean) => number | Promise<number>,
): ScriptCommand {
  return scriptCommand({
    options: { check: { type: 'flag' } },
    run: ({ check }) => generate(check),
  })
}

/**
 * Runs a script with the arguments of this process and sets the exit code: 0 with the usage on
 * stdout for `--help` anywhere, before anything is begun; 2 with one line on stderr,
 * `USAGE_INVALID`, for a command line that is wrong; 130 when what `stopSignal` gave ended it;
 * otherwise what the command says.
 */
export async function runScript(script: Script): Promise<void> {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    process.stdout.write(`Usage: ${script.usage}\n`)
    return
  }
  try {
    const [first = '', ...rest] = args
    const named = Object.hasOwn(script.commands, first) ? script.commands[first] : undefined
    const command = named ?? commandWithoutName(script, first)
    process.exitCode = await command.run(first === '' || named === undefined ? args : rest)
  } catch (error) {
    // Somebody stopped it: everything it started is stopped too.
    if (isAbort(error)) process.exitCode = 130
    else if (error instanceof UsageError) {
      process.stderr.write(`${error.code}: ${error.message}; see ${helpOf(script)}\n`)
      process.exitCode = 2
    } else throw error
  }
}

/** A signal that Ctrl-C and SIGTERM give; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

function commandWithoutName({ commands }: Script, first: string): ScriptCommand {
  const command = commands['']
  if (command !== undefined) return command
  const known = Object.keys(commands).join(', ')
  if (first === '') throw new UsageError(`name one of ${known}`)
  throw new UsageError(
    first.startsWith('-')
      ? `"${first}" stands where one of ${known} is named`
      : `there is no "${first}"; there are ${known}`,
  )
}

function helpOf({ call }: Script): string {
  // npm keeps for itself what stands in front of the two hyphens.
  return `${call}${call.startsWith('npm ') ? ' --' : ''} --help`
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function parse(specs: OptionSpecs, args: readonly string[]) {
  const names = Object.entries(specs)
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    names.map(([name, { type }]) => [name, { type: type === 'flag' ? 'boolean' : 'string' }]),
  )
  const { values, positionals } = parseStrictly(options, args)
  const read = names.map(([name, spec]) => [name, checkedValue(name, spec, values[name])])
  return { values: Object.fromEntries(read), positionals }
}

function parseStrictly(options: ParseArgsOptionsConfig, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    // Node's message goes on with advice for another case than ours.
    const message = cause instanceof Error ? (cause.message.split(/\. |\n/)[0] ?? '') : 'is wrong'
    throw new UsageError(message)
  }
}

function checkedValue(name: string, spec: OptionSpec, given: unknown): boolean | string | number {
  if (spec.type === 'flag') return given === true
  if (typeof given !== 'string') return spec.default
  if (spec.type === 'text') return given
  const { min, max, isFraction = false } = spec
  const value = Number(given)
  const isWritten = (isFraction ? /^\d{1,16}(\.\d{1,6})?$/ : /^\d{1,16}$/).test(given)
  if (isWritten && value >= min && value <= max) return value
  const kind = isFraction ? 'number' : 'whole number'
  throw new UsageError(`--${name} must be a ${kind} from ${min} to ${max}`)
}

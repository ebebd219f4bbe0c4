import type { Checked } from '../config/check.ts'
import { ConfigError } from '../config/config-error.ts'
import type { OracleError } from '../errors.ts'
import { errorText, type Output } from './command.ts'
import { EXIT_DONE, exitCodeOf } from './exit-codes.ts'

/** What is said of a configuration without problems. */
export interface Good {
  /** For programs; `valid` comes before it. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly text: string
}

/**
 * Says how the check of a configuration ended: what it means, or every problem of every file.
 *
 * @returns the exit code
 * @throws {OracleError} when no file has problems that it could be said of, such as one that is not
 * there
 */
export function sayChecked<Loaded extends { readonly file: string }>(
  checked: Checked<Loaded>,
  use: {
    readonly json: boolean
    readonly stdout: Output
    readonly good: (loaded: Loaded) => Good
  },
): number {
  const { json, stdout, good } = use
  if (checked.type === 'good') {
    const { facts, text } = good(checked.loaded)
    const said = { file: checked.loaded.file, valid: true, ...facts }
    stdout.write(json ? `${JSON.stringify(said)}\n` : `${text}\n`)
    return EXIT_DONE
  }
  const { file, errors } = checked
  const first = errors.find(({ code }) => code !== 'CONFIG_UNREADABLE')
  // Problems are what was asked for, a result; a file that is not there is a failure.
  if (first === undefined) throw errors[0]
  const bad = { file, valid: false, problems: errors.flatMap(problemsOf) }
  stdout.write(json ? `${JSON.stringify(bad)}\n` : errors.map(errorText).join(''))
  return exitCodeOf(first)
}

/** Problems of one file, each with the file; one that cannot be read is a problem as a whole. */
function problemsOf(error: OracleError): readonly object[] {
  const of = { file: error.context.file, code: error.code }
  if (!(error instanceof ConfigError)) return [{ ...of, path: '', message: error.message }]
  return error.problems.map((problem) => ({ ...of, ...problem }))
}

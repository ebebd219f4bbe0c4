import { checkConfig } from '../../config/check.ts'
import { configDigest } from '../../config/config-digest.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { OracleError } from '../../errors.ts'
import { command, errorText } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'

/** Reads a configuration with its committee files and lists every problem of all of them. */
export const configCheck = command({
  name: 'config check',
  summary: 'Read a configuration and its committee file, and list every problem of both.',
  argument: 'FILE',
  options: {},
  run: async ({ json }, { argument, stdout }) => {
    const checked = await checkConfig(argument)
    if (checked.type === 'good') {
      const { file, config, committee } = checked.loaded
      const { network, members } = committee.params
      const chains = config.chains.map(({ name }) => name)
      const digest = configDigest(config)
      const counts = { network, members: members.length, chains }
      const good = { file, valid: true, ...counts, configDigest: digest }
      const said = `${file} is good: network ${network}, ${members.length} members`
      const text = `${said}\nconfiguration ${digest}`
      stdout.write(json ? `${JSON.stringify(good)}\n` : `${text}\n`)
      return EXIT_DONE
    }
    const { file, errors } = checked
    const first = errors.find((error) => error instanceof ConfigError)
    // Problems are what was asked for, a result; a file that is not there is a failure.
    if (first === undefined) throw errors[0]
    const bad = { file, valid: false, problems: errors.flatMap(problemsOf) }
    stdout.write(json ? `${JSON.stringify(bad)}\n` : errors.map(errorText).join(''))
    return exitCodeOf(first)
  },
})

/** Problems of one file, each with the file; one that cannot be read is a problem as a whole. */
function problemsOf(error: OracleError): readonly object[] {
  const { file } = error.context
  if (!(error instanceof ConfigError)) return [{ file, path: '', message: error.message }]
  return error.problems.map((problem) => ({ file, ...problem }))
}

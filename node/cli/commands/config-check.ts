import { ConfigError, loadConfig } from '../../config/load.ts'
import { command, errorText } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'

/** Reads a configuration with its committee file and lists every problem of both. */
export const configCheck = command({
  name: 'config check',
  summary: 'Read a configuration file and list every problem in it.',
  argument: 'FILE',
  options: {},
  run: async ({ json }, { argument, stdout }) => {
    try {
      const { file, config, committee } = await loadConfig(argument)
      const { network, members } = committee.params
      const chains = config.chains.map(({ name }) => name)
      const good = { file, valid: true, network, members: members.length, chains }
      const text = `${file} is good: network ${network}, ${members.length} members`
      stdout.write(json ? `${JSON.stringify(good)}\n` : `${text}\n`)
      return EXIT_DONE
    } catch (error) {
      // Problems are what was asked for: a result, not a failure of the command.
      if (!(error instanceof ConfigError)) throw error
      const bad = { file: error.context.file, valid: false, problems: error.problems }
      stdout.write(json ? `${JSON.stringify(bad)}\n` : errorText(error))
      return exitCodeOf(error)
    }
  },
})

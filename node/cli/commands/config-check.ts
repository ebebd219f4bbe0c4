import { checkConfig } from '../../config/check.ts'
import { configDigest } from '../../config/config-digest.ts'
import { sayChecked } from '../checked-text.ts'
import { command } from '../command.ts'

/** Reads a configuration with its committee files and lists every problem of all of them. */
export const configCheck = command({
  name: 'config check',
  summary: 'Read a configuration and its committee file, and list every problem of both.',
  argument: 'FILE',
  options: {},
  run: async ({ json }, { argument, stdout }) =>
    sayChecked(await checkConfig(argument), {
      ...{ json, stdout },
      good: ({ file, config, committee }) => {
        const { network, members } = committee.params
        const digest = configDigest(config)
        const chains = config.chains.map(({ name }) => name)
        return {
          facts: { network, members: members.length, chains, configDigest: digest },
          text:
            `${file} is good: network ${network}, ${members.length} members\n` +
            `configuration ${digest}`,
        }
      },
    }),
})

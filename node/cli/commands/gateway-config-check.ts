import { configDigest } from '../../config/config-digest.ts'
import { checkGateway } from '../../gateway/config.ts'
import { sayChecked } from '../checked-text.ts'
import { command } from '../command.ts'

/** Reads a gateway's configuration with its committee file and lists every problem of both. */
export const gatewayConfigCheck = command({
  name: 'gateway config check',
  summary: "Read a gateway's configuration and its committee file, and list every problem of both.",
  argument: 'FILE',
  options: {},
  run: async ({ json }, { argument, stdout }) =>
    sayChecked(await checkGateway(argument), {
      ...{ json, stdout },
      good: ({ file, config, committee }) => {
        const { network, feeds } = committee.params
        const { bootstrap } = config.network
        const digest = configDigest(config)
        return {
          facts: { network, feeds: feeds.length, follows: bootstrap.length, configDigest: digest },
          text:
            `${file} is good: network ${network}, ${feeds.length} feeds, ` +
            `follows ${bootstrap.length} addresses\nconfiguration ${digest}`,
        }
      },
    }),
})

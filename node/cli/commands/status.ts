import { askNode, noNodeOfOurs } from '../../api/ask-node.ts'
import type { Overview } from '../../api/view.ts'
import { OracleError } from '../../errors.ts'
import { command } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'
import { addressOf } from '../node-address.ts'
import { overviewText } from '../overview-text.ts'

/** Asks a running node how it is. */
export const status = command({
  name: 'status',
  summary: 'Ask a running node how it is.',
  options: {
    url: { type: 'string', value: 'URL', describe: 'address of its API' },
    config: { type: 'string', value: 'FILE', describe: 'take the address from a configuration' },
  },
  run: async ({ url, config, json }, { stdout }) => {
    const address = await addressOf('status', { url, config })
    const overview = (await askNode(address, '/v1/overview')) as Overview
    if (!Array.isArray(overview.obstacles)) throw noNodeOfOurs(address)
    stdout.write(json ? `${JSON.stringify(overview)}\n` : overviewText(overview))
    if (overview.obstacles.length === 0) return EXIT_DONE
    const reasons = overview.obstacles.join(', ')
    return exitCodeOf(new OracleError('NODE_NOT_READY', `the node is not ready: ${reasons}`))
  },
})

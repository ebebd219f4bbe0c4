import { startNode } from '../../compose.ts'
import { loadConfig } from '../../config/load.ts'
import { createLog } from '../../logging.ts'
import { command } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { readVersion } from '../version.ts'

/** Runs one oracle until it is asked to stop, or until going on would be unsafe. */
export const run = command({
  name: 'run',
  summary: 'Run one oracle until it is asked to stop.',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      required: true,
      describe: "the node's configuration, as `parallax init` writes it",
    },
  },
  run: async ({ config: path }, { stderr, terminal, signal }) => {
    const loaded = await loadConfig(path)
    const log = createLog(loaded.config.log, stderr)
    const version = await readVersion()
    const node = await startNode(loaded, { log, terminal, version, signal })
    try {
      await Promise.race([node.failed, aborted(signal)])
    } finally {
      log.info('node.stopping')
      await node.stop()
    }
    return EXIT_DONE
  },
})

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
